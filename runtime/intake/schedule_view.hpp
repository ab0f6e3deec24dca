// Schedules as people and programs see them. Pure.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/json_text.hpp"
#include "runtime/ports/schedules.hpp"

namespace troupe::intake {

/// What of the schedules is wanted; empty: every one.
struct ScheduleChoice {
  std::string_view team{}, id{};
  bool takes(const config::Team& of, const config::Schedule& schedule) const {
    return (team.empty() || team == of.name) && (id.empty() || id == schedule.id);
  }
};

/// {"schedules":[{"team","id","cron","zone","plan","title","priority","inputs","missed","grace_ms",
/// "overlap","labels","paused","paused_at","paused_by","last_due","last_job","note","next"}]}.
/// `next` is null where it is paused. "declared": false where a newer file than this node's is in
/// force.
JsonText view_schedules(const std::vector<config::Team>& teams,
                        const std::vector<ports::ScheduleRow>& rows, const ScheduleChoice& choice,
                        Instant now);
/// One of them alone; null if this node's teams have no such schedule.
JsonText view_schedule(const std::vector<config::Team>& teams,
                       const std::vector<ports::ScheduleRow>& rows, const ScheduleChoice& choice,
                       Instant now);

/// {"times":[{"team","id","at","local"}]}: the first `limit` due times after `now`, in order;
/// `local` is the time in the schedule's zone. Paused schedules have none.
JsonText view_next_times(const std::vector<config::Team>& teams,
                         const std::vector<ports::ScheduleRow>& rows, const ScheduleChoice& choice,
                         std::size_t limit, Instant now);

} // namespace troupe::intake
