#include "ops/cli/bench/in_flight.hpp"

#include <mutex>

#include "ops/cli/bench/measuring.hpp"

namespace troupe::bench {
namespace {

constexpr std::chrono::seconds end_limit{60};

class Keeper : public std::enable_shared_from_this<Keeper> {
 public:
  Keeper(unsigned number, BeginCall begin) : waiting_{number}, begin_{std::move(begin)} {}

  void begin(unsigned place) {
    begin_(place, [self = shared_from_this(), place, at = Steady::now()](const auto& fault) {
      if (self->took(fault, at)) self->begin(place);
    });
  }
  std::future<void> ended() { return ended_.get_future(); }
  void stop() {
    const std::lock_guard lock{mutex_};
    over_ = true;
  }
  /// Once it has ended.
  std::vector<double> take() {
    if (!fault_.empty()) throw cli::Failure{cli::ExitCode::internal, fault_};
    return std::move(ms_);
  }

 private:
  /// True: and the next one.
  bool took(const std::string& fault, Steady::time_point at) {
    const std::lock_guard lock{mutex_};
    if (fault.empty())
      ms_.push_back(ms_since(at));
    else
      fault_ = fault;
    if (fault_.empty() && !over_) return true;
    if (--waiting_ == 0) ended_.set_value();
    return false;
  }

  std::mutex mutex_;
  bool over_ = false;
  unsigned waiting_;
  std::string fault_;
  std::vector<double> ms_;
  std::promise<void> ended_;
  BeginCall begin_;
};

} // namespace

Kept keep_in_flight(unsigned number, Millis time, const BeginCall& begin) {
  const auto keeper = std::make_shared<Keeper>(number, begin);
  auto ended = keeper->ended();
  const auto from = Steady::now();
  for (unsigned place = 0; place < number; ++place) keeper->begin(place);
  ended.wait_for(time);
  keeper->stop();
  if (ended.wait_for(end_limit) != std::future_status::ready)
    throw cli::Failure{cli::ExitCode::internal, "a call did not end"};
  const auto took = ms_since(from);
  auto ms = keeper->take();
  return {static_cast<double>(ms.size()) / took * 1'000, std::move(ms)};
}

} // namespace troupe::bench
