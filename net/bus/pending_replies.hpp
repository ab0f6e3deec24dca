// The requests that wait for an answer: each ends exactly once, by an answer, a failure or its
// deadline.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/ports/bus.hpp"

namespace troupe::bus {

/// Thread-safe. One thread serves the deadlines and the failures.
class PendingReplies {
 public:
  using Token = std::uint64_t; // counts up, never used twice
  using Reply = ports::Bus::Reply;

  PendingReplies();
  ~PendingReplies(); // as close()

  /// Never runs `reply` itself. Beyond limits::bus_requests_max the reply is no_capacity, and the
  /// token names nothing.
  Token add(std::string subject, Millis timeout, Reply reply);

  /// What was never asked: has the reply run on the thread of this object.
  void refuse(Reply reply, Error error);

  /// Runs the reply on this thread. Nothing happens if the token has ended: a late answer.
  void answer(Token token, ports::BusMessage message);
  /// Likewise: agent_down.
  void no_responders(Token token);

  /// Has the reply run on the thread of this object.
  void fail(Token token, Error error);

  /// Each one that waits now gets `timeout`: it went out, and what became of it cannot be learnt.
  /// Runs them on this thread.
  void fail_all(const std::string& why);

  /// Whoever still waits gets `timeout`, before this returns; afterwards none runs. Not from within
  /// a reply. Harmless when repeated.
  void close();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Waiting {
    std::string subject;
    Millis timeout;
    Time deadline;
    Reply reply;
  };

  std::optional<Waiting> take(Token token);     // with the mutex held
  void queue_failure(Reply reply, Error error); // likewise; the thread runs it
  void serve(std::stop_token stop);
  void move_overdue(Time now); // with the mutex held
  static void finish(const Reply& reply, Result<ports::BusMessage> result);

  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  Token last_ = 0;
  std::map<Token, Waiting> waiting_;
  std::set<std::pair<Time, Token>> deadlines_;
  std::vector<std::pair<Reply, Error>> failed_; // for the thread to run
  Time sleeps_until_ = Time::min();             // the thread
  std::jthread thread_;
};

} // namespace troupe::bus
