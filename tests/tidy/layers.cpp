#include "tests/tidy/layers.hpp"

#include <algorithm>
#include <iomanip>
#include <regex>

namespace troupe::tidy {

namespace {

using Names = std::vector<std::string_view>;

// A floor is a folder with everything below it, unless a deeper row takes it out. Lowest first.
struct Floor {
  std::string_view folder;
  Names may_include;
};

const std::vector<Floor>& floors() {
  static const std::vector<Floor> table{
      {"runtime", {"runtime"}},
      {"runtime/store", {"runtime", "runtime/store"}},
      {"runtime/simulation", {"runtime", "runtime/store", "runtime/simulation"}},
      {"net", {"runtime", "net"}},
      {"toolkits", {"runtime", "toolkits"}},
      {"actors", {"runtime", "toolkits", "actors"}},
      {"ops/cli",
       {"runtime", "runtime/store", "runtime/simulation", "net", "toolkits", "actors", "ops/cli"}},
      {"tests",
       {"runtime", "runtime/store", "runtime/simulation", "net", "toolkits", "actors", "ops/cli",
        "tests"}},
  };
  return table;
}

// A library lives in the .cpp files of its homes (a floor, or one file) and, where `headers` says
// so (likewise), in headers too. The tests may use every library.
struct Library {
  std::string_view name;
  Names includes; // a trailing slash means everything below
  Names homes;
  Names headers = {};
};

const std::vector<Library>& libraries() {
  static const Names json_homes{"runtime", "runtime/store", "runtime/simulation", "net", "toolkits",
                                "actors",  "ops/cli"};
  static const std::vector<Library> table{
      {"Boost.JSON", {"boost/json/", "boost/json.hpp"}, json_homes, {"ops/cli"}},
      {"Boost.Describe", {"boost/describe/", "boost/describe.hpp"}, json_homes},
      {"yaml-cpp", {"yaml-cpp/"}, {"runtime"}},
      {"valijson", {"valijson/"}, {"runtime"}},
      {"date", {"date/"}, {"runtime"}},
      {"spdlog", {"spdlog/", "fmt/"}, {"runtime/log.cpp"}},
      {"libpq",
       {"libpq-fe.h", "libpq/"},
       {"runtime/store", "ops/cli/dev/private_postgres.cpp", "ops/cli/bench/raw_postgres.cpp"}},
      {"NATS.c", {"nats/", "nats.h"}, {"net", "ops/cli/bench/raw_nats.cpp"}},
      {"Boost.Beast", {"boost/beast/", "boost/beast.hpp"}, {"net"}},
      {"Boost.Asio", {"boost/asio/", "boost/asio.hpp"}, {"net"}},
      {"libcurl", {"curl/"}, {"net"}, {"net/http/curl.hpp"}},
      {"OpenSSL",
       {"openssl/"},
       {"net", "runtime/base64.cpp", "runtime/hash.cpp", "runtime/sha256.cpp"}},
      {"prometheus-cpp", {"prometheus/"}, {"net"}},
      {"CAF", {"caf/"}, {"actors"}, {"actors"}},
      {"CLI11", {"CLI/"}, {"ops/cli"}, {"ops/cli"}},
      {"Boost.Test", {"boost/test/"}, {}},
      // Not libraries, but runtime decides: it starts no thread and opens no socket.
      {"threads",
       {"thread", "future", "pthread.h"},
       {"runtime/store", "net", "toolkits", "actors", "ops/cli"},
       {"runtime/store", "net", "toolkits", "actors", "ops/cli"}},
      {"sockets",
       {"sys/socket.h", "sys/un.h", "netinet/", "arpa/", "netdb.h", "poll.h", "sys/epoll.h"},
       {"runtime/store", "net", "toolkits", "actors", "ops/cli"}},
      {"the system",
       {"sys/", "linux/", "unistd.h", "fcntl.h", "signal.h", "spawn.h", "dirent.h", "pwd.h",
        "grp.h", "termios.h", "fnmatch.h", "glob.h", "time.h", "syslog.h", "sched.h"},
       {"runtime", "runtime/store", "net", "toolkits", "actors", "ops/cli"},
       {"runtime/store", "net", "toolkits", "actors", "ops/cli"}},
  };
  return table;
}

bool covers(std::string_view folder_or_file, std::string_view path) {
  return path == folder_or_file ||
         (path.starts_with(folder_or_file) && path.substr(folder_or_file.size()).starts_with('/'));
}

const Floor* floor_of(std::string_view path) {
  const Floor* deepest = nullptr;
  for (const Floor& floor : floors())
    if (covers(floor.folder, path) && (!deepest || floor.folder.size() > deepest->folder.size()))
      deepest = &floor;
  return deepest;
}

const Library* library_of(std::string_view include) {
  for (const Library& library : libraries())
    for (const std::string_view name : library.includes)
      if (name.ends_with('/') ? include.starts_with(name) : include == name) return &library;
  return nullptr;
}

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string joined(const Names& names) {
  std::string text;
  for (const std::string_view name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

bool is_source(std::string_view path) { return path.ends_with(".cpp"); }

std::optional<std::string> forbidden_library(std::string_view path, const Floor& floor,
                                             const Include& include) {
  static const std::regex of_the_standard{"[a-z_]+"};
  const Library* library = library_of(include.name);
  if (!library) {
    if (std::regex_match(include.name, of_the_standard)) return std::nullopt;
    return "<" + include.name + "> belongs to no library of the table in tests/tidy/layers.cpp; " +
           "give it a home there, and its package a line in ops/install";
  }
  if (floor.folder == "tests") return std::nullopt;
  const bool at_home = contains(library->homes, floor.folder) || contains(library->homes, path);
  if (!at_home)
    return std::string{library->name} + " is at home in " + joined(library->homes) + ", not in " +
           std::string{floor.folder};
  if (is_source(path) || contains(library->headers, floor.folder) ||
      contains(library->headers, path))
    return std::nullopt;
  return std::string{library->name} + " belongs into .cpp files; headers of " +
         std::string{floor.folder} + " are light";
}

} // namespace

std::optional<std::string> forbidden(std::string_view path, const Include& include) {
  const Floor* floor = floor_of(path);
  if (!floor)
    return "code outside the table of layers; give its folder a row in tests/tidy/layers.cpp";
  if (include.angled) return forbidden_library(path, *floor, include);
  const Floor* included = floor_of(include.name);
  if (!included)
    return "\"" + include.name + "\" is not written from the root of the tree, or names no floor";
  if (contains(floor->may_include, included->folder)) return std::nullopt;
  return std::string{floor->folder} + " may include " + joined(floor->may_include) + ", not " +
         std::string{included->folder};
}

std::vector<std::string> forbidden_includes(std::string_view path, std::string_view text) {
  std::vector<std::string> faults;
  for (const Include& include : includes_of(text))
    if (const auto reason = forbidden(path, include))
      faults.push_back(std::string{path} + ":" + std::to_string(include.line) + ": " + *reason);
  return faults;
}

void print_layers(std::ostream& out) {
  out << std::left << "Folders, lowest first, and what they may include:\n";
  for (const Floor& floor : floors())
    out << "  " << std::setw(16) << floor.folder << joined(floor.may_include) << '\n';
  out << "Libraries and their homes, in .cpp files (and where in headers); tests may use all:\n";
  for (const Library& library : libraries()) {
    out << "  " << std::setw(16) << library.name << joined(library.homes);
    if (!library.headers.empty()) out << " (headers: " << joined(library.headers) << ')';
    out << '\n';
  }
}

} // namespace troupe::tidy
