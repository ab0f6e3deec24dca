#include "ops/cli/demo/patient.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "ops/cli/dev/child_failure.hpp"
#include "ops/cli/dev/free_port.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

namespace troupe::demo {

using cli::ExitCode;
using cli::Failure;
namespace json = boost::json;

int daemon_group(const std::string& pid_file, const std::string& mark) {
  pid_t pid = std::atoi(cli::read_file(pid_file).value_or("").c_str());
  if (pid <= 1 || !dev::identify(pid)) return 0;
  // The number may be somebody else's by now: the command line must be the one we started.
  std::string command = cli::read_file("/proc/" + std::to_string(pid) + "/cmdline").value_or("");
  if (command.find(mark) == std::string::npos) return 0;
  pid_t group = ::getpgid(pid);
  return group > 1 && group != ::getpgrp() ? group : 0;
}

Patient::Patient(const dev::DataFolder& folder)
    : folder_{folder}, program_{cli::find_program("nginx")}, port_{dev::free_port()} {
  if (program_.empty())
    throw Failure{ExitCode::unavailable,
                  "no program `nginx` in PATH or /usr/sbin; install it (Debian: ops/install demo)"};
  kill();                  // of a demo that was killed together with its guard
  std::error_code ignored; // of an earlier demo in this folder
  std::filesystem::remove(folder_.at("patient/start-tried"), ignored);
  write_configuration("listen");
  guard();
}

Patient::~Patient() {
  kill();
  if (guard_pid_ > 0) ::kill(guard_pid_, SIGKILL);
  if (guard_ >= 0) ::close(guard_);
}

void Patient::write_configuration(const std::string& listen) const {
  cli::make_folder(folder_.at("patient"));
  std::string temporary;
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    temporary +=
        std::string{"  "} + kind + "_temp_path \"" + folder_.at("patient/") + kind + "\";\n";
  cli::write_file_atomically(
      configuration(),
      "pid \"" + pid_file() + "\";\nerror_log \"" + folder_.at("logs/nginx-error.log") +
          "\";\nworker_processes 1;\nevents { worker_connections 64; }\nhttp {\n  access_log \"" +
          folder_.at("logs/nginx-access.log") + "\";\n" + temporary +
          "  default_type text/plain;\n" + "  server {\n    " + listen + " " + address() +
          ";\n    location = /healthz { return 200 \"ok\\n\"; }\n"
          "    location = /metrics { return 200 \"patient_up 1\\n\"; }\n"
          "    location / { return 200 \"I am well.\\n\"; }\n  }\n}\n");
}

/// A process of its own session that only waits for us to go, so that not even our SIGKILL leaves
/// the patient behind: a daemon escapes the parent-death signal.
void Patient::guard() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw cli::file_failure("open a pipe for", "the guard", errno);
  guard_pid_ = ::fork();
  if (guard_pid_ == 0) {
    ::setsid();
    if (ends[0] != 3) ::dup2(ends[0], 3);
    ::close_range(4, ~0U, 0); // the folder's lock among them, which must go when we go
    char byte;
    while (::read(3, &byte, 1) < 0 && errno == EINTR) continue;
    // A service being restarted right now may write its pid file a moment later.
    for (int i = 0; i < 20; ++i) {
      if (int group = daemon_group(pid_file(), configuration())) ::kill(-group, SIGKILL);
      ::poll(nullptr, 0, 50);
    }
    ::_exit(0);
  }
  ::close(ends[0]);
  guard_ = ends[1];
}

void Patient::start(dev::ProcessSupervisor& supervisor) {
  dev::ChildSpec spec;
  spec.name = "nginx";
  spec.argv = {program_, "-e", folder_.at("logs/nginx-error.log"), "-c", configuration()};
  spec.log_file = folder_.fresh_log("nginx");
  auto status = supervisor.run_to_end(spec, Millis{10'000});
  if (supervisor.stop_requested()) throw Failure{ExitCode::interrupted, "interrupted"};
  if (!status || *status != 0)
    throw dev::child_failure({"nginx", status.value_or(SIGKILL), false}, spec.log_file);
}

int Patient::signal_group(int signal) const {
  int group = daemon_group(pid_file(), configuration());
  if (group > 0) ::kill(-group, signal);
  return group;
}

int Patient::kill() { return signal_group(SIGKILL); }

int Patient::hang() { return signal_group(SIGSTOP); }

bool Patient::lives() const { return daemon_group(pid_file(), configuration()) > 0; }

std::string Patient::break_configuration() const {
  write_configuration("listn");
  return "listn " + address() + ";";
}

std::string Patient::address() const { return "127.0.0.1:" + std::to_string(port_); }

std::string Patient::health_url() const { return "http://" + address() + "/healthz"; }

json::object Patient::service_entry(const Oddities& oddities) const {
  auto nginx = [&](std::initializer_list<const char*> more) {
    json::array argv{program_, "-e", folder_.at("logs/nginx-error.log"), "-c", configuration()};
    for (const char* word : more) argv.emplace_back(word);
    return argv;
  };
  auto through = [](const char* script, const std::string& zeroth, const json::array& command) {
    json::array argv{"/bin/sh", "-c", script, zeroth};
    argv.insert(argv.end(), command.begin(), command.end());
    return argv;
  };
  json::array start = nginx({}), check = nginx({"-t", "-q"});
  if (oddities.slow_check) check = through("sleep 2; exec \"$@\"", "check", check);
  if (oddities.fails_first_start)
    start = through(
        "if mkdir \"$0\" 2>/dev/null; then echo not this time >&2; exit 1; fi\n"
        "exec \"$@\"",
        folder_.at("patient/start-tried"), start);
  return {{"start", start},
          {"stop", nginx({"-s", "stop"})},
          {"reload", nginx({"-s", "reload"})},
          {"check", check},
          {"pid_file", pid_file()},
          {"process", "nginx"},
          {"port", port_},
          {"health", {{"http", health_url()}}}};
}

} // namespace troupe::demo
