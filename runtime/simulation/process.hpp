// A process of the simulated cluster: it lives and dies, stands still, and has clocks of its own.
#pragma once
#include <deque>
#include <functional>
#include <string>

#include "runtime/agent/host_driver.hpp"
#include "runtime/ids.hpp"
#include "runtime/moment.hpp"
#include "runtime/simulation/agenda.hpp"

namespace troupe::simulation {

class World;

/// Thrown at a boundary: the process ends here and now, whatever it was about to do.
struct ProcessDied {};

class Process {
 public:
  Process(World& world, std::string name);
  virtual ~Process() = default;
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& name() const { return name_; }
  bool alive() const { return alive_; }
  bool paused() const { return paused_; }
  bool link_up() const;
  unsigned life() const { return life_; }
  IncarnationId incarnation() const { return incarnation_; } // of this start
  World& world() const { return world_; }
  Entropy& entropy() { return entropy_; }

  void start();
  void kill();
  void pause();
  void resume();
  void cut_link(bool cut);
  /// It is told to end in order; a while later it is gone, however far it came.
  void drain();
  void notice_link(); // by and by
  Time link_changed_at() const { return link_changed_at_; }
  /// Whether it runs that attempt now.
  virtual bool runs(RunId, AttemptNumber) const { return false; }

  /// Does `what` in this life of the process: after it has died, never; while it stands still,
  /// later.
  void post(Time delay, std::function<void()> what) { post(life_, delay, std::move(what)); }
  void post(unsigned life, Time delay, std::function<void()> what);
  /// As post, with a time of this process' own monotonic clock.
  void timer(Millis delay, std::function<void()> what);
  /// Does `what` of this process now. It may die of it.
  void perform(const std::function<void()>& what);
  /// A moment at which it may crash.
  void boundary(std::string_view before_or_after);

  Instant date() const;
  Millis monotonic() const;
  Millis since_boot() const;
  void jump_date(Millis by) { date_offset_ += by; }

  virtual bool hears(const std::string& verb, const std::string& recipient) const = 0;
  /// A message for this process.
  virtual void receive(const std::string& verb, agent::Asked asked) = 0;

 protected:
  virtual void boot() = 0;    // a new life
  virtual void destroy() = 0; // everything it had in memory
  virtual void link_changed(bool) {}
  virtual void draining() = 0;
  virtual bool drained() = 0; // asked again and again; true: it ends

 private:
  void go_on_draining();

  Millis own_time() const;

  World& world_;
  std::string name_;
  SeededEntropy entropy_;
  double rate_;                       // of its clocks
  Millis date_offset_, suspended_{0}; // while its monotonic clock stood still
  Time paused_at_{};
  bool alive_ = false, paused_ = false, cut_ = false;
  Time link_changed_at_{-1'000'000};
  unsigned life_ = 0;
  IncarnationId incarnation_;
  std::deque<std::function<void()>> backlog_; // what waits while it stands still
};

} // namespace troupe::simulation
