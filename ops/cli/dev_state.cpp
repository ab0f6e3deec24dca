#include "ops/cli/dev_state.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "ops/cli/dev/child.hpp"
#include "ops/cli/files.hpp"

namespace troupe::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::optional<DevState> parse(const std::string& text) {
  try {
    json::value value = json::parse(text);
    auto field = [&](const char* name) { return std::string{value.at(name).as_string()}; };
    DevState state;
    state.pid = value.at("pid").to_number<int>();
    state.start_time = value.at("start_time").to_number<std::uint64_t>();
    state.http = field("http");
    state.nats = field("nats");
    state.postgres = field("postgres");
    state.data = field("data");
    state.started_at = parse_iso8601(field("started_at")).value_or(Instant{});
    return state;
  } catch (const std::exception&) {
    return std::nullopt; // half of a file, or not ours
  }
}

bool is_ours(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && status.st_uid == ::geteuid();
}

} // namespace

std::string dev_state_folder() {
  if (auto folder = environment("XDG_RUNTIME_DIR"); !folder.empty()) return folder + "/troupe";
  if (auto folder = environment("XDG_STATE_HOME"); !folder.empty()) return folder + "/troupe";
  if (auto home = environment("HOME"); !home.empty() && ::access(home.c_str(), W_OK) == 0)
    return home + "/.local/state/troupe";
  return "/tmp/troupe-" + std::to_string(::geteuid());
}

std::string write_dev_state(const std::string& folder, const DevState& state) {
  make_folder(folder, 0700);
  std::string path = folder + "/dev-" + std::to_string(state.pid) + ".json";
  json::object body{{"pid", state.pid},
                    {"start_time", state.start_time},
                    {"http", state.http},
                    {"nats", state.nats},
                    {"postgres", state.postgres},
                    {"data", state.data},
                    {"started_at", to_iso8601(state.started_at)}};
  write_file_atomically(path, json::serialize(body) + "\n", 0600);
  return path;
}

std::vector<DevState> read_dev_states(const std::string& folder) {
  std::vector<DevState> states;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    std::string name = entry.path().filename().string();
    if (!name.starts_with("dev-") || !name.ends_with(".json") || !is_ours(entry.path())) continue;
    auto text = read_file(entry.path().string());
    auto state = text ? parse(*text) : std::nullopt;
    if (state && dev::alive({state->pid, state->start_time}))
      states.push_back(*state);
    else
      fs::remove(entry.path(), error);
  }
  std::sort(states.begin(), states.end(),
            [](const DevState& a, const DevState& b) { return a.started_at > b.started_at; });
  return states;
}

} // namespace troupe::cli
