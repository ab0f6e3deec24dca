#include "runtime/store/pg_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace troupe::store {
namespace {

using Kind = PgFault::Kind;

int millis_until(Deadline end) {
  if (end == no_deadline) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
}

/// libpq's texts have several lines, and tabs.
std::string one_line(const char* text) {
  std::string out;
  for (const char* at = text; *at; ++at) {
    const bool blank = *at == '\n' || *at == '\t' || *at == ' ';
    if (!blank)
      out += *at;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

Kind kind_of(const std::string& sqlstate) {
  const auto is = [&](const char* prefix) { return sqlstate.starts_with(prefix); };
  if (is("08") || is("57P")) return Kind::lost;
  // deadlock, full disk or memory, lock time-out, cancelled, read-only, an error of the machine
  for (const auto* prefix : {"40", "53", "55", "57", "58", "25006"})
    if (is(prefix)) return Kind::busy;
  return Kind::refused;
}

PgFault fault_of(const PGresult* result, PGconn* connection) {
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  PgFault fault;
  fault.sqlstate = sqlstate ? sqlstate : "";
  fault.message = one_line(PQresultErrorMessage(result));
  fault.kind =
      PQstatus(connection) == CONNECTION_BAD || !sqlstate ? Kind::lost : kind_of(fault.sqlstate);
  return fault;
}

void ignore_notice(void*, const PGresult*) {}

} // namespace

bool PgFault::is_about_data() const {
  return kind == Kind::refused &&
         (sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate.starts_with("54"));
}

// ---- StopSignal

StopSignal::StopSignal() : descriptor_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (descriptor_ < 0) throw std::system_error{errno, std::generic_category(), "eventfd"};
}

StopSignal::~StopSignal() { ::close(descriptor_); }

void StopSignal::raise() {
  raised_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);
}

bool StopSignal::wait_until(Deadline end) const {
  pollfd waited{descriptor_, POLLIN, 0};
  while (!raised() && std::chrono::steady_clock::now() < end) poll(&waited, 1, millis_until(end));
  return !raised();
}

// ---- PgConnection

void PgConnection::Close::operator()(pg_conn* connection) const { PQfinish(connection); }

PgConnection::PgConnection(PgTarget target, const StopSignal& stop)
    : target_{std::move(target)}, stop_{stop} {}

PgConnection::~PgConnection() = default;

void PgConnection::close() {
  connection_.reset();
  prepared_.clear();
}

PgAnswer PgConnection::fail(PgFault fault) {
  if (fault.kind != Kind::busy && fault.kind != Kind::refused) close();
  return {{}, std::move(fault)};
}

std::optional<PgFault> PgConnection::wait(short events, Deadline deadline) {
  pollfd waited[2] = {{PQsocket(connection_.get()), events, 0}, {stop_.descriptor(), POLLIN, 0}};
  const int ready = poll(waited, 2, millis_until(deadline));
  if (stop_.raised()) return PgFault{Kind::stopped, "", "the store is closing"};
  if (ready == 0 && std::chrono::steady_clock::now() >= deadline)
    return PgFault{Kind::late, "", "no answer in time"};
  return std::nullopt;
}

std::optional<PgFault> PgConnection::open(Deadline deadline) {
  close();
  auto fault = handshake(deadline);
  if (!fault) fault = end_backend_before(deadline);
  if (!fault) {
    const auto settings = script(target_.settings, deadline);
    fault = settings.fault;
  }
  if (fault) {
    close();
    return fault;
  }
  backend_ = PQbackendPID(connection_.get());
  return std::nullopt;
}

