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

} // namespace

DispatchQueue::Heard DispatchQueue::hear(const std::string& from, const message::Body& body,
                                         Millis now) {
  Heard heard;
  now_ = now;
  const auto known = cluster_.find(from);
  if (const auto* beat = std::get_if<message::NodeHeartbeat>(&body)) {
    heard.joined = known == cluster_.end();
    if (const auto replaced = observe(cluster_, from, *beat, now))
      heard.gone = Gone{from, *replaced, "started anew"};
  } else if (const auto* left = std::get_if<message::NodeLeft>(&body)) {
    if (known == cluster_.end() || known->second.last.incarnation != left->incarnation)
      return heard;
    cluster_.erase(known);
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
  if (auto placement = take(wanted)) return placement;
  const auto later = std::find_if(waiters_.begin(), waiters_.end(), [&](const auto& other) {
    return other.priority < wanted.priority;
  });
  waiters_.insert(later, std::move(wanted));
  return std::nullopt;
}

void DispatchQueue::withdraw(RunId run, std::string_view step) {
  std::erase_if(waiters_, [&](const auto& waiter) {
    return waiter.run == run && (step.empty() || waiter.step == step);
  });
}

std::vector<Offer> DispatchQueue::serve() {
  std::vector<Offer> offers;
  std::erase_if(waiters_, [&](const auto& waiter) {
    auto placement = take(waiter);
    if (placement) offers.push_back({waiter.run, std::move(*placement)});
    return placement.has_value();
  });
  return offers;
}

std::string DispatchQueue::why_nowhere(const PlacementRequest& wanted) const {
  if (const auto left = limits_.left(wanted.role, now_))
    return wanted.role + " is asked to pause, for the whole cluster; " + format_duration(*left) +
           " are left";
  return placement::why_nowhere(cluster_, wanted);
}

std::optional<Placement> DispatchQueue::take(const PlacementRequest& wanted) {
  if (!link_up_) return std::nullopt;
  if (limits_.left(wanted.role, now_)) return std::nullopt;
  auto placement = choose(cluster_, wanted);
  if (placement) --cluster_.find(placement->node)->second.credit;
  return placement;
}

NodeView* DispatchQueue::find(IncarnationId incarnation) {
  for (auto& [name, node] : cluster_)
    if (node.last.incarnation == incarnation) return &node;
  return nullptr;
}

void DispatchQueue::give_back(IncarnationId incarnation) {
  if (auto* node = find(incarnation)) node->credit = std::min(node->credit + 1, node->last.slots);
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
