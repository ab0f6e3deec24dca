#include "tests/chaos/faults.hpp"

#include <algorithm>
#include <random>

#include "runtime/limits.hpp"

namespace troupe::chaos {
namespace {

static_assert(pause_max + Millis{2'000} < limits::grant_period + limits::grant_margin);

constexpr double overlapping = 0.2; // share of faults that strike into another one

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_{seed} {}
  double uniform() { return static_cast<double>(engine_() >> 11) * 0x1.0p-53; }
  Millis between(Millis least, Millis most) {
    return least + Millis{static_cast<Millis::rep>(uniform() *
                                                   static_cast<double>((most - least).count()))};
  }
  template <class T>
  T pick(std::initializer_list<T> of) {
    return of.begin()[static_cast<std::size_t>(uniform() * static_cast<double>(of.size()))];
  }

 private:
  std::mt19937_64 engine_;
};

Fault make(Kind kind, Dice& dice) {
  Fault fault;
  fault.kind = kind;
  fault.node = dice.pick({Node::owner, Node::owner_and_agent, Node::agent});
  fault.calm = dice.between(Millis{50}, Millis{400});
  fault.overlaps = dice.uniform() < overlapping;
  switch (kind) {
    case Kind::kill_node: fault.lasts = dice.between(Millis{100}, Millis{3'000}); break;
    case Kind::kill_postgres:
    case Kind::kill_bus: fault.lasts = dice.between(Millis{50}, Millis{2'000}); break;
    case Kind::pause_node: // some for longer than a lease
      fault.lasts = dice.uniform() < 0.3 ? dice.between(Millis{3'500}, pause_max)
                                         : dice.between(Millis{200}, Millis{2'000});
      break;
    default:
      fault.cut = dice.pick({Cut::once, Cut::unplugged, Cut::held});
      fault.lasts = fault.cut == Cut::once ? Millis{0} : dice.between(Millis{100}, Millis{4'000});
  }
  return fault;
}

} // namespace

std::string_view name_of(Node node) {
  switch (node) {
    case Node::owner: return "owner";
    case Node::owner_and_agent: return "both";
    case Node::agent: break;
  }
  return "agent";
}

bool owns_runs(Node node) { return node != Node::agent; }
bool runs_attempts(Node node) { return node != Node::owner; }

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::kill_node: return "node";
    case Kind::kill_postgres: return "postgres";
    case Kind::kill_bus: return "bus";
    case Kind::pause_node: return "pause";
    case Kind::cut_bus: return "cut_bus";
    case Kind::cut_postgres: return "cut_postgres";
    case Kind::cut_both: break;
  }
  return "cut_both";
}

bool is_kill(Kind kind) {
  return kind == Kind::kill_node || kind == Kind::kill_postgres || kind == Kind::kill_bus;
}

Millis aftermath_of(Kind kind) { return Millis{kind == Kind::kill_node ? 1'000 : 1'500}; }

std::vector<Fault> plan_faults(unsigned kills, std::uint64_t seed) {
  Dice dice{seed};
  std::vector<Fault> faults;
  for (unsigned i = 0; i < kills; ++i) {
    const double which = dice.uniform();
    faults.push_back(make(which < 0.1   ? Kind::kill_postgres
                          : which < 0.2 ? Kind::kill_bus
                                        : Kind::kill_node,
                          dice));
    if (i % 5 == 2) faults.push_back(make(Kind::pause_node, dice));
    if (i % 5 == 4)
      faults.push_back(make(dice.pick({Kind::cut_bus, Kind::cut_postgres, Kind::cut_both}), dice));
  }
  return faults;
}

} // namespace troupe::chaos
