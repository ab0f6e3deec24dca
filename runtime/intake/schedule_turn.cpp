#include "runtime/intake/schedule_turn.hpp"

#include <algorithm>

#include "runtime/hash.hpp"
#include "runtime/intake_limits.hpp"

namespace troupe::intake {
namespace {

void act(std::vector<ScheduleAct>& acts, const config::Team& team, const config::Schedule& schedule,
         Instant seen, Instant now) {
  const auto due = due_times(schedule.cron, seen, now, schedule.catch_up);
  for (const auto at : due.times) acts.push_back(Firing{&team, &schedule, at});
  if (due.times.empty() && schedule.cron.next_after(seen) <= now)
    acts.push_back(LetGo{&team, &schedule, now});
}

} // namespace

ScheduleTurn take_turn(const std::vector<config::Team>& teams,
                       const std::vector<ports::ScheduleRow>& rows, Instant now) {
  ScheduleTurn turn;
  turn.next = now + limits::schedule_sweep_interval;
  for (const auto& team : teams)
    for (const auto& schedule : team.schedules) {
      const auto* row = row_of(rows, team, schedule);
      if (row == nullptr || row->timing != schedule.timing()) continue;
      turn.next = std::min(turn.next, schedule.cron.next_after(now));
      if (!row->paused_at) act(turn.acts, team, schedule, row->seen, now);
    }
  return turn;
}

std::vector<ports::DeclaredSchedule> declared(const config::Team& team) {
  std::vector<ports::DeclaredSchedule> out;
  for (const auto& schedule : team.schedules) out.push_back({schedule.id, schedule.timing()});
  return out;
}

Result<PreparedJob> prepare_due(const config::Team& team, const config::Schedule& schedule,
                                Instant due, Instant now, Entropy& entropy) {
  auto prepared = prepare_scheduled(team, schedule, due, now, entropy);
  if (!prepared) return prepared;
  auto& job = prepared->job;
  job.idempotency_key = "schedule:" + schedule.id + ':' + to_iso8601(due);
  job.request_digest = sha256_hex(job.idempotency_key); // also where its plan has changed meanwhile
  return prepared;
}

Result<PreparedJob> prepare_by_hand(const config::Team& team, const config::Schedule& schedule,
                                    std::string key, Instant now, Entropy& entropy) {
  auto prepared = prepare_scheduled(team, schedule, now, now, entropy);
  if (!prepared) return prepared;
  prepared->job.idempotency_key = std::move(key);
  prepared->job.request_digest = sha256_hex("schedule by hand:" + schedule.id);
  return prepared;
}

const ports::ScheduleRow* row_of(const std::vector<ports::ScheduleRow>& rows,
                                 const config::Team& team, const config::Schedule& schedule) {
  const auto found = std::ranges::find(rows, ports::ScheduleId{team.name, schedule.id},
                                       &ports::ScheduleRow::schedule);
  return found == rows.end() ? nullptr : &*found;
}

const config::Schedule* find_schedule(const config::Team& team, std::string_view id) {
  const auto found = std::ranges::find(team.schedules, id, &config::Schedule::id);
  return found == team.schedules.end() ? nullptr : &*found;
}

} // namespace troupe::intake
