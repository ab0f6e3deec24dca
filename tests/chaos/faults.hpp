// What goes wrong, and in which order: all of it follows from one seed.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::chaos {

/// Three nodes: owners and agents die, and somebody is always left who could take over.
enum class Node : std::uint8_t { owner, owner_and_agent, agent };
inline constexpr Node all_nodes[] = {Node::owner, Node::owner_and_agent, Node::agent};
std::string_view name_of(Node node); // as it is called in the cluster
bool owns_runs(Node node);
bool runs_attempts(Node node);

enum class Kind : std::uint8_t {
  kill_node,     // SIGKILL; started again when the fault is over
  kill_postgres, // SIGKILL to the postmaster and all its backends; started again
  kill_bus,      // SIGKILL to nats-server; started again
  pause_node,    // SIGSTOP, SIGCONT: it comes back and knows nothing of it
  cut_bus,       // between one node and nats-server
  cut_postgres,  // between one node and Postgres
  cut_both,
};
inline constexpr Kind all_kinds[] = {Kind::kill_node,  Kind::kill_postgres, Kind::kill_bus,
                                     Kind::pause_node, Kind::cut_bus,       Kind::cut_postgres,
                                     Kind::cut_both};
std::string_view name_of(Kind kind);
bool is_kill(Kind kind);
/// How long after its repair others may still feel it: connections are made anew.
Millis aftermath_of(Kind kind);

enum class Cut : std::uint8_t { once, unplugged, held }; // support/socket_proxy.hpp

struct Fault {
  Kind kind{};
  Node node{}; // of a node's fault
  Cut cut{};
  Millis lasts{};
  Millis calm{};         // between the recovery from the one before and this one
  bool overlaps = false; // it does not wait for that recovery
};

/// `kills` kills, and a pause and a cut for every five of them.
std::vector<Fault> plan_faults(unsigned kills, std::uint64_t seed);

/// Nobody is paused for longer than this. A process that stands still between the check of its
/// grant and its effect, for longer than the grant and its margin, cannot be held back by anybody
/// but the sink (DURABILITY.md, "Activities"): `once` is promised within that bound alone.
inline constexpr Millis pause_max{7'000};

} // namespace troupe::chaos
