// A thread with a connection of its own, which carries out calls one after the other.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "runtime/limits.hpp"
#include "runtime/result.hpp"
#include "runtime/store/migrations.hpp"
#include "runtime/store/pg_connection.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

/// Says once, in the log, that a part of the store lost the database, and once that it is back.
/// One thread reports; anybody may ask.
class PgHealth {
 public:
  explicit PgHealth(std::string part) : part_{std::move(part)} {}
  void good();
  void bad(const PgFault& fault);
  bool is_good() const { return good_; }

 private:
  const std::string part_;
  std::atomic<bool> good_{true};
};

/// What one try of a call came to.
template <class T>
using PgAttempt = std::variant<T, Error, PgFault>;

struct PgCallOptions {
  Millis timeout = limits::store_call_timeout; // from the moment it is queued
  bool again = true; // after a lost connection; without, the caller learns of every loss
};

class PgWorker {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;
  template <class T>
  using Work = std::function<PgAttempt<T>(PgConnection&, Deadline)>;

  PgWorker(const std::string& part, PgTarget target, StopSignal& stop);
  ~PgWorker();
  PgWorker(const PgWorker&) = delete;
  PgWorker& operator=(const PgWorker&) = delete;

  /// Queues `work`; `done` gets its outcome on the worker's thread. After a fault `work` is tried
  /// again until the time is over, so it must be safe to repeat. With limits::store_calls_max calls
  /// waiting, `done` is told so on the caller's own thread.
  template <class T>
  void call(Done<T> done, Work<T> work, PgCallOptions options = {}) {
    Call made;
    made.deadline = std::chrono::steady_clock::now() + options.timeout;
    made.again = options.again;
    made.attempt = [done, work = std::move(work)](auto& connection, auto deadline) {
      auto outcome = work(connection, deadline);
      if (auto* fault = std::get_if<PgFault>(&outcome)) return std::optional{std::move(*fault)};
      if (auto* error = std::get_if<Error>(&outcome))
        done(std::move(*error));
      else
        done(std::move(std::get<T>(outcome)));
      return std::optional<PgFault>{};
    };
    made.fail = [done](Error error) { done(std::move(error)); };
    push(std::move(made));
  }

  /// Ends the thread and answers what still waits with `internal`; later calls likewise. `stop` has
  /// been raised. Not from the worker's own thread.
  void close();

  bool is_good() const { return health_.is_good(); }

 private:
  struct Call {
    Deadline deadline;
    bool again = true;
    std::function<std::optional<PgFault>(PgConnection&, Deadline)> attempt; // nothing: answered
    std::function<void(Error)> fail;
  };

  void push(Call call);
  std::optional<Call> next();
  void run();
  void carry_out(Call& call);
  std::optional<PgFault> connect(Deadline deadline);

  const std::string part_;
  StopSignal& stop_;
  PgConnection connection_;
  PgHealth health_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Call> calls_;
  bool closed_ = false;
  std::thread thread_;
};

} // namespace troupe::store
