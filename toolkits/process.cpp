#include "toolkits/process.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "toolkits/bounded_text.hpp"
#include "toolkits/stop_event.hpp"
#include "toolkits/unique_fd.hpp"
#include "toolkits/waiting.hpp"

namespace troupe::toolkits {
namespace {

Error cannot_run(const std::string& binary, std::string_view why) {
  return make_error(ErrorClass::tool_failed, "cannot run `" + binary + "`: " + std::string{why});
}

// ---- descriptors

/// A descriptor above standard error, so that the child can move it to 0, 1 or 2 without a clash.
UniqueFd above_stdio(int fd) {
  if (fd < 0 || fd > STDERR_FILENO) return UniqueFd{fd};
  const UniqueFd low{fd};
  return UniqueFd{::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)};
}

struct Pipe {
  UniqueFd read, write;
};

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  return {above_stdio(ends[0]), above_stdio(ends[1])};
}

/// Takes the output of a service's start. A pipe would end with the call, and a service that still
/// writes to it would die of SIGPIPE; a sealed memory file just refuses what exceeds the bound.
UniqueFd make_sealed_file(std::size_t bytes) {
  auto file = above_stdio(::memfd_create("troupe-output", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file || ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0 ||
      ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0)
    return {};
  return file;
}

/// One output stream of the child: the end it writes to, and what has come out of it.
struct Stream {
  bool sealed_file = false;
  UniqueFd ours, childs;
  std::size_t bytes_max = 0;
  std::string text{};
  bool truncated = false;

  static Stream make(const Command& command) {
    Stream stream;
    stream.bytes_max = command.output_bytes_max;
    stream.sealed_file = command.daemonises;
    if (command.daemonises) {
      stream.childs = make_sealed_file(command.output_bytes_max);
    } else {
      auto pipe = make_pipe();
      stream.ours = std::move(pipe.read);
      stream.childs = std::move(pipe.write);
      if (stream.ours) ::fcntl(stream.ours.get(), F_SETFL, O_NONBLOCK);
    }
    return stream;
  }

  /// Takes what the pipe holds now, at most a mebibyte, so that a writer that never pauses cannot
  /// keep us from looking at the clock. Closes our end at its end.
  void drain() {
    std::array<char, 16 * 1024> chunk;
    for (std::size_t taken = 0; ours && taken < 1024 * 1024;) {
      const auto count = ::read(ours.get(), chunk.data(), chunk.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) return;
      if (count <= 0) return ours.reset();
      taken += static_cast<std::size_t>(count);
      text.append(chunk.data(), static_cast<std::size_t>(count));
      if (text.size() > 2 * bytes_max) keep_last();
    }
  }

  void finish() {
    drain();
    if (sealed_file) read_back();
    keep_last();
  }

 private:
  void keep_last() {
    if (text.size() <= bytes_max) return;
    text.erase(0, text.size() - bytes_max);
    truncated = true;
  }

  void read_back() {
    const auto end = ::lseek(childs.get(), 0, SEEK_CUR); // the offset is shared with the writers
    if (end <= 0) return;
    text.resize(static_cast<std::size_t>(end));
    const auto count = ::pread(childs.get(), text.data(), text.size(), 0);
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    truncated = text.size() >= bytes_max;
  }
};

// ---- the child

/// Everything the child needs, made before the fork: between fork and exec only system calls are
/// safe, since other threads may have held any lock.
struct Launch {
  std::string binary, directory;
  std::vector<char*> argv, environment;
  int in = -1, out = -1, err = -1, report = -1;
  bool daemonises = false;
  pid_t parent = 0;
};

enum class Stage : int { directory, exec };

struct Report { // what the child says on its way out if it cannot become the command
  Stage stage;
  int error;
};

[[noreturn]] void give_up(const Launch& launch, Stage stage) {
  const Report report{stage, errno};
  [[maybe_unused]] const auto ignored = ::write(launch.report, &report, sizeof report);
  ::_exit(127);
}

[[noreturn]] void become_command(const Launch& launch) {
  ::setsid();
  if (!launch.daemonises) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != launch.parent) ::_exit(127); // it died before the line above
  }
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &plain, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(022);
  ::dup2(launch.in, STDIN_FILENO);
  ::dup2(launch.out, STDOUT_FILENO);
  ::dup2(launch.err, STDERR_FILENO);
  ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (::chdir(launch.directory.c_str()) != 0) give_up(launch, Stage::directory);
  ::execve(launch.binary.c_str(), launch.argv.data(), launch.environment.data());
  give_up(launch, Stage::exec);
}

