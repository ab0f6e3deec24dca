// Keyed limits at one owner: what its attempts use, what it has leased from the store, and what it
// asks for next. Pure: placement/dispatch_queue asks whether a step may start, a shell carries what
// is asked for to ports::Permits.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/placement/limit_rules.hpp"
#include "runtime/result.hpp"

namespace troupe::placement {

/// The limited keys that a step counts under, sorted; none: it needs no permit.
using LimitedKeys = std::vector<std::string>;

/// Every `now` is of this node's boot-time clock. A permit goes from an attempt that has ended to a
/// step that waits here at once, unless another node wants it too; then, and when nobody here can
/// use it, it goes back.
class PermitDesk {
 public:
  PermitDesk() = default;
  explicit PermitDesk(LimitRules rules) : rules_{std::move(rules)}, changed_{!rules_.empty()} {}

  const LimitRules& rules() const { return rules_; }

  /// A step begins to wait, or does so no more.
  void wait(const LimitedKeys& keys);
  void leave(const LimitedKeys& keys);
  std::size_t waiting() const { return waiting_; } // steps

  /// Whether there is a permit, and a token, of each key at hand.
  bool has(const LimitedKeys& keys) const;
  /// One of each, for an attempt of that step; requires has().
  void take(RunId run, const std::string& step, const LimitedKeys& keys);
  /// An attempt of it is under way already: it counts, over a limit if it has to.
  void count(RunId run, const std::string& step, const LimitedKeys& keys);
  /// The attempt of that step that was the first to take has ended, or was never sent.
  void release(RunId run, const std::string& step);
  void release(RunId run); // all of the run's

  /// Which key it lacks: "limit host/web-1: 1 of 1 in use, 3 wait".
  std::string why_not(const LimitedKeys& keys) const;

  /// A node may have a slot for a step that could have had a permit.
  void stir() { stirred_ = true; }
  /// When to ask next; nothing: an ask is under way, or there is nothing to ask. While steps wait,
  /// or permits are used, the store is asked now and then whatever happens here.
  std::optional<Millis> due() const;

  /// What is asked for, while it is put together: by priority and age, what waits and could have a
  /// node.
  class Asking {
   public:
    /// True: as far as this node knows it will be granted, and so takes its place on a node.
    bool claim(const LimitedKeys& keys, message::Priority priority, Millis waited);
    /// Whether the step would only stand in line behind others of its kind.
    bool is_hopeless(const LimitedKeys& keys, message::Priority priority) const;

   private:
    friend class PermitDesk;
    explicit Asking(PermitDesk& desk) : desk_{desk} {}
    PermitDesk& desk_;
    ports::PermitAsk ask_;
    std::map<std::string, std::size_t, std::less<>> places_;                  // in ask_.keys
    std::vector<std::int64_t> room_;                                          // of each
    std::map<std::pair<message::Priority, LimitedKeys>, std::size_t> claims_; // in ask_.claims
  };
  /// Requires that it is due. Permits that nobody here uses go back with it.
  Asking begin_ask(IncarnationId holder, Millis now);
  ports::PermitAsk finish_ask(Asking asking);
  /// Afterwards those who wait may be served.
  void answered(const Result<ports::PermitAnswer>& answer, Millis now);
  /// This owner is fenced: what it has leased and does not use is nobody's any more.
  void forget_leases();

 private:
  struct Key {
    ports::Limit limit;
    std::uint32_t used = 0;    // by attempts
    std::uint32_t spare = 0;   // leased, and not used
    std::uint32_t tokens = 0;  // likewise
    std::uint32_t waiting = 0; // steps
    // as the store said last, of all other nodes
    std::uint32_t others = 0, others_wait = 0;
    bool contended = false;
    double tokens_left = 0;   // in its bucket
    std::uint64_t unsaid = 0; // until that ask is answered the store does not know what is used
    std::optional<Millis> heard;
  };
  using Keys = std::map<std::string, Key, std::less<>>;

  Key& key(const std::string& name);
  std::int64_t room(const Key& key, Millis now) const;
  void give_back(const LimitedKeys& keys);
  void hand_out(std::uint32_t& at_hand, std::uint32_t count);
  void forget_unused();

  LimitRules rules_;
  Keys keys_;
  std::map<std::pair<RunId, std::string>, std::vector<LimitedKeys>> attempts_;
  std::size_t waiting_ = 0;
  std::uint64_t at_hand_ = 0; // spare permits and tokens
  bool changed_ = false;      // there is something to say
  bool stirred_ = false;
  bool asking_ = false;
  std::uint64_t asks_ = 0, turn_ = 0;
  std::optional<Millis> asked_at_;
  Millis not_before_{};
  ports::PermitAsk sent_;
};

} // namespace troupe::placement
