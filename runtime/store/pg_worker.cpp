#include "runtime/store/pg_worker.hpp"

#include <algorithm>

#include "runtime/log.hpp"

namespace troupe::store {

using namespace std::chrono_literals;
using Kind = PgFault::Kind;

void PgHealth::good() {
  if (!good_.exchange(true)) log::info("store.back", {{"part", part_}});
}

void PgHealth::bad(const PgFault& fault) {
  if (good_.exchange(false))
    log::warn(
        "store.trouble",
        {{"part", part_}, {"sqlstate", fault.sqlstate}, {"error", to_error(fault, part_).message}});
}

PgWorker::PgWorker(const std::string& part, PgTarget target, StopSignal& stop)
    : part_{part}, stop_{stop}, connection_{std::move(target), stop}, health_{part} {
  thread_ = std::thread{[this] { run(); }};
}

PgWorker::~PgWorker() { close(); }

void PgWorker::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  wake_.notify_one();
  if (!thread_.joinable()) return;
  thread_.join();
  for (auto& call : calls_) call.fail(is_closing()); // nobody adds to them any more
  calls_.clear();
}

void PgWorker::push(Call call) {
  std::unique_lock lock{mutex_};
  if (closed_ || calls_.size() >= limits::store_calls_max) {
    const bool closed = closed_;
    lock.unlock();
    call.fail(closed ? is_closing() : too_many_calls());
    return;
  }
  calls_.push_back(std::move(call));
  lock.unlock();
  wake_.notify_one();
}

std::optional<PgWorker::Call> PgWorker::next() {
  std::unique_lock lock{mutex_};
  wake_.wait(lock, [&] { return closed_ || !calls_.empty(); });
  if (closed_) return std::nullopt;
  Call call = std::move(calls_.front());
  calls_.pop_front();
  return call;
}

void PgWorker::run() {
  (void)connect(std::chrono::steady_clock::now() + limits::store_call_timeout);
  while (auto call = next()) carry_out(*call);
}

std::optional<PgFault> PgWorker::connect(Deadline deadline) {
  if (connection_.is_open()) return std::nullopt;
  auto fault = connection_.open(std::min(deadline, std::chrono::steady_clock::now() + 3s));
  if (!fault || fault->kind == Kind::stopped) return fault;
  health_.bad(*fault);
  if (fault->kind == Kind::late) fault->kind = Kind::lost; // there may be time for another try
  return fault;
}

void PgWorker::carry_out(Call& call) {
  for (Millis pause = 20ms;; pause = std::min<Millis>(pause * 2, 500ms)) {
    auto fault = connect(call.deadline);
    if (!fault) fault = call.attempt(connection_, call.deadline);
    if (!fault) return health_.good();
    if (fault->kind == Kind::stopped) return call.fail(is_closing());
    if (fault->kind == Kind::refused) return call.fail(to_error(*fault, part_));
    health_.bad(*fault);
    const bool over = std::chrono::steady_clock::now() + pause >= call.deadline;
    if (!call.again || over || fault->kind == Kind::late) return call.fail(to_error(*fault, part_));
    if (!stop_.wait_until(std::chrono::steady_clock::now() + pause)) return call.fail(is_closing());
  }
}

} // namespace troupe::store
