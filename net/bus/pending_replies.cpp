#include "net/bus/pending_replies.hpp"

#include <algorithm>
#include <exception>

#include "runtime/limits.hpp"
#include "runtime/log.hpp"

namespace troupe::bus {
namespace {

constexpr Millis longest_sleep = std::chrono::hours{1};
constexpr Millis longest_wait = std::chrono::hours{24 * 365}; // keeps now + timeout in range

} // namespace

PendingReplies::PendingReplies() : thread_{[this](std::stop_token stop) { serve(stop); }} {}

PendingReplies::~PendingReplies() { close(); }

void PendingReplies::close() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  fail_all("the bus was closed");
}

PendingReplies::Token PendingReplies::add(std::string subject, Millis timeout, Reply reply) {
  timeout = std::clamp(timeout, Millis{0}, longest_wait);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const std::lock_guard lock{mutex_};
  const auto token = ++last_;
  if (waiting_.size() >= limits::bus_requests_max) {
    queue_failure(std::move(reply),
                  make_error(ErrorClass::no_capacity,
                             std::to_string(waiting_.size()) + " requests wait for an answer; " +
                                 subject + " was not asked: try again when some have ended"));
    return token;
  }
  deadlines_.emplace(deadline, token);
  waiting_.emplace(token, Waiting{std::move(subject), timeout, deadline, std::move(reply)});
  if (deadline < sleeps_until_) wake_.notify_one();
  return token;
}

void PendingReplies::refuse(Reply reply, Error error) {
  const std::lock_guard lock{mutex_};
  queue_failure(std::move(reply), std::move(error));
}

void PendingReplies::queue_failure(Reply reply, Error error) {
  failed_.emplace_back(std::move(reply), std::move(error));
  wake_.notify_one();
}

std::optional<PendingReplies::Waiting> PendingReplies::take(Token token) {
  auto found = waiting_.extract(token);
  if (found.empty()) return std::nullopt;
  deadlines_.erase({found.mapped().deadline, token});
  return std::move(found.mapped());
}

void PendingReplies::answer(Token token, ports::BusMessage message) {
  std::unique_lock lock{mutex_};
  const auto request = take(token);
  lock.unlock();
  if (request) finish(request->reply, std::move(message));
}

void PendingReplies::no_responders(Token token) {
  std::unique_lock lock{mutex_};
  const auto request = take(token);
  lock.unlock();
  if (request)
    finish(request->reply,
           make_error(ErrorClass::agent_down, "nobody listens on " + request->subject));
}

void PendingReplies::fail(Token token, Error error) {
  const std::lock_guard lock{mutex_};
  if (auto request = take(token)) queue_failure(std::move(request->reply), std::move(error));
}

void PendingReplies::fail_all(const std::string& why) {
  std::unique_lock lock{mutex_};
  const auto failed = std::exchange(failed_, {});
  const auto waiting = std::exchange(waiting_, {});
  deadlines_.clear();
  lock.unlock();
  for (const auto& [reply, error] : failed) finish(reply, error);
  for (const auto& [token, request] : waiting)
    finish(request.reply,
           make_error(ErrorClass::timeout, "no answer from " + request.subject + ": " + why +
                                               " after the request was sent, so "
                                               "whether it arrived is unknown"));
}

void PendingReplies::serve(std::stop_token stop) {
  std::unique_lock lock{mutex_};
  while (!stop.stop_requested()) {
    move_overdue(std::chrono::steady_clock::now());
    if (const auto due = std::exchange(failed_, {}); !due.empty()) {
      lock.unlock();
      for (const auto& [reply, error] : due) finish(reply, error);
      lock.lock();
      continue;
    }
    // What is answered meanwhile does not shorten the sleep: a deadline later than its end wakes
    // nobody.
    sleeps_until_ = deadlines_.empty() ? std::chrono::steady_clock::now() + longest_sleep
                                       : deadlines_.begin()->first;
    wake_.wait_until(lock, stop, sleeps_until_, [&] {
      return !failed_.empty() || (!deadlines_.empty() && deadlines_.begin()->first < sleeps_until_);
    });
    sleeps_until_ = Time::min(); // awake: it looks again by itself
  }
}

void PendingReplies::move_overdue(Time now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    auto found = waiting_.extract(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    auto& request = found.mapped();
    failed_.emplace_back(
        std::move(request.reply),
        make_error(ErrorClass::timeout, "no answer from " + request.subject + " within " +
                                            format_duration(request.timeout)));
  }
}

void PendingReplies::finish(const Reply& reply, Result<ports::BusMessage> result) {
  try {
    reply(std::move(result));
  } catch (const std::exception& e) {
    log::error("bus.handler_threw", {{"handler", "reply"}, {"error", e.what()}});
  }
}

} // namespace troupe::bus
