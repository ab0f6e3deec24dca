#include "tests/support/postgres_server.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/eventually.hpp"
#include "tests/support/sql.hpp"

namespace troupe::support {
namespace {

namespace fs = std::filesystem;

/// Debian keeps the server's programs out of PATH, one folder for each version: the newest one.
fs::path find_programs() {
  std::istringstream path{getenv("PATH") ? getenv("PATH") : ""};
  for (std::string folder; std::getline(path, folder, ':');)
    if (fs::exists(fs::path{folder} / "initdb")) return folder;
  std::vector<std::pair<int, fs::path>> versions;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", none})
    if (fs::exists(entry.path() / "bin/initdb"))
      versions.emplace_back(std::atoi(entry.path().filename().c_str()), entry.path() / "bin");
  if (versions.empty())
    throw std::runtime_error{"initdb not found; install it with: apt-get install postgresql"};
  return std::max_element(versions.begin(), versions.end())->second;
}

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

} // namespace

PostgresServer::PostgresServer() : programs_{find_programs()} {
  ChildOptions options;
  options.argv = {
      programs_ / "initdb",   "-N", "-A", "trust", "-U", "app", "-E", "UTF8", "--locale=C", "-D",
      folder_.path() / "data"};
  options.environment = {{"HOME", folder_.path()}};
  options.folder = folder_.path();
  options.output = folder_.path() / "initdb.log";
  options.user = user_;
  // the log is opened before the change of user, so that its folder may belong to either
  if (ChildProcess{options}.wait(std::chrono::seconds{60}) != 0)
    throw std::runtime_error{"initdb failed:\n" + content(options.output)};
  start();
}

PostgresServer::~PostgresServer() {
  resume(); // a paused server would not stop
  stop();
}

std::string PostgresServer::url(const std::string& database) const {
  return "host=" + folder_.path().string() + " user=app dbname=" + database;
}

std::string PostgresServer::create_database() {
  const std::string name = "test" + std::to_string(++databases_);
  Sql{url()}.run("CREATE DATABASE " + name);
  return url(name);
}

void PostgresServer::start() {
  ChildOptions options;
  options.argv = {programs_ / "postgres",
                  "-D",
                  folder_.path() / "data",
                  "-k",
                  folder_.path(),
                  "-c",
                  "listen_addresses=",
                  "-c",
                  "fsync=off",
                  "-c",
                  "full_page_writes=off",
                  "-c",
                  "dynamic_shared_memory_type=mmap",
                  "-c",
                  "shared_buffers=32MB",
                  "-c",
                  "logging_collector=off"};
  options.folder = folder_.path();
  options.output = folder_.path() / "postgres.log";
  options.user = user_;
  options.death_signal = SIGINT; // a fast stop
  process_ = std::make_unique<ChildProcess>(options);
  if (!process_->reaches([&] { return PQping(url().c_str()) == PQPING_OK; }))
    throw std::runtime_error{"postgres did not start, it " + process_->fate() + ":\n" +
                             content(options.output)};
}

void PostgresServer::stop() { process_->stop(SIGINT); }

void PostgresServer::kill() {
  process_->signal(SIGSTOP); // so that it starts no child that would be missed
  const auto children = children_of(process_->pid());
  for (const pid_t child : children) ::kill(child, SIGKILL);
  process_->stop(SIGKILL);
  eventually([&] { return std::none_of(children.begin(), children.end(), alive); });
}

void PostgresServer::signal_all(int number) {
  if (!process_->running()) return;
  for (const pid_t child : children_of(process_->pid())) ::kill(child, number);
  process_->signal(number);
}

void PostgresServer::pause() {
  process_->signal(SIGSTOP);
  signal_all(SIGSTOP);
}
void PostgresServer::resume() { signal_all(SIGCONT); }

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

} // namespace troupe::support
