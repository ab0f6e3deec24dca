// Port: who may use how much of what a limit holds back, over the whole cluster. Postgres and
// memory, one conformance suite. A key (`host/web-1`) has so many permits at a time, or so many
// uses in a time, or both; nodes lease permits, and count for themselves what they do with them.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

/// A bucket of `count` tokens, full at first, that gains `count` in each `per`.
struct Rate {
  std::uint32_t count = 1;
  Millis per{1'000};
  friend bool operator==(const Rate&, const Rate&) = default;
};

struct Limit { // at least one of them
  std::optional<std::uint32_t> concurrency{};
  std::optional<Rate> rate{};
  friend bool operator==(const Limit&, const Limit&) = default;
};

/// What a node does with a key.
struct KeyUse {
  std::string key;
  Limit limit;
  std::uint32_t held = 0;    // permits it keeps, in use or not: all it had before is given back
  std::uint32_t waiting = 0; // steps of its that wait and count under the key
  std::uint32_t unused = 0;  // tokens that it was granted and did not use
};

/// So many steps could start now if each got one permit, and one token, of each of these keys.
struct PermitClaim {
  std::vector<std::size_t> keys; // places in PermitAsk::keys
  std::uint32_t count = 0;
  message::Priority priority = message::Priority::normal;
  Millis waited{0}; // the longest of them
};

struct PermitAsk {
  IncarnationId holder;
  std::uint64_t turn = 0; // greater than in each ask of this holder before
  std::vector<KeyUse> keys;
  std::vector<PermitClaim> claims;
};

struct KeyState {            // over all nodes, after this ask
  std::uint32_t in_use = 0;  // permits that are leased
  std::uint32_t waiting = 0; // steps
  bool contended = false;    // another node claims it too
  std::uint32_t tokens = 0;  // left in its bucket
};

struct PermitAnswer {
  /// False: nothing was changed. The holder is fenced or has not joined, or an ask of a later turn
  /// came before.
  bool taken = false;
  std::vector<std::uint32_t> granted; // of each claim
  std::vector<KeyState> keys;         // of each key
};

struct LimitRow {
  struct Node {
    std::string node;
    std::uint32_t held = 0, waiting = 0;
  };
  std::string key;
  Limit limit;              // as it was asked for last
  std::uint32_t tokens = 0; // left in its bucket
  std::vector<Node> nodes;  // by name
};

/// All calls: never block, `done` runs exactly once on a thread of the store. internal: it cannot
/// be reached; what became of the ask is unknown, and the next one says all anew.
class Permits {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Permits() = default;

  /// Claims are judged with those that other nodes made lately, by priority and then by how long
  /// they have waited, which of several nodes is known to within what an ask takes: each gets as
  /// many as all of its keys have left, and none holds back what it cannot use itself. So the sum
  /// that is held never grows beyond a limit by what is granted; what a node says that it holds
  /// counts in any case. What a node held that has left or was fenced counts for
  /// limits::permit_grace more: by then whoever has its runs has said what they use.
  virtual void exchange(PermitAsk ask, Done<PermitAnswer> done) = 0;
  /// Every key that is used, waited for, or short of tokens; by name.
  virtual void list(Done<std::vector<LimitRow>> done) = 0;
};

} // namespace troupe::ports
