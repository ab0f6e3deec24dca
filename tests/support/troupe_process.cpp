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

std::string end_of(const std::string& text) {
  constexpr std::size_t bytes_max = 4000;
  return text.size() > bytes_max ? "[...]" + text.substr(text.size() - bytes_max) : text;
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

std::string source_folder() { return TROUPE_SOURCE_DIR; }

TroupeProcess::TroupeProcess(std::vector<std::string> arguments, TroupeOptions options)
    : folder_{"troupe-test", options.user} {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i)
    if (arguments[i] == "--data") data_ = arguments[i + 1];
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
  process_->reaches(
      [&] {
        std::string text = output();
        auto from = text.find("{\"ready\":true"), end = text.find('\n', from);
        if (from == std::string::npos || end == std::string::npos) return false;
        line = text.substr(from, end - from);
        return true;
      },
      bound);
  return line;
}

bool TroupeProcess::says(const std::string& words, std::chrono::seconds bound) {
  return process_->reaches([&] { return output().find(words) != std::string::npos; }, bound);
}

std::ostream& operator<<(std::ostream& out, const TroupeProcess& troupe) {
  out << "troupe " << troupe.process_->fate() << ", and said:\n" << troupe.output();
  std::error_code gone_already;
  for (fs::recursive_directory_iterator file{troupe.data_, gone_already}, none;
       !gone_already && file != none; file.increment(gone_already))
    if (file->path().extension() == ".log")
      out << "\n--- " << file->path().string() << "\n" << end_of(read(file->path()));
  return out;
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
