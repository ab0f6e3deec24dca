#include "runtime/supervision/kept_runs.hpp"

#include <algorithm>

#include "runtime/limits.hpp"

namespace troupe::supervision {
namespace {

constexpr std::size_t claim_at_once = 256;

} // namespace

void KeptRuns::attach(KeeperPort& port) {
  port_ = &port;
  claiming_ = false;
  wake_timer_ = {};    // timers went with the shell
  if (handing_over_) { // and so did the drivers
    drop_all();
    return handed_over();
  }
  for (const auto& [id, kept] : runs_) port_->start(kept.row);
}

void KeptRuns::owner_is(std::optional<IncarnationId> owner, Instant now) {
  if (owner_ != owner) {
    for (const auto& [id, kept] : runs_) port_->stop(id);
    drop_all();
    owner_ = owner;
    claiming_ = false;
    handed_over();
  }
  claim(now);
}

// ---- claiming

void KeptRuns::claim(Instant now) {
  if (!owner_ || draining_) return;
  claim_again_ = claiming_;
  if (claiming_) return;
  claiming_ = true;
  auto full = shares_.full();
  held_back_ = !full.empty();
  ended_ = 0;
  // One claim may take a lane that far beyond its share: so no more than half of what is free.
  asked_for_ = std::clamp(shares_.free() / 2, shares_.own_part(), claim_at_once);
  wake_timer_.claimed(now);
  port_->claim(*owner_, static_cast<std::uint32_t>(asked_for_), std::move(full));
}

void KeptRuns::claimed(const Result<std::vector<ports::RunRow>>& rows, Instant now) {
  claiming_ = false;
  all_claimed_ = rows && rows->size() < asked_for_;
  if (!rows || handing_over_) return; // free again when the node leaves
  for (const auto& row : *rows) {
    if (row.owner != owner_) continue;
    const auto known = runs_.find(row.id);
    if (known != runs_.end() && known->second.park == 0) continue;
    // It was parked and woken again before anybody heard of it: the answer comes too late.
    if (known != runs_.end()) port_->stop(row.id);
    keep(row);
    port_->start(row);
  }
  if (claim_again_ || rows->size() == asked_for_) return claim(now);
  port_->find_due(now + limits::wake_look_ahead);
}

bool Taker::has_room(const ports::Lane& lane) const {
  return std::ranges::find(full, lane) == full.end();
}

std::optional<IncarnationId> Taker::of(const ports::Lane& lane) const {
  return has_room(lane) ? owner : std::nullopt;
}

Taker KeptRuns::taker() const {
  const bool takes = all_claimed_ && !draining_;
  return {takes ? owner_ : std::nullopt, shares_.full()};
}

void KeptRuns::given(const ports::RunRow& row, ports::JournalRow first) {
  if (handing_over_ || row.owner != owner_) return; // free again when the node leaves
  if (has(row.id)) return;
  keep(row);
  port_->start_new(row, std::move(first));
}

void KeptRuns::due_found(const Result<std::optional<Instant>>& due) {
  if (due && *due) expect(**due);
}

void KeptRuns::expect(Instant due) {
  if (const auto at = wake_timer_.expect(due)) port_->ring_at(*at);
}

void KeptRuns::rang(Instant now) {
  if (wake_timer_.ring(now)) claim(now);
}

void KeptRuns::sweep(Instant now) {
  claim(now);
  if (owner_ && !runs_.empty()) port_->find_inboxes(*owner_);
}

void KeptRuns::inboxes_found(const Result<std::vector<RunId>>& runs) {
  if (!runs) return; // asked again by the next sweep
  for (const auto id : *runs) port_->wake(id);
}

// ---- parking

void KeptRuns::park(RunId run, std::optional<Instant> until) {
  const auto found = runs_.find(run);
  if (!owner_ || found == runs_.end()) return;
  found->second.park = ++last_park_;
  port_->park({run, last_park_, until}, *owner_);
}

KeptRuns::Kept* KeptRuns::parking(const ParkAsk& ask) {
  const auto found = runs_.find(ask.run);
  return found != runs_.end() && found->second.park == ask.number ? &found->second : nullptr;
}

void KeptRuns::park_again(const ParkAsk& ask) {
  if (owner_ && parking(ask) != nullptr) port_->park(ask, *owner_);
}

void KeptRuns::parked(const ParkAsk& ask, const Result<ports::ParkOutcome>& outcome, Instant now) {
  auto* kept = parking(ask);
  if (kept == nullptr) return;
  if (!outcome) return port_->park_later(ask); // it may be parked: ask until it is known
  if (*outcome == ports::ParkOutcome::inbox_waiting) {
    kept->park = 0;
    return port_->not_parked(ask.run);
  }
  port_->stop(ask.run);
  forget(ask.run, now);
  if (*outcome == ports::ParkOutcome::parked && ask.until &&
      *ask.until <= now + limits::wake_look_ahead)
    expect(*ask.until);
}

// ---- runs

KeptRuns::Kept& KeptRuns::keep(const ports::RunRow& row) {
  drop(row.id);
  shares_.take(row.lane);
  return runs_.emplace(row.id, Kept{row}).first->second;
}

void KeptRuns::drop(RunId run) {
  const auto found = runs_.find(run);
  if (found == runs_.end()) return;
  shares_.give_back(found->second.row.lane);
  runs_.erase(found);
}

void KeptRuns::drop_all() {
  runs_.clear();
  shares_.recount({});
}

void KeptRuns::forget(RunId run, Instant now) {
  drop(run);
  handed_over();
  if (held_back_ && ++ended_ >= asked_for_) claim(now);
}

void KeptRuns::left(RunId run, IncarnationId owner, RunExit exit, Instant now) {
  if (owner != owner_ || !has(run)) return;
  if (exit == RunExit::fold_again && !handing_over_) {
    crashed(run);
    return;
  }
  forget(run, now);
  if (exit == RunExit::ownership_lost) port_->release(run, owner);
}

Millis KeptRuns::crashed(RunId run) {
  const auto found = runs_.find(run);
  if (found == runs_.end()) return Millis{0};
  if (handing_over_) { // its next owner folds it
    drop(run);
    handed_over();
    return Millis{0};
  }
  const Millis wait{50 << std::min(++found->second.crashes, 8u)};
  port_->start_later(run, wait);
  return wait;
}

void KeptRuns::start_due(RunId run) {
  if (const auto found = runs_.find(run); found != runs_.end()) port_->start(found->second.row);
}

// ---- the end of the node

void KeptRuns::hand_over() {
  draining_ = handing_over_ = true;
  std::vector<RunId> undriven;
  for (const auto& [id, kept] : runs_)
    if (!port_->hand_over(id)) undriven.push_back(id);
  for (const auto id : undriven) drop(id);
  handed_over();
}

void KeptRuns::handed_over() {
  if (handing_over_ && runs_.empty()) port_->nothing_kept();
}

// ---- what is not here

message::Body answer_for_absent(const message::Body& question,
                                const std::optional<ports::RunRow>& row) {
  using namespace message;
  const bool over = !row || row->state != ports::RunState::running;
  if (std::holds_alternative<WhoIs>(question)) {
    if (row && row->owner) return Here{row->owner_node, *row->owner};
    return NotHere{over ? "the run is over" : "nobody owns the run now"};
  }
  if (!over) return NotHere{"this node does not own the run"};
  if (const auto* reserve = std::get_if<ActivityReserve>(&question))
    return ActivityDiscarded{reserve->key, "the run is over"};
  if (const auto* settle = std::get_if<ActivitySettle>(&question))
    return ActivityDiscarded{settle->key, "the run is over"};
  return TaskDiscarded{"the run is over"};
}

} // namespace troupe::supervision
