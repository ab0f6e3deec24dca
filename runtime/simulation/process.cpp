#include "runtime/simulation/process.hpp"

#include <cmath>

#include "runtime/simulation/world.hpp"

namespace troupe::simulation {
namespace {

constexpr Instant dawn{std::chrono::seconds{1'700'000'000}};
constexpr double drift_max = 0.002; // of a clock, either way

} // namespace

Process::Process(World& world, std::string name)
    : world_{world},
      name_{std::move(name)},
      entropy_{world.entropy().next()},
      rate_{1 + drift_max * (2 * world.entropy().uniform() - 1)},
      date_offset_{static_cast<Millis::rep>(2'000 * (world.entropy().uniform() - 0.5))} {}

bool Process::link_up() const { return !cut_ && world_.bus_up(); }

// ---- life

void Process::start() {
  if (alive_) return;
  alive_ = true;
  paused_ = false;
  ++life_;
  incarnation_ = entropy_.make_id<IncarnationId>(date());
  world_.trace(name_ + " starts");
  perform([this] { boot(); });
}

void Process::kill() {
  if (!alive_) return;
  world_.trace(name_ + " DIES");
  alive_ = paused_ = false;
  ++life_; // whatever was on its way to it comes to nobody
  backlog_.clear();
  destroy();
  world_.died(*this);
}

void Process::pause() {
  if (!alive_ || paused_) return;
  world_.trace(name_ + " STANDS STILL");
  paused_ = true;
  paused_at_ = world_.agenda().now();
}

void Process::resume() {
  if (!alive_ || !paused_) return;
  world_.trace(name_ + " goes on");
  paused_ = false;
  if (world_.coin(0.3)) // it was the machine that slept
    suspended_ += Millis{world_.below((world_.agenda().now() - paused_at_).count())};
  for (auto& what : std::exchange(backlog_, {})) // timers and messages race for the first place
    post(Time{world_.below(3)}, std::move(what));
}

void Process::drain() {
  if (!alive_ || paused_) return;
  world_.trace(name_ + " is told to end");
  perform([this] {
    draining();
    go_on_draining();
  });
}

void Process::go_on_draining() {
  if (drained())
    kill();
  else
    timer(Millis{50}, [this] { go_on_draining(); });
}

void Process::cut_link(bool cut) {
  if (cut_ == cut) return;
  cut_ = cut;
  link_changed_at_ = world_.agenda().now();
  world_.trace(name_ + (cut ? ": LINK CUT" : ": link up"));
  world_.link_changed(*this);
}

void Process::notice_link() {
  post(Time{world_.below(100)}, [this] { link_changed(link_up()); });
}

// ---- what it does

void Process::post(unsigned life, Time delay, std::function<void()> what) {
  world_.agenda().after(delay, [this, life, what = std::move(what)]() mutable {
    if (life != life_ || !alive_) return;
    if (paused_)
      backlog_.push_back(std::move(what));
    else
      perform(what);
  });
}

void Process::timer(Millis delay, std::function<void()> what) {
  post(Time{std::llround(static_cast<double>(delay.count()) / rate_)}, std::move(what));
}

void Process::perform(const std::function<void()>& what) {
  try {
    what();
  } catch (const ProcessDied&) {
    kill();
  }
}

void Process::boundary(std::string_view where) {
  const auto& faults = world_.scenario().faults;
  if (world_.chance(faults.pause_at_boundary)) {
    world_.trace(name_ + " stops " + std::string{where});
    pause();
    world_.agenda().after(Time{1'000 + world_.below(24'000)}, [this] { resume(); });
  }
  if (!world_.chance(faults.crash_at_boundary)) return;
  world_.trace(name_ + " crashes " + std::string{where});
  throw ProcessDied{};
}

// ---- clocks

Millis Process::own_time() const {
  return Millis{
      std::llround(static_cast<double>(world_.agenda().now().count() + 1'000'000) * rate_)};
}
Instant Process::date() const { return dawn + own_time() + date_offset_; }
Millis Process::monotonic() const { return own_time() - suspended_; }
Millis Process::since_boot() const { return own_time(); }

} // namespace troupe::simulation
