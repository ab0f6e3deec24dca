// Stores on a real server, and a hand on what happens inside it.
#pragma once
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "runtime/log.hpp"
#include "runtime/store/postgres_store.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/sql.hpp"
#include "tests/support/store_calls.hpp"

namespace troupe::integration {

using Outcome = ports::AppendOutcome;

inline std::unique_ptr<store::Store> open_store(const std::string& url) {
  log::start("test", log::Level::error, ""); // lost connections are no news here
  auto opened = store::open_postgres_store({.url = url});
  if (!opened) throw std::runtime_error{opened.error().message};
  return *std::move(opened);
}

/// One node's store on a database.
class Node : public support::StoreCalls {
 public:
  Node(const std::string& url, const std::string& name)
      : StoreCalls{open_store(url), name, std::hash<std::string>{}(name)} {}

  std::future<Outcome> append_later(const ports::Append& append) {
    auto outcome = std::make_shared<std::promise<Outcome>>();
    store->journal().append(append, [outcome](auto value) { outcome->set_value(value); });
    return outcome->get_future();
  }
  std::future<Result<bool>> fence_later(IncarnationId incarnation, std::uint64_t beat = 0) {
    auto answer = std::make_shared<std::promise<Result<bool>>>();
    store->membership().fence(incarnation, beat,
                              [answer](auto value) { answer->set_value(std::move(value)); });
    return answer->get_future();
  }
  RunId start_run() {
    const auto job = new_job();
    if (const auto submitted = submit(job); !submitted)
      throw std::runtime_error{submitted.error().message};
    return job.run;
  }
};

template <class T>
bool is_ready(const std::future<T>& future) {
  return future.wait_for(std::chrono::seconds{0}) == std::future_status::ready;
}

/// Two nodes on a database of their own, and a connection beside them.
struct World {
  explicit World(support::PostgresServer& server = support::PostgresServer::shared())
      : url{server.create_database()}, a{url, "a"}, b{url, "b"}, sql{url} {}

  /// Rows of `run` in the journal beyond its first.
  std::string appended(RunId run) {
    return sql.value("SELECT count(*) FROM journal WHERE seq > 0 AND run = '" + to_string(run) +
                     "'");
  }
  /// Waits until a connection of this part ("journal", "watch") of some store waits for a lock.
  /// `event`: of what kind ("advisory", "transactionid"); empty: any.
  bool waits_for_lock(const std::string& part, const std::string& event = "") {
    support::Sql look{url};
    return support::eventually([&] {
      return look.value(
                 "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = "
                 "current_database() AND application_name LIKE '%/" +
                 part + "' AND wait_event_type = 'Lock' AND wait_event LIKE '%" + event + "%'") ==
             "t";
    });
  }

  std::string url;
  Node a, b;
  support::Sql sql;
};

/// Stops every INSERT into `table` half-way, between what the statement did before (the guard has
/// its lock, say) and the row, until it is opened.
class Gate {
 public:
  Gate(const std::string& url, const std::string& table) : sql_{url} {
    sql_.run(
        "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$;"
        "CREATE TRIGGER gate BEFORE INSERT ON " +
        table +
        " FOR EACH ROW EXECUTE FUNCTION gate();"
        "SELECT pg_advisory_lock(1)");
  }
  void open() { sql_.run("SELECT pg_advisory_unlock(1)"); }

 private:
  support::Sql sql_; // ends, and so opens, with the gate
};

} // namespace troupe::integration