std::vector<std::string> clean_environment() {
  std::vector<std::string> variables{"PATH=" + search_path()};
  for (const char* name : {"LANG", "HOME"})
    if (const char* value = std::getenv(name)) variables.push_back(std::string{name} + '=' + value);
  return variables;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// fork() with every signal held back, so that no handler of ours runs in the child.
pid_t fork_quietly(const Launch& launch) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child == 0) become_command(launch);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return child;
}

// ---- the parent

/// A child that runs. Its process id stays taken until `reap`, so a signal can never reach a
/// stranger that got the same number.
class Child {
 public:
  Child(pid_t pid, Stream out, Stream err)
      : pid_{pid},
        handle_{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))},
        out_{std::move(out)},
        err_{std::move(err)} {}

  /// Takes output until the child ends (true), or the deadline or `stop` comes first.
  bool wait(const Deadline& deadline, int stop_fd) {
    while (!ended()) {
      if (deadline.passed()) return false;
      std::array<pollfd, 4> events{{{handle_.get(), POLLIN, 0},
                                    {out_.ours.get(), POLLIN, 0}, // a negative one is ignored
                                    {err_.ours.get(), POLLIN, 0},
                                    {stop_fd, POLLIN, 0}}};
      const auto left = std::min<Millis::rep>(deadline.left().count(), 60'000);
      ::poll(events.data(), events.size(), static_cast<int>(std::max<Millis::rep>(left, 0)));
      out_.drain();
      err_.drain();
      if (events[3].revents != 0) return false;
    }
    return true;
  }

  void signal_group(int signal) { ::kill(-pid_, signal); }

  /// Collects the status, if it has ended. After this the process id may belong to anybody.
  void reap(CommandResult& result) {
    siginfo_t info{};
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG) == 0 && info.si_pid) {
      if (info.si_code == CLD_EXITED) result.exit_code = info.si_status;
      if (info.si_code != CLD_EXITED) result.signal = info.si_status;
    }
    out_.finish();
    err_.finish();
    result.truncated = out_.truncated || err_.truncated;
    result.out = std::move(out_.text);
    result.err = std::move(err_.text);
  }

 private:
  bool ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid == pid_;
  }

  pid_t pid_;
  UniqueFd handle_;
  Stream out_, err_;
};

