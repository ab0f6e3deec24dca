// Calls of one kind that are queued at the same moment share a statement, and so a commit.
#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

/// Thread-safe. Outlives what its worker does for it: close the worker first.
template <class Ask, class Answer>
class PgBatch {
 public:
  using Done = PgWorker::Done<Answer>;
  using Asks = std::vector<Ask>;
  /// One answer for each ask, in order. `repeated`: a try before may have been carried out.
  using Answers = std::vector<Result<Answer>>;
  using Work =
      std::function<PgAttempt<Answers>(PgConnection&, const Asks&, Deadline, bool repeated)>;
  using Weight = std::size_t (*)(const Ask&); // bytes

  PgBatch(
      PgWorker& worker, Work work, Weight weight = [](const Ask&) { return sizeof(Ask); },
      std::size_t asks_max = limits::store_batch_rows_max)
      : worker_{worker}, work_{std::move(work)}, weight_{weight}, asks_max_{asks_max} {}

  void call(Ask ask, Done done) {
    std::unique_lock lock{mutex_};
    if (waiting_.size() >= limits::store_calls_max) {
      lock.unlock();
      return done(too_many_calls());
    }
    waiting_.push_back({std::move(ask), std::move(done)});
    if (std::exchange(queued_, true)) return;
    lock.unlock();
    queue();
  }

 private:
  struct Item {
    Ask ask;
    Done done;
  };
  /// One call of the worker: what it takes up is decided when its turn comes.
  struct Taken {
    bool begun = false;
    Asks asks;
    std::vector<Done> dones;
    Answers answers;
  };

  void queue() {
    auto taken = std::make_shared<Taken>();
    worker_.template call<Unit>([this, taken](Result<> outcome) { answer(*taken, outcome); },
                                [this, taken](auto& connection, auto deadline) -> PgAttempt<Unit> {
                                  const bool repeated = std::exchange(taken->begun, true);
                                  if (!repeated) take(*taken);
                                  auto answers = work_(connection, taken->asks, deadline, repeated);
                                  if (auto* fault = std::get_if<PgFault>(&answers)) return *fault;
                                  if (auto* error = std::get_if<Error>(&answers)) return *error;
                                  taken->answers = std::move(std::get<Answers>(answers));
                                  return Unit{};
                                });
  }

  void take(Taken& taken) {
    const std::lock_guard lock{mutex_};
    for (std::size_t bytes = 0; !waiting_.empty(); waiting_.pop_front()) {
      auto& next = waiting_.front();
      bytes += weight_(next.ask);
      if (!taken.asks.empty() &&
          (taken.asks.size() >= asks_max_ || bytes > limits::journal_batch_bytes_max))
        break;
      taken.asks.push_back(std::move(next.ask));
      taken.dones.push_back(std::move(next.done));
    }
  }

  void answer(Taken& taken, const Result<>& outcome) {
    if (!taken.begun) take(taken); // its turn never came
    for (std::size_t i = 0; i < taken.dones.size(); ++i)
      taken.dones[i](outcome ? std::move(taken.answers[i]) : Result<Answer>{outcome.error()});
    std::unique_lock lock{mutex_};
    queued_ = !waiting_.empty();
    if (!queued_) return;
    lock.unlock();
    queue();
  }

  PgWorker& worker_;
  const Work work_;
  const Weight weight_;
  const std::size_t asks_max_;
  std::mutex mutex_;
  std::deque<Item> waiting_;
  bool queued_ = false; // a call of the worker will take what waits
};

} // namespace troupe::store
