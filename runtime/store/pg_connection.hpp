// One connection to Postgres. Every wait has a deadline and ends when the store closes.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "runtime/store/pg_values.hpp"

struct pg_conn;

namespace troupe::store {

using Deadline = std::chrono::steady_clock::time_point;
inline constexpr Deadline no_deadline = Deadline::max();

/// Ends every wait of the connections and workers that hold it. Thread-safe.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void raise();
  bool raised() const { return raised_; }
  int descriptor() const { return descriptor_; } // readable from raise() on
  /// Returns early, with false, when it is raised.
  bool wait_until(Deadline end) const;

 private:
  int descriptor_;
  std::atomic<bool> raised_{false};
};

/// Why a statement gave no rows.
struct PgFault {
  enum class Kind {
    lost,    // no connection (any more): what became of the statement is unknown
    busy,    // the server could not carry it out now, and did not: worth another try
    refused, // the server will not carry it out as it stands, and did not
    late,    // no answer before the deadline: closed, what became of the statement is unknown
    stopped, // the store is closing: unknown likewise
  };
  Kind kind = Kind::lost;
  std::string sqlstate; // empty: the server did not say
  std::string message;  // one line

  /// Something about the values themselves: class 22, 23 or 54.
  bool is_about_data() const;
};

struct PgAnswer {
  PgRows rows;
  std::optional<PgFault> fault;
  bool ok() const { return !fault; }
};

/// Prepared on a connection when it first runs there. Both texts are literals.
struct PgStatement {
  const char* name;
  const char* sql;
};

struct PgTarget {
  std::string url;      // conninfo string or URI
  std::string name;     // its application_name; no other live connection has it
  std::string settings; // SQL run on every new connection; may be empty
};

/// Not thread-safe.
class PgConnection {
 public:
  PgConnection(PgTarget target, const StopSignal& stop);
  ~PgConnection();
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;

  bool is_open() const { return connection_ != nullptr; }

  /// Nothing: open. On return no statement of the connection before is still at work: its backend
  /// has been ended if it was not gone.
  std::optional<PgFault> open(Deadline deadline);
  void close();

  PgAnswer run(const PgStatement& statement, const PgParams& params, Deadline deadline);
  /// One or several statements without parameters; the rows of the last.
  PgAnswer script(const std::string& sql, Deadline deadline);

 private:
  struct Close {
    void operator()(pg_conn* connection) const;
  };

  std::optional<PgFault> handshake(Deadline deadline);
  std::optional<PgFault> end_backend_before(Deadline deadline);
  std::optional<PgFault> wait(short events, Deadline deadline);
  PgAnswer finish(Deadline deadline);
  PgAnswer fail(PgFault fault);

  const PgTarget target_;
  const StopSignal& stop_;
  std::unique_ptr<pg_conn, Close> connection_;
  std::set<std::string_view> prepared_;
  int backend_ = 0; // process id of the last one that was open and was not closed in order
};

} // namespace troupe::store
