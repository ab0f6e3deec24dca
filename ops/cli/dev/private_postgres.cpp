#include "ops/cli/dev/private_postgres.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "ops/cli/dev/child_failure.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

namespace troupe::dev {

using cli::ExitCode;
using cli::Failure;
namespace fs = std::filesystem;

namespace {

constexpr const char* superuser = "troupe";

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
  void operator()(PGresult* result) const { PQclear(result); }
};

int version_of(const std::string& programs) {
  // Debian's layout, /usr/lib/postgresql/15/bin; elsewhere the newest wins by being the only one.
  return std::atoi(fs::path{programs}.parent_path().filename().c_str());
}

std::string first_line(const std::string& path) {
  std::string content = cli::read_file(path).value_or("");
  return content.substr(0, content.find('\n'));
}

} // namespace

PrivatePostgres::PrivatePostgres(const DataFolder& folder, ProcessSupervisor& supervisor)
    : folder_{folder}, user_{unprivileged_user()}, programs_{programs_folder()} {
  remove_leftovers();
  sockets_ = cli::make_temporary_folder("pg");
  cli::write_file_atomically(folder_.at("socket_folder"), sockets_ + "\n", 0600);
  if (user_ && ::chown(sockets_.c_str(), user_->uid, user_->gid) != 0)
    throw cli::file_failure("hand over", sockets_, errno);
  if (!fs::exists(folder_.at("postgres"))) create_cluster(supervisor);
  open_data();
}

PrivatePostgres::~PrivatePostgres() {
  if (data_ >= 0) ::close(data_);
  std::error_code ignored;
  fs::remove_all(sockets_, ignored);
  fs::remove(folder_.at("socket_folder"), ignored);
}

std::string PrivatePostgres::programs_folder() const {
  std::string wanted = first_line(folder_.at("postgres/PG_VERSION"));
  std::string best;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{"/usr/lib/postgresql", error}) {
    std::string candidate = (entry.path() / "bin").string();
    if (::access((candidate + "/postgres").c_str(), X_OK) != 0) continue;
    if (!wanted.empty() && wanted != entry.path().filename().string()) continue;
    if (best.empty() || version_of(candidate) > version_of(best)) best = candidate;
  }
  if (best.empty())
    if (std::string found = cli::find_program("postgres"); !found.empty())
      best = fs::path{cli::absolute_path(found)}.parent_path().string();
  if (!best.empty()) return best;
  throw Failure{ExitCode::unavailable,
                "no program `postgres`" + (wanted.empty() ? "" : " of version " + wanted) +
                    " in PATH or /usr/lib/postgresql/*/bin; install it (Debian: apt-get install "
                    "postgresql) or name a server with --postgres URL"};
}

