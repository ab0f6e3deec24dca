// Stage 4 of 9: who waits for a node, and who has credit. Sans I/O: actors/dispatcher and the
// simulation run this class.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "runtime/placement/keyed_limit.hpp"
#include "runtime/placement/permit_desk.hpp"
#include "runtime/placement/placement.hpp"
#include "runtime/placement/slot_sharing.hpp"
#include "runtime/rules.hpp"

namespace troupe::placement {

/// A node that is not heard of for so long is asked what became of its attempts: two heartbeats.
inline constexpr Millis silence_asked{1'000};

struct Offer {
  RunId run;
  Placement placement;
};

/// Every `now` is of this node's boot-time clock: no correction of the date moves it, and it goes
/// on through a suspend of the machine, which then shows as a gap.
class DispatchQueue {
 public:
  /// `me`: the name of this node, whose own heartbeats are heard too.
  explicit DispatchQueue(Rules rules = {}, LimitRules limits = {}, std::string me = {})
      : rules_{rules}, me_{std::move(me)}, permits_{std::move(limits)} {}

  struct Heard {
    bool joined = false;      // never heard of before
    std::optional<Gone> gone; // the incarnation that left, or that another one replaced
  };
  /// A message to hb.all or hb.limits. Whoever waits may be served afterwards.
  Heard hear(const std::string& from, const message::Body& body, Millis now);

  /// A place at once, or nothing: then it waits, by priority, in turn over the teams, and by age.
  /// Asked again, the newer one counts.
  std::optional<Placement> place(PlacementRequest wanted);
  void withdraw(RunId run, std::string_view step); // an empty step: all of the run's
  /// Places for those who wait, as far as there is credit.
  std::vector<Offer> serve();

  /// Whether an incarnation that somebody waits for is gone: by now everybody who lives has been
  /// heard of.
  bool is_unheard_of(IncarnationId incarnation, Millis now) const;

  void give_back(IncarnationId node); // an attempt there ended, or was never sent
  /// What that attempt of the step used of keyed limits, and its place: it ended, or was never
  /// sent.
  void release(RunId run, const std::string& step);
  void release(RunId run); // all of the run's
  /// An attempt of it is under way, and was placed before this queue knew of it.
  void count(const PlacementRequest& placed);
  void take_credit(IncarnationId node); // it refused: no credit until its next heartbeat
  /// While the bus is down nobody is placed, for nobody could be told, and nobody is declared gone;
  /// afterwards everybody has a lease period.
  void link_changed(bool up, Millis now);
  /// The nodes silent for the lease period, each once. Call it twice a heartbeat or more: after a
  /// gap in the calls (this process stood still, what was sent to it waits unread) everybody has a
  /// lease period again. Keys whose pause is over are open from here on.
  std::vector<Gone> sweep(Millis now);
  /// After a sweep: the incarnations that have missed heartbeats, each once in a silence; none that
  /// has not been heard of since everybody was excused.
  std::vector<IncarnationId> fallen_silent(Millis now);
  /// When to ask the store for permits (PermitDesk::due), what for, and what it said. Afterwards
  /// those who wait may be served.
  std::optional<Millis> permits_due() const { return permits_.due(); }
  ports::PermitAsk ask_permits(IncarnationId holder, Millis now);
  void permits_answered(const Result<ports::PermitAnswer>& answer, Millis now) {
    permits_.answered(answer, now);
  }
  void forget_permits() { permits_.forget_leases(); }
  std::size_t waiting_for_permits() const { return permits_.waiting(); }
  Nowhere why_nowhere(const PlacementRequest& wanted) const;

  const ClusterView& cluster() const { return cluster_; }
  std::size_t waiting() const { return waiting_; }

 private:
  struct Waiter {
    PlacementRequest wanted;
    LimitedKeys keys;
    Millis since{};
    std::uint64_t turn = 0;    // among those of its priority
    std::uint64_t arrival = 0; // among those of its turn
  };
  static bool comes_first(const Waiter& one, const Waiter& other);
  /// Those that the same nodes and permits would do for, in the order in which they are served:
  /// where there is none for the first there is none for the others.
  using Queue = std::deque<Waiter>;
  using Wish = std::tuple<std::string, std::string, std::string, std::vector<std::string>,
                          LimitedKeys>; // role, kind, tool, labels, keys
  static Wish wish_of(const Waiter& waiter);
  /// Who has been given turns, of one priority.
  struct Turns {
    std::uint64_t served = 0;                  // of who was served last
    std::map<std::string, std::uint64_t> last; // that a team's waiters have, by team
  };
  using Placed = std::map<std::pair<RunId, std::string>, IncarnationId>;

  void wait(Waiter waiter);
  void stop_waiting(const Waiter& waiter);
  LimitedKeys keys_of(const PlacementRequest& wanted) const;
  bool may_start(const PlacementRequest& wanted) const;
  std::optional<Placement> choose_for(const Waiter& waiter) const;
  void book(const Waiter& waiter, const Placement& placement);
  struct First {
    std::map<Wish, Queue>::iterator queue;
    Placement placement;
  };
  std::optional<First> first_served();
  std::vector<const Waiter*> limited_waiters() const;
  void take_slots(NodeView& node);
  Contenders others_waiting() const;
  Placed::iterator forget_place(Placed::iterator place);
  NodeView* find(IncarnationId incarnation);
  void excuse_everybody(Millis now);

  Rules rules_;
  std::string me_;
  ClusterView cluster_;
  KeyedLimits limits_;
  PermitDesk permits_;
  bool lacks_slot_ = false;      // who could have had a permit when they were asked for
  Millis now_{};                 // when it was last told
  std::map<Wish, Queue> queues_; // none is empty
  std::uint64_t arrivals_ = 0;
  std::size_t waiting_ = 0;                 // steps, in all queues
  std::map<RunId, std::size_t> waiting_of_; // likewise, of the runs that have some there
  std::map<message::Priority, Turns> turns_;
  Placed placed_;                                    // steps, until they are released
  std::map<IncarnationId, std::uint32_t> placed_at_; // how many, where there are any
  SlotSharing sharing_;
  std::optional<Millis> swept_;
  std::optional<Millis> excused_; // since when everybody had the chance to be heard
  bool link_up_ = true;
};

} // namespace troupe::placement
