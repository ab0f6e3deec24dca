#include "tests/support/troupe_process.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/eventually.hpp"

namespace troupe::support {

namespace fs = std::filesystem;

namespace {

std::string read(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream content;
  content << file.rdbuf(); // a process that has just ended reads as nothing
  return content.str();
}

/// The binary and its configs where any user can read them: a checkout below /root is closed to
/// others.
struct Staged {
  explicit Staged(const User& user) : folder{"troupe-staged", user} {
    fs::copy(fs::path{TROUPE_BINARY_DIR} / "troupe", folder.path() / "troupe");
    fs::copy(fs::path{TROUPE_SOURCE_DIR} / "configs", folder.path() / "configs",
             fs::copy_options::recursive);
  }
  TemporaryFolder folder;
};
const fs::path& staged_for(const User& user) {
  static const Staged staged{user}; // there is one unprivileged user
  return staged.folder.path();
}

} // namespace

TroupeProcess::TroupeProcess(std::vector<std::string> arguments, TroupeOptions options)
    : folder_{"troupe-test", options.user} {
  ChildOptions child;
  child.argv = std::move(options.prefix);
  const fs::path place = options.user ? staged_for(*options.user) : fs::path{TROUPE_BINARY_DIR};
  child.argv.push_back(place / "troupe");
  child.argv.insert(child.argv.end(), arguments.begin(), arguments.end());
  child.environment = std::move(options.environment);
  child.environment.try_emplace("XDG_RUNTIME_DIR", folder_.path());
  if (options.user) child.environment.try_emplace("TROUPE_CONFIGS", place / "configs");
  child.output = folder_.path() / "output";
  child.user = options.user;
  child.death_signal = SIGTERM; // a dev then stops its children in order
  process_ = std::make_unique<ChildProcess>(child);
}

TroupeProcess::~TroupeProcess() { process_->stop(SIGTERM, std::chrono::seconds{20}); }

std::string TroupeProcess::output() const { return read(folder_.path() / "output"); }

std::optional<std::string> TroupeProcess::ready_line(std::chrono::seconds bound) {
  std::optional<std::string> line;
  auto look = [&] {
    std::string text = output();
    auto from = text.find("{\"ready\":true"), end = text.find('\n', from);
    if (from != std::string::npos && end != std::string::npos) line = text.substr(from, end - from);
    return line.has_value() || !process_->running();
  };
  eventually(look, bound);
  return line;
}

int TroupeProcess::exit_code(std::chrono::seconds bound) {
  auto status = process_->wait(bound);
  return status && WIFEXITED(*status) ? WEXITSTATUS(*status) : -1;
}

std::vector<pid_t> descendants_of(pid_t pid) {
  std::vector<pid_t> all = children_of(pid);
  for (std::size_t i = 0; i < all.size(); ++i)
    for (pid_t below : children_of(all[i])) all.push_back(below);
  return all;
}

std::vector<pid_t> processes_marked(const std::string& mark) {
  std::vector<pid_t> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator{"/proc", ignored}) {
    pid_t pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == ::getpid() || !alive(pid)) continue;
    if (read(entry.path() / "cmdline").find(mark) != std::string::npos ||
        read(entry.path() / "environ").find(mark) != std::string::npos)
      found.push_back(pid);
  }
  return found;
}

} // namespace troupe::support
