#include "tests/integration/nginx_patient.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

#include "net/http/client.hpp"
#include "tests/support/child_process.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "toolkits/process.hpp"
#include "toolkits/process_table.hpp"

namespace troupe::test {
namespace {

pid_t read_pid(const std::string& path) {
  const auto text = read_file(path);
  return text.empty() ? 0 : static_cast<pid_t>(std::strtol(text.c_str(), nullptr, 10));
}

/// Ends every nginx of the folder: its masters show the configuration's path, its workers are in
/// their master's group.
void end_all(const std::string& folder) {
  for (const auto& process : toolkits::all_processes())
    if (process.name == "nginx" &&
        toolkits::command_line_of(process.pid).find(folder) != std::string::npos)
      ::kill(-process.group, SIGKILL);
  if (const auto master = read_pid(folder + "/nginx.pid"); master > 1) ::kill(-master, SIGKILL);
}

} // namespace

NginxPatient::NginxPatient(const std::string& more, int port)
    : port_{port == 0 ? support::free_port() : port} {
  if (!toolkits::find_binary("nginx"))
    throw std::runtime_error{"nginx is missing: install the package nginx-light"};
  configure("return 200 ok;");
  start_guard();
  catalogue_ = toolkits::make_catalogue({{"service", JsonText{service_settings(more)}}},
                                        {"", http::make_client(), nullptr});
  if (catalogue_.toolkits.size() != 1)
    throw std::runtime_error{catalogue_.faults.empty() ? catalogue_.disabled.at(0).reason
                                                       : catalogue_.faults.at(0)};
}

NginxPatient::~NginxPatient() {
  ::close(guard_pipe_); // the guard's sign to clear up
  ::waitpid(guard_, nullptr, 0);
}

void NginxPatient::start_guard() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
  guard_ = ::fork();
  if (guard_ == 0) {
    ::setsid();
    ::dup2(ends[0], 3);
    ::syscall(SYS_close_range, 4, ~0U, 0); // our own end of the pipe, and those of other guards
    char byte = 0;
    while (::read(3, &byte, 1) > 0) {
    }
    end_all(folder_.path().string());
    std::error_code gone_already;
    std::filesystem::remove_all(folder_.path(), gone_already);
    ::_exit(0);
  }
  ::close(ends[0]);
  guard_pipe_ = ends[1];
}

std::string NginxPatient::service_settings(const std::string& more) const {
  const auto at = [&](const char* name) { return in(folder_, name); };
  const auto nginx =
      R"(["nginx","-e",")" + at("error.log") + R"(","-c",")" + at("nginx.conf") + '"';
  const auto url = "http://127.0.0.1:" + std::to_string(port_) + "/";
  return R"({"services":{"web":{"description":"the patient","process":"nginx","start":)" + nginx +
         R"(],"stop":)" + nginx + R"(,"-s","quit"],"reload":)" + nginx +
         R"(,"-s","reload"],"check":)" + nginx + R"(,"-t","-q"],"pid_file":")" + pid_file() +
         R"(","address":"127.0.0.1","port":)" + std::to_string(port_) + R"(,"health":{"http":")" +
         url + R"(","timeout":"1s"})" + (more.empty() ? "" : "," + more) + "}}}";
}

void NginxPatient::configure(const std::string& server_part) const {
  const auto at = [&](const char* name) { return in(folder_, name); };
  std::string text = "daemon on; worker_processes 1; pid " + pid_file() + "; error_log " +
                     at("error.log") + "; events { worker_connections 64; } http { access_log off;";
  if (::getuid() == 0) text = "user root; " + text;
  for (auto module : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
    text += std::string{module} + "_temp_path " + at(module) + "; ";
  write_file(at("nginx.conf"), text + "server { listen 127.0.0.1:" + std::to_string(port_) + "; " +
                                   server_part + " } }\n");
}

std::string NginxPatient::pid_file() const { return in(folder_, "nginx.pid"); }
pid_t NginxPatient::master() const { return read_pid(pid_file()); }

} // namespace troupe::test