CommandResult attend(Child& child, const Command& command, const std::stop_token& stop) {
  const auto start = std::chrono::steady_clock::now();
  CommandResult result;
  result.timeout = command.timeout;
  {
    const StopEvent stop_event{stop};
    if (!child.wait(Deadline{command.timeout}, stop_event.fd())) {
      result.stopped = stop.stop_requested();
      result.timed_out = !result.stopped;
    }
  }
  if (result.stopped || result.timed_out) {
    child.signal_group(SIGTERM);
    child.signal_group(SIGCONT); // a stopped process takes a TERM only when it goes on
    child.wait(Deadline{command.grace}, -1);
    child.signal_group(SIGKILL);
  } else if (!command.daemonises) {
    child.signal_group(SIGKILL); // what argv[0] left behind
  }
  child.wait(Deadline{Millis{5'000}}, -1); // only a process stuck in the kernel outlasts a KILL
  child.reap(result);
  result.duration = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  return result;
}

Error not_started(const Command& command, const Report& report) {
  const std::string why = std::strerror(report.error);
  if (report.stage == Stage::directory)
    return cannot_run(command.argv[0], "its folder " + command.directory + ": " + why);
  return cannot_run(command.argv[0], why);
}

std::string_view default_folders() {
  return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

bool is_executable_file(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

template <class Visit>
void each_folder(std::string_view folders, const Visit& visit) {
  while (!folders.empty()) {
    const auto end = std::min(folders.find(':'), folders.size());
    if (end > 0) visit(std::string{folders.substr(0, end)});
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
}

} // namespace

const std::string& search_path() {
  static const std::string path = [] {
    const char* own = std::getenv("PATH");
    std::string folders = own ? own : "";
    each_folder(default_folders(), [&](const std::string& folder) {
      if ((':' + folders + ':').find(':' + folder + ':') == std::string::npos)
        folders += (folders.empty() ? "" : ":") + folder;
    });
    return folders;
  }();
  return path;
}

Result<std::string> find_binary(std::string_view name) {
  const std::string binary{name};
  if (binary.empty()) return cannot_run(binary, "the name is empty");
  if (binary.find('/') != std::string::npos) {
    if (is_executable_file(binary)) return binary;
    return cannot_run(binary, ::access(binary.c_str(), F_OK) == 0 ? "it is no executable file"
                                                                  : "there is no such file");
  }
  std::string found;
  each_folder(search_path(), [&](const std::string& folder) {
    if (found.empty() && is_executable_file(folder + '/' + binary)) found = folder + '/' + binary;
  });
  if (!found.empty()) return found;
  return cannot_run(binary, "it is in none of the folders of PATH (" + search_path() +
                                "); install it or give its absolute path");
}

Result<CommandResult> run_command(const Command& command, std::stop_token stop) {
  if (command.argv.empty()) return cannot_run("", "the command is empty");
  auto binary = find_binary(command.argv[0]);
  if (!binary) return binary.error();

  auto out = Stream::make(command), err = Stream::make(command);
  auto report = make_pipe();
  const auto in = above_stdio(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!out.childs || !err.childs || !report.write || !in)
    return cannot_run(command.argv[0], std::string{"no descriptors: "} + std::strerror(errno));

  auto argv = command.argv;
  auto environment = clean_environment();
  const Launch launch{
      *binary,          command.directory, pointers(argv),     pointers(environment), in.get(),
      out.childs.get(), err.childs.get(),  report.write.get(), command.daemonises,    ::getpid()};
  const pid_t pid = fork_quietly(launch);
  if (pid < 0) return cannot_run(command.argv[0], std::strerror(errno));

  report.write.reset();
  if (!command.daemonises) {
    out.childs.reset();
    err.childs.reset();
  }
  Report failure{};
  ssize_t told = 0; // the pipe closes without a word when the child has become the command
  while ((told = ::read(report.read.get(), &failure, sizeof failure)) < 0 && errno == EINTR) {
  }
  Child child{pid, std::move(out), std::move(err)};
  if (told == sizeof failure) {
    CommandResult ignored;
    child.wait(Deadline{Millis{5'000}}, -1);
    child.reap(ignored);
    return not_started(command, failure);
  }
  return attend(child, command, stop);
}

std::string CommandResult::verdict() const {
  if (stopped) return "cancelled";
  if (timed_out) return "no end within " + format_duration(timeout);
  if (exit_code) return "exit code " + std::to_string(*exit_code);
  if (signal == 0) return "ended, but its exit status was lost";
  return "ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

std::string CommandResult::last_lines(std::size_t count) const {
  const auto text = clean_utf8(err.find_first_not_of(" \r\n\t") == std::string::npos ? out : err);
  auto lines = lines_of(text);
  std::erase_if(lines, [](auto line) { return line.find_first_not_of(" \t") == line.npos; });
  std::string last;
  for (auto i = lines.size() - std::min(count, lines.size()); i < lines.size(); ++i)
    (last += last.empty() ? "" : "\n") += shortened(lines[i], 500);
  return last;
}

} // namespace troupe::toolkits