void PrivatePostgres::remove_leftovers() const {
  std::error_code ignored;
  std::string sockets = first_line(folder_.at("socket_folder"));
  constexpr std::string_view prefix = "/tmp/troupe-pg-";
  if (sockets.starts_with(prefix) && sockets.find('/', prefix.size()) == std::string::npos)
    fs::remove_all(sockets, ignored);
  fs::remove_all(folder_.at("postgres.new"), ignored); // an initdb that was cut short
  // Postgres refuses to start beside a pid file whose number is alive, whatever process has it now.
  // We hold the folder and have stopped what we recorded: only a postmaster of this very folder,
  // started by hand, may stay.
  std::string pid_file = folder_.at("postgres/postmaster.pid");
  pid_t pid = std::atoi(first_line(pid_file).c_str());
  if (pid <= 0) return;
  std::string program = first_line("/proc/" + std::to_string(pid) + "/comm");
  auto working = fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd", ignored);
  if (auto process = identify(pid);
      process && program == "postgres" && working == fs::path{folder_.at("postgres")})
    stop_foreign(*process, SIGINT, Millis{10'000});
  fs::remove(pid_file, ignored);
}

void PrivatePostgres::create_cluster(ProcessSupervisor& supervisor) {
  std::string fresh = folder_.at("postgres.new");
  cli::make_folder(fresh, 0700);
  if (user_ && ::chown(fresh.c_str(), user_->uid, user_->gid) != 0)
    throw cli::file_failure("hand over", fresh, errno);
  data_ = ::open(fresh.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ChildSpec initdb = spec();
  initdb.name = "initdb";
  initdb.log_file = folder_.fresh_log("initdb");
  initdb.argv = {programs_ + "/initdb",
                 "-D",
                 user_ ? data_argument() : fresh,
                 "-A",
                 "trust",
                 "-U",
                 superuser,
                 "-E",
                 "UTF8",
                 "--locale=C"};
  auto status = supervisor.run_to_end(initdb, Millis{120'000});
  ::close(data_);
  data_ = -1;
  std::error_code error;
  if (status && *status == 0) {
    if (::rename(fresh.c_str(), folder_.at("postgres").c_str()) == 0) return;
    throw cli::file_failure("rename", fresh, errno);
  }
  fs::remove_all(fresh, error);
  if (!status && supervisor.stop_requested()) throw Failure{ExitCode::interrupted, "interrupted"};
  throw child_failure({"initdb", status.value_or(SIGKILL), false}, initdb.log_file);
}

void PrivatePostgres::open_data() {
  data_ = ::open(folder_.at("postgres").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat status {};
  if (data_ < 0 || ::fstat(data_, &status) != 0)
    throw cli::file_failure("open", folder_.at("postgres"), errno);
  uid_t owner = user_ ? user_->uid : ::geteuid();
  if (status.st_uid == owner) return;
  throw Failure{ExitCode::no_permission, folder_.at("postgres") +
                                             " belongs to another user; run `troupe dev` as the "
                                             "user who made it, or choose another --data"};
}

std::string PrivatePostgres::data_argument() const {
  return user_ ? "/proc/self/fd/" + std::to_string(data_) : folder_.at("postgres");
}

ChildSpec PrivatePostgres::spec() const {
  ChildSpec spec;
  spec.name = "postgres";
  spec.argv = {programs_ + "/postgres", "-D", data_argument(), "-k", sockets_, "-c",
               "listen_addresses="};
  spec.environment = {{"LC_ALL", "C"}, {"PGDATA", ""}};
  spec.log_file = folder_.at("logs/postgres.log");
  spec.user = user_;
  if (data_ >= 0) spec.inherited = {data_};
  spec.stop_order = 3;
  spec.stop_signal = SIGINT; // fast: does not wait for clients
  spec.stop_grace = Millis{10'000};
  spec.death_signal = SIGINT;
  return spec;
}

std::string PrivatePostgres::conninfo(const std::string& name) const {
  return "postgresql:///" + name + "?host=" + sockets_ + "&user=" + superuser;
}

std::string PrivatePostgres::url(const std::string& name) const { return conninfo(name); }

bool PrivatePostgres::ready() const {
  return PQping((conninfo("postgres") + "&connect_timeout=2").c_str()) == PQPING_OK;
}

void PrivatePostgres::ensure_database(const std::string& name) const {
  std::unique_ptr<PGconn, Finish> connection{PQconnectdb(conninfo("postgres").c_str())};
  auto run = [&](const std::string& statement) {
    return std::unique_ptr<PGresult, Finish>{PQexec(connection.get(), statement.c_str())};
  };
  auto known = run(std::string{"SELECT 1 FROM pg_database WHERE datname = '"} + name + "'");
  if (PQresultStatus(known.get()) == PGRES_TUPLES_OK && PQntuples(known.get()) == 1) return;
  auto created = run(std::string{"CREATE DATABASE "} + name);
  if (PQresultStatus(created.get()) != PGRES_COMMAND_OK)
    throw Failure{ExitCode::io_error,
                  std::string{"cannot create the database: "} + PQerrorMessage(connection.get())};
}

} // namespace troupe::dev
