#include "runtime/placement/dispatch_queue.hpp"

#include <algorithm>
#include <utility>

#include "runtime/limits.hpp"

namespace troupe::placement {
namespace {

/// Sweeps further apart than this say that this process stood still.
constexpr Millis sweep_gap_max = 2 * limits::heartbeat_interval;
static_assert(sweep_gap_max < limits::lease_period);
static_assert(2 * limits::heartbeat_interval <= silence_asked &&
              silence_asked < limits::lease_period);

/// probe.http: probe/http.
std::string limit_key_of_tool(std::string tool) {
  std::replace(tool.begin(), tool.end(), '.', '/');
  return tool;
}

} // namespace

DispatchQueue::Heard DispatchQueue::hear(const std::string& from, const message::Body& body,
                                         Millis now) {
  Heard heard;
  now_ = now;
  const auto known = cluster_.find(from);
  if (const auto* beat = std::get_if<message::NodeHeartbeat>(&body)) {
    heard.joined = known == cluster_.end();
    if (const auto replaced = observe(cluster_, from, *beat, now)) {
      sharing_.forget(*replaced);
      heard.gone = Gone{from, *replaced, "started anew"};
    }
    take_slots(cluster_.find(from)->second);
    if (lacks_slot_) permits_.stir();
  } else if (const auto* left = std::get_if<message::NodeLeft>(&body)) {
    if (known == cluster_.end() || known->second.last.incarnation != left->incarnation)
      return heard;
    cluster_.erase(known);
    sharing_.forget(left->incarnation);
    heard.gone = Gone{from, left->incarnation, "left", true};
  } else if (const auto* draining = std::get_if<message::NodeDraining>(&body)) {
    if (auto* node = find(draining->incarnation)) node->last.draining = true;
  } else if (const auto* limited = std::get_if<message::NodeLimited>(&body)) {
    limits_.hear(*limited, now);
  }
  return heard;
}

std::optional<Placement> DispatchQueue::place(PlacementRequest wanted) {
  withdraw(wanted.run, wanted.step);
  Waiter waiter{std::move(wanted), {}, now_};
  waiter.keys = keys_of(waiter.wanted);
  if (auto placement = choose_for(waiter)) {
    book(waiter, *placement);
    return placement;
  }
  permits_.wait(waiter.keys);
  wait(std::move(waiter));
  return std::nullopt;
}

bool DispatchQueue::comes_first(const Waiter& one, const Waiter& other) {
  if (one.wanted.priority != other.wanted.priority)
    return one.wanted.priority > other.wanted.priority;
  return std::tie(one.turn, one.arrival) < std::tie(other.turn, other.arrival);
}

DispatchQueue::Wish DispatchQueue::wish_of(const Waiter& waiter) {
  const auto& wanted = waiter.wanted;
  return {wanted.role, wanted.kind, wanted.tool, wanted.labels, waiter.keys};
}

/// Fair queueing: each step of a team has a turn of its own, and a team that comes later begins
/// with the present one. However many wait of one team, another's next is served after one of them.
void DispatchQueue::wait(Waiter waiter) {
  if (waiting_ == 0) turns_.clear();
  auto& turns = turns_[waiter.wanted.priority];
  auto& last = turns.last[waiter.wanted.team];
  waiter.turn = last = std::max(last, turns.served) + 1;
  waiter.arrival = ++arrivals_;
  ++waiting_;
  ++waiting_of_[waiter.wanted.run];
  auto& queue = queues_[wish_of(waiter)];
  queue.insert(std::upper_bound(queue.begin(), queue.end(), waiter, comes_first),
               std::move(waiter));
}

void DispatchQueue::stop_waiting(const Waiter& waiter) {
  permits_.leave(waiter.keys);
  --waiting_;
  const auto of_run = waiting_of_.find(waiter.wanted.run);
  if (--of_run->second == 0) waiting_of_.erase(of_run);
}

void DispatchQueue::withdraw(RunId run, std::string_view step) {
  if (!waiting_of_.contains(run)) return; // many may wait, and of most runs nothing does
  for (auto queue = queues_.begin(); queue != queues_.end();) {
    std::erase_if(queue->second, [&](const auto& waiter) {
      const bool meant = waiter.wanted.run == run && (step.empty() || waiter.wanted.step == step);
      if (meant) stop_waiting(waiter);
      return meant;
    });
    queue = queue->second.empty() ? queues_.erase(queue) : std::next(queue);
  }
}

/// Whose first comes first of those that can be placed.
std::optional<DispatchQueue::First> DispatchQueue::first_served() {
  std::optional<First> first;
  for (auto queue = queues_.begin(); queue != queues_.end(); ++queue) {
    const auto& waiter = queue->second.front();
    if (first && !comes_first(waiter, first->queue->second.front())) continue;
    if (auto placement = choose_for(waiter)) first = First{queue, std::move(*placement)};
  }
  return first;
}

std::vector<Offer> DispatchQueue::serve() {
  std::vector<Offer> offers;
  const auto has_credit = [](const auto& node) { return node.second.credit > 0; };
  while (std::any_of(cluster_.begin(), cluster_.end(), has_credit)) {
    auto first = first_served();
    if (!first) break;
    auto& queue = first->queue->second;
    const auto waiter = std::move(queue.front());
    queue.pop_front();
    if (queue.empty()) queues_.erase(first->queue);
    stop_waiting(waiter);
    auto& served = turns_[waiter.wanted.priority].served;
    served = std::max(served, waiter.turn);
    book(waiter, first->placement);
    offers.push_back({waiter.wanted.run, std::move(first->placement)});
  }
  return offers;
}

Nowhere DispatchQueue::why_nowhere(const PlacementRequest& wanted) const {
  if (const auto left = limits_.left(wanted.role, now_))
    return {wanted.role + " is asked to pause, for the whole cluster; " + format_duration(*left) +
                " are left",
            true};
  if (const auto keys = keys_of(wanted); !permits_.has(keys) && choose(cluster_, wanted))
    return {permits_.why_not(keys), true};
  return {placement::why_nowhere(cluster_, wanted)};
}

bool DispatchQueue::may_start(const PlacementRequest& wanted) const {
  return link_up_ && !limits_.left(wanted.role, now_);
}

std::optional<Placement> DispatchQueue::choose_for(const Waiter& waiter) const {
  if (!may_start(waiter.wanted) || !permits_.has(waiter.keys)) return std::nullopt;
  return choose(cluster_, waiter.wanted);
}

void DispatchQueue::book(const Waiter& waiter, const Placement& placement) {
  --cluster_.find(placement.node)->second.credit;
  permits_.take(waiter.wanted.run, waiter.wanted.step, waiter.keys);
  forget_place(placed_.find({waiter.wanted.run, waiter.wanted.step}));
  placed_[{waiter.wanted.run, waiter.wanted.step}] = placement.incarnation;
  ++placed_at_[placement.incarnation];
}

// ---- what was placed

/// Those that its heartbeat says are free; it may have been sent before what was placed since had
/// arrived.
void DispatchQueue::take_slots(NodeView& node) {
  const auto slots = node.last.slots;
  const auto found = placed_at_.find(node.last.incarnation);
  const auto placed = found == placed_at_.end() ? 0 : std::min(found->second, slots);
  const auto free = std::min(node.credit, slots - placed);
  node.credit = sharing_.heard(node.last.incarnation, slots, free, placed, others_waiting());
}

Contenders DispatchQueue::others_waiting() const {
  Contenders others;
  for (const auto& [name, node] : cluster_) {
    if (name == me_ || node.last.steps_waiting == 0) continue;
    ++others.owners;
    others.steps += node.last.steps_waiting;
  }
  return others;
}

DispatchQueue::Placed::iterator DispatchQueue::forget_place(Placed::iterator place) {
  if (place == placed_.end()) return place;
  const auto at = placed_at_.find(place->second);
  if (--at->second == 0) placed_at_.erase(at);
  return placed_.erase(place);
}

void DispatchQueue::release(RunId run, const std::string& step) {
  permits_.release(run, step);
  forget_place(placed_.find({run, step}));
}

void DispatchQueue::release(RunId run) {
  permits_.release(run);
  for (auto place = placed_.lower_bound({run, ""});
       place != placed_.end() && place->first.first == run;)
    place = forget_place(place);
}

// ---- keyed limits

LimitedKeys DispatchQueue::keys_of(const PlacementRequest& wanted) const {
  if (permits_.rules().empty() || !rules_.permit_before_attempt) return {};
  auto keys = wanted.limits;
  keys.push_back("team/" + wanted.team);
  if (wanted.tool.empty())
    keys.push_back("role/" + wanted.role);
  else
    keys.push_back("tool/" + limit_key_of_tool(wanted.tool));
  return permits_.rules().counted_under(keys);
}

void DispatchQueue::count(const PlacementRequest& placed) {
  permits_.count(placed.run, placed.step, keys_of(placed));
}

/// In the order in which they are served.
std::vector<const DispatchQueue::Waiter*> DispatchQueue::limited_waiters() const {
  std::vector<const Waiter*> waiters;
  for (const auto& [wish, queue] : queues_)
    for (const auto& waiter : queue)
      if (!waiter.keys.empty()) waiters.push_back(&waiter);
  std::sort(waiters.begin(), waiters.end(),
            [](const auto* one, const auto* other) { return comes_first(*one, *other); });
  return waiters;
}

/// Each claim stands for a slot that a node has: what is granted can start.
ports::PermitAsk DispatchQueue::ask_permits(IncarnationId holder, Millis now) {
  auto asking = permits_.begin_ask(holder, now);
  lacks_slot_ = false;
  std::vector<NodeView*> lent;
  for (const auto* waiter : limited_waiters()) {
    const auto& [wanted, keys, since, turn, arrival] = *waiter;
    if (!may_start(wanted)) continue;
    if (asking.is_hopeless(keys, wanted.priority)) {
      asking.claim(keys, wanted.priority, now - since);
      continue;
    }
    const auto placement = choose(cluster_, wanted);
    lacks_slot_ = lacks_slot_ || !placement;
    if (!placement || !asking.claim(keys, wanted.priority, now - since)) continue;
    lent.push_back(&cluster_.find(placement->node)->second);
    --lent.back()->credit;
  }
  for (auto* node : lent) ++node->credit;
  return permits_.finish_ask(std::move(asking));
}

NodeView* DispatchQueue::find(IncarnationId incarnation) {
  for (auto& [name, node] : cluster_)
    if (node.last.incarnation == incarnation) return &node;
  return nullptr;
}

void DispatchQueue::give_back(IncarnationId incarnation) {
  if (auto* node = find(incarnation); node != nullptr && !sharing_.leaves(incarnation))
    node->credit = std::min(node->credit + 1, node->last.slots);
  if (lacks_slot_) permits_.stir();
}

void DispatchQueue::take_credit(IncarnationId incarnation) {
  if (auto* node = find(incarnation)) node->credit = 0;
}

void DispatchQueue::link_changed(bool up, Millis now) {
  link_up_ = up;
  if (up) excuse_everybody(now); // silence during the outage says nothing about the others
}

void DispatchQueue::excuse_everybody(Millis now) {
  for (auto& [name, node] : cluster_) node.seen = now;
  excused_ = now;
}

bool DispatchQueue::is_unheard_of(IncarnationId incarnation, Millis now) const {
  const bool stood_still = !swept_ || now - *swept_ > sweep_gap_max; // heartbeats wait unread
  if (!link_up_ || stood_still) return false;
  if (!excused_ || now - *excused_ <= limits::lease_period) return false;
  return std::none_of(cluster_.begin(), cluster_.end(), [&](const auto& known) {
    return known.second.last.incarnation == incarnation;
  });
}

std::vector<Gone> DispatchQueue::sweep(Millis now) {
  if (!swept_ || (now - *swept_ > sweep_gap_max && rules_.silence_without_gaps))
    excuse_everybody(now);
  swept_ = now_ = now;
  limits_.expire(now);
  std::vector<Gone> gone;
  if (!link_up_) return gone;
  for (const auto& node : remove_silent(cluster_, now))
    gone.push_back({node.name, node.last.incarnation, "silent for the lease period"});
  for (const auto& node : gone) sharing_.forget(node.incarnation);
  return gone;
}

std::vector<IncarnationId> DispatchQueue::fallen_silent(Millis now) {
  std::vector<IncarnationId> silent;
  if (!link_up_) return silent;
  for (auto& [name, node] : cluster_) {
    const bool excused = excused_ && node.seen <= *excused_; // it may still be on its way back
    if (!excused && now - node.seen > silence_asked && !std::exchange(node.asked, true))
      silent.push_back(node.last.incarnation);
  }
  return silent;
}

} // namespace troupe::placement
