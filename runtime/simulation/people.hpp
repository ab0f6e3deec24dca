// The people of the simulated world: they decide what waits for them, send the signals that a plan
// waits for, and look what became of an effect whose outcome nobody could learn.
#pragma once
#include "runtime/simulation/scenario.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::simulation {

class World;

class People {
 public:
  explicit People(World& world) : world_{world} {}

  /// An event of a run's journal, just inserted. What it asks for is posted after a while.
  void read(RunId run, const supervision::Event& event);

 private:
  void post_later(RunId run, std::string kind, std::string body);

  World& world_;
  unsigned posts_ = 0;
};

} // namespace troupe::simulation
