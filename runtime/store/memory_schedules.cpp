// The part of MemoryDatabase that knows schedules.
#include <algorithm>

#include "runtime/store/memory_database.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

void MemoryDatabase::declare_schedules(const std::string& team,
                                       const std::vector<DeclaredSchedule>& declared, Instant now) {
  const std::lock_guard lock{mutex_};
  for (auto& [key, row] : schedules_) {
    const bool there = std::ranges::find(declared, key.id, &DeclaredSchedule::id) != declared.end();
    if (key.team == team && !there) row.timing.clear();
  }
  for (const auto& [id, timing] : declared) {
    const ScheduleId key{team, id};
    auto& row = schedules_.try_emplace(key, ScheduleRow{key, "", now}).first->second;
    if (row.timing != timing) row.seen = std::max(row.seen, now);
    row.timing = timing;
  }
}

std::vector<ScheduleRow> MemoryDatabase::list_schedules() {
  const std::lock_guard lock{mutex_};
  std::vector<ScheduleRow> rows;
  for (const auto& [key, row] : schedules_)
    if (!row.timing.empty()) rows.push_back(row);
  return rows;
}

Result<FireOutcome> MemoryDatabase::fire_schedule(const DueJob& due) {
  const std::lock_guard lock{mutex_};
  const auto found = schedules_.find(due.schedule);
  if (found == schedules_.end() || found->second.timing != due.timing) return FireOutcome::changed;
  auto& row = found->second;
  if (row.seen >= due.due)
    return row.last_job == due.job.id ? FireOutcome::started : FireOutcome::done;
  if (row.paused_at) return FireOutcome::paused;
  const auto last = row.last_job ? jobs_.find(*row.last_job) : jobs_.end();
  if (!due.overlap && last != jobs_.end() && last->second.row.state == RunState::running) {
    row.seen = due.due;
    row.note = "the job before it, " + to_string(*row.last_job) + ", was still running";
    return FireOutcome::overlapping;
  }
  if (!open_jobs_.has_room(due.job.lane())) return jobs_are_full(open_jobs_, due.job.lane());
  row.seen = due.due;
  if (keys_.contains({due.job.team, due.job.idempotency_key})) return FireOutcome::done;
  insert(due.job);
  row.last_due = due.due;
  row.last_job = due.job.id;
  row.note.clear();
  return FireOutcome::started;
}

void MemoryDatabase::let_schedule_go(const ScheduleId& schedule, const std::string& timing,
                                     Instant until, const std::string& note) {
  const std::lock_guard lock{mutex_};
  const auto found = schedules_.find(schedule);
  if (found == schedules_.end() || found->second.timing != timing) return;
  if (found->second.seen >= until) return;
  found->second.seen = until;
  found->second.note = storable(note);
}

Result<bool> MemoryDatabase::pause_schedule(const ScheduleId& schedule, const std::string& by,
                                            Instant now) {
  const std::lock_guard lock{mutex_};
  const auto found = schedules_.find(schedule);
  if (found == schedules_.end() || found->second.timing.empty()) return no_such_schedule(schedule);
  auto& row = found->second;
  if (row.paused_at) return false;
  row.paused_at = now;
  row.paused_by = storable(by);
  return true;
}

Result<bool> MemoryDatabase::resume_schedule(const ScheduleId& schedule, Instant now) {
  const std::lock_guard lock{mutex_};
  const auto found = schedules_.find(schedule);
  if (found == schedules_.end() || found->second.timing.empty()) return no_such_schedule(schedule);
  auto& row = found->second;
  if (!row.paused_at) return false;
  row.paused_at.reset();
  row.paused_by.clear();
  row.seen = std::max(row.seen, now);
  return true;
}

} // namespace troupe::store
