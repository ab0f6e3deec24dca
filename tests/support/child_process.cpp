#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include "ops/cli/dev/free_port.hpp"
#include "tests/support/eventually.hpp"

extern char** environ;

namespace troupe::support {
namespace {

// Everything the child needs is laid out before fork: between fork and exec only async-signal-safe
// calls are allowed, because other threads may hold the allocator's lock.
struct Prepared {
  std::vector<std::string> environment;
  std::vector<char*> argv, envp;
  const char* folder = nullptr;
  const char* output = nullptr;
  std::optional<User> user;
  int death_signal = 0;
  pid_t parent = 0;
  int report = -1;
};

Prepared prepare(const ChildOptions& options) {
  Prepared p;
  for (const auto& word : options.argv) p.argv.push_back(const_cast<char*>(word.c_str()));
  p.argv.push_back(nullptr);
  for (char** entry = environ; *entry; ++entry) {
    const std::string text = *entry;
    if (!options.environment.contains(text.substr(0, text.find('='))))
      p.environment.push_back(text);
  }
  for (const auto& [name, value] : options.environment) p.environment.push_back(name + '=' + value);
  for (auto& entry : p.environment) p.envp.push_back(entry.data());
  p.envp.push_back(nullptr);
  if (!options.folder.empty()) p.folder = options.folder.c_str();
  if (!options.output.empty()) p.output = options.output.c_str();
  p.user = options.user;
  p.death_signal = options.death_signal;
  p.parent = getpid();
  return p;
}

bool become(const User& user) {
  return setgroups(0, nullptr) == 0 && setgid(user.gid) == 0 && setuid(user.uid) == 0;
}

bool redirect(const char* output) {
  const int file = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  return file >= 0 && dup2(file, STDOUT_FILENO) >= 0 && dup2(file, STDERR_FILENO) >= 0;
}

[[noreturn]] void in_child(const Prepared& p) {
  const auto give_up = [&] {
    const int reason = errno;
    [[maybe_unused]] const auto written = write(p.report, &reason, sizeof reason);
    _exit(127);
  };
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  setpgid(0, 0);
  if (p.output && !redirect(p.output)) give_up();
  if (p.user && !become(*p.user)) give_up();
  prctl(PR_SET_PDEATHSIG, p.death_signal); // after the change of user, which resets it
  if (getppid() != p.parent) _exit(127);   // the parent died before that took hold
  if (p.folder && chdir(p.folder) != 0) give_up();
  execvpe(p.argv[0], p.argv.data(), p.envp.data());
  give_up();
  _exit(127);
}

/// State letter and parent of /proc/PID/stat; the name in it may hold blanks and parentheses.
std::optional<std::pair<char, pid_t>> stat_of(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream rest{line.substr(line.rfind(')') + 1)};
  char state = 0;
  pid_t parent = 0;
  rest >> state >> parent;
  return std::pair{state, parent};
}

} // namespace

ChildProcess::ChildProcess(const ChildOptions& options) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0)
    throw std::system_error{errno, std::generic_category(), "pipe2"};
  Prepared prepared = prepare(options);
  prepared.report = report[1];
  pid_ = fork();
  if (pid_ == 0) in_child(prepared);
  const int fork_error = errno;
  close(report[1]);
  int reason = 0;
  const bool failed = pid_ < 0 || read(report[0], &reason, sizeof reason) > 0;
  close(report[0]);
  if (!failed) return;
  if (pid_ < 0) reason = fork_error;
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
  throw std::runtime_error{"cannot start " + options.argv[0] + ": " + std::strerror(reason)};
}

ChildProcess::~ChildProcess() {
  kill(-pid_, SIGKILL); // the group may outlive its leader
  if (reap()) return;
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

bool ChildProcess::reap() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_.has_value();
}

bool ChildProcess::running() { return !reap(); }

void ChildProcess::signal(int number) {
  if (running()) kill(pid_, number);
}

void ChildProcess::signal_group(int number) { kill(-pid_, number); }

std::optional<int> ChildProcess::wait(std::chrono::milliseconds bound) {
  eventually([&] { return reap(); }, bound);
  return status_;
}

bool ChildProcess::reaches(const std::function<bool()>& condition,
                           std::chrono::milliseconds bound) {
  bool holds = false;
  eventually(
      [&] {
        const bool ended = !running(); // asked first: its last words are written by then
        holds = condition();
        return holds || ended;
      },
      bound);
  return holds;
}

std::string ChildProcess::fate() {
  if (running()) return "still runs";
  if (WIFEXITED(*status_)) return "exited with code " + std::to_string(WEXITSTATUS(*status_));
  return "was ended by signal " + std::to_string(WTERMSIG(*status_));
}

int ChildProcess::stop(int number, std::chrono::milliseconds bound) {
  signal(number);
  if (!wait(bound)) signal_group(SIGKILL);
  return wait().value_or(-1);
}

bool alive(pid_t pid) {
  const auto stat = stat_of(pid);
  return stat && stat->first != 'Z' && stat->first != 'X';
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const std::string name = entry.path().filename();
    pid_t child = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), child).ec != std::errc{}) continue;
    const auto stat = stat_of(child);
    if (stat && stat->second == pid) children.push_back(child);
  }
  return children;
}

int free_port() { return dev::free_port(); }

} // namespace troupe::support
