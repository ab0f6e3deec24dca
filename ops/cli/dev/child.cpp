#include "ops/cli/dev/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

extern char** environ;

namespace troupe::dev {

using cli::ExitCode;
using cli::Failure;

namespace {

std::vector<std::string> merged_environment(const ChildSpec& spec) {
  std::vector<std::string> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    std::string_view name = text.substr(0, text.find('='));
    bool replaced = false;
    for (const auto& [key, value] : spec.environment) replaced = replaced || key == name;
    if (!replaced) entries.emplace_back(text);
  }
  for (const auto& [key, value] : spec.environment) entries.push_back(key + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& text : strings) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

int open_log(const std::string& path) {
  if (path.empty()) return ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) throw cli::file_failure("write the log", path, errno);
  return fd;
}

/// Between fork and exec: system calls only. Returns the errno of what failed.
int become(const ChildSpec& spec, int log, pid_t parent, char** argv, char** envp) {
  ::setsid();
  int null = ::open("/dev/null", O_RDONLY);
  if (::dup2(null, 0) < 0 || ::dup2(log, 1) < 0 || ::dup2(log, 2) < 0) return errno;
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  for (int fd : spec.inherited) ::fcntl(fd, F_SETFD, 0);
  if (spec.user) {
    if (::setgroups(0, nullptr) != 0) return errno;
    if (::setresgid(spec.user->gid, spec.user->gid, spec.user->gid) != 0) return errno;
    if (::setresuid(spec.user->uid, spec.user->uid, spec.user->uid) != 0) return errno;
  }
  ::prctl(PR_SET_PDEATHSIG, spec.death_signal); // a change of user would have cleared it
  if (::getppid() != parent) ::_exit(1);        // the parent died before the line above
  if (::chdir(spec.folder.c_str()) != 0) return errno;
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execve(spec.program.empty() ? argv[0] : spec.program.c_str(), argv, envp);
  return errno;
}

} // namespace

ProcessIdentity spawn(const ChildSpec& spec) {
  std::vector<std::string> arguments = spec.argv;
  std::vector<std::string> environment = merged_environment(spec);
  std::vector<char*> argv = pointers(arguments);
  std::vector<char*> envp = pointers(environment);
  int log = open_log(spec.log_file);
  int broken[2]; // closes at a successful exec, carries errno otherwise
  if (::pipe2(broken, O_CLOEXEC) != 0) throw cli::file_failure("open a pipe for", spec.name, errno);
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid == 0) {
    int error = become(spec, log, parent, argv.data(), envp.data());
    [[maybe_unused]] auto written = ::write(broken[1], &error, sizeof error);
    ::_exit(127);
  }
  int fork_error = errno;
  ::close(log);
  ::close(broken[1]);
  int error = 0;
  ssize_t got = pid < 0 ? 0 : ::read(broken[0], &error, sizeof error);
  ::close(broken[0]);
  if (pid < 0)
    throw Failure{ExitCode::try_again,
                  "cannot start " + spec.name + ": " + std::strerror(fork_error)};
  if (got > 0) {
    ::waitpid(pid, nullptr, 0);
    throw Failure{ExitCode::unavailable, "cannot start " + spec.name + ": " +
                                             (spec.program.empty() ? spec.argv[0] : spec.program) +
                                             ": " + std::strerror(error)};
  }
  return identify(pid).value_or(ProcessIdentity{pid, 0});
}

std::optional<ProcessIdentity> identify(pid_t pid) {
  std::string text = cli::read_file("/proc/" + std::to_string(pid) + "/stat").value_or("");
  auto name_end = text.rfind(')'); // the name may hold spaces and parentheses
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest{text.substr(name_end + 1)};
  std::string state, skipped;
  rest >> state;
  if (state == "Z" || state == "X") return std::nullopt;
  for (int field = 4; field < 22; ++field) rest >> skipped;
  ProcessIdentity identity{pid, 0};
  if (!(rest >> identity.start_time)) return std::nullopt;
  return identity;
}

bool alive(const ProcessIdentity& process) {
  return process.pid > 0 && identify(process.pid) == process;
}

bool send_signal(const ProcessIdentity& process, int signal) {
  return alive(process) && ::kill(process.pid, signal) == 0;
}

namespace {

bool gone_within(const ProcessIdentity& process, Millis limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (alive(process)) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 10);
  }
  return true;
}

} // namespace

void stop_foreign(const ProcessIdentity& process, int signal, Millis grace) {
  if (!send_signal(process, signal) || gone_within(process, grace)) return;
  send_signal(process, SIGKILL);
  gone_within(process, Millis{1'000});
}

std::string describe_wait_status(int status) {
  if (WIFEXITED(status)) return "exited with code " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return std::string{"was killed by "} +
           (name ? std::string{"SIG"} + name : "signal " + std::to_string(WTERMSIG(status)));
  }
  return "changed state";
}

} // namespace troupe::dev