std::optional<PgFault> PgConnection::handshake(Deadline deadline) {
  // What stands before dbname is a default, what stands behind it cannot be overridden.
  const char* const keywords[] = {
      "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout",
      "dbname",          "application_name",    "client_encoding",  nullptr};
  const char* const values[] = {
      "5", "2", "3", "10000", target_.url.c_str(), target_.name.c_str(), "UTF8", nullptr};
  connection_.reset(PQconnectStartParams(keywords, values, 1));
  if (!connection_) return PgFault{Kind::busy, "53200", "out of memory"};
  PQsetNoticeReceiver(connection_.get(), ignore_notice, nullptr);
  for (auto next = PGRES_POLLING_WRITING; PQstatus(connection_.get()) != CONNECTION_BAD;) {
    if (next == PGRES_POLLING_OK) {
      PQsetnonblocking(connection_.get(), 1);
      return std::nullopt;
    }
    if (next == PGRES_POLLING_FAILED) break;
    if (auto fault = wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline)) return fault;
    next = PQconnectPoll(connection_.get());
  }
  return PgFault{Kind::lost, "", one_line(PQerrorMessage(connection_.get()))};
}

// A connection that was given up may have left a statement at work in the server. Its outcome is
// only known once it has ended.
std::optional<PgFault> PgConnection::end_backend_before(Deadline deadline) {
  if (backend_ == 0) return std::nullopt;
  static constexpr PgStatement terminate{
      "end_backend_before",
      "SELECT pg_terminate_backend(pid, 3000) FROM pg_stat_activity"
      " WHERE pid = $1::integer AND application_name = $2::text AND pid <> pg_backend_pid()"};
  const auto ended = run(terminate, PgParams{}.number(backend_).text(target_.name), deadline);
  if (!ended.ok()) return ended.fault;
  if (!ended.rows.empty() && !ended.rows.boolean(0, 0))
    return PgFault{Kind::lost, "", "the backend of the connection before does not end"};
  backend_ = 0;
  return std::nullopt;
}

PgAnswer PgConnection::run(const PgStatement& statement, const PgParams& params,
                           Deadline deadline) {
  if (!connection_) return fail({Kind::lost, "", "not connected"});
  auto* connection = connection_.get();
  if (!prepared_.contains(statement.name)) {
    if (!PQsendPrepare(connection, statement.name, statement.sql, 0, nullptr))
      return fail({Kind::lost, "", one_line(PQerrorMessage(connection))});
    if (auto answer = finish(deadline); !answer.ok()) return answer;
    prepared_.insert(statement.name);
  }
  std::vector<const char*> values;
  std::vector<int> lengths;
  const std::vector<int> binary(params.values().size(), 1);
  for (std::size_t i = 0; i < params.values().size(); ++i) {
    values.push_back(params.is_null(i) ? nullptr : params.values()[i].data());
    lengths.push_back(static_cast<int>(params.values()[i].size()));
  }
  if (!PQsendQueryPrepared(connection, statement.name, static_cast<int>(values.size()),
                           values.data(), lengths.data(), binary.data(), 0))
    return fail({Kind::lost, "", one_line(PQerrorMessage(connection))});
  return finish(deadline);
}

PgAnswer PgConnection::script(const std::string& sql, Deadline deadline) {
  if (!connection_) return fail({Kind::lost, "", "not connected"});
  if (!PQsendQuery(connection_.get(), sql.c_str()))
    return fail({Kind::lost, "", one_line(PQerrorMessage(connection_.get()))});
  return finish(deadline);
}

PgAnswer PgConnection::finish(Deadline deadline) {
  auto* connection = connection_.get();
  PgAnswer answer;
  for (;;) {
    int unsent = PQflush(connection);
    while (unsent == 1 || PQisBusy(connection)) {
      const short events = unsent == 1 ? POLLIN | POLLOUT : POLLIN;
      if (auto fault = wait(events, deadline)) return fail(*fault);
      if (!PQconsumeInput(connection)) break; // PQgetResult will say what happened
      if (unsent == 1) unsent = PQflush(connection);
    }
    PGresult* result = PQgetResult(connection);
    if (!result) break;
    const auto status = PQresultStatus(result);
    const bool good =
        status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY;
    if (!good && !answer.fault) answer.fault = fault_of(result, connection);
    answer.rows = PgRows{result};
  }
  if (PQstatus(connection) == CONNECTION_BAD && !answer.fault)
    answer.fault = PgFault{Kind::lost, "", one_line(PQerrorMessage(connection))};
  return answer.ok() ? answer : fail(*answer.fault);
}

} // namespace troupe::store
