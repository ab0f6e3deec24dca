// What the schedules of a node's teams ask for at a moment. Pure.
#pragma once
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/intake/new_job.hpp"
#include "runtime/ports/schedules.hpp"

namespace troupe::intake {

struct Firing { // a job is to be made for this time
  const config::Team* team;
  const config::Schedule* schedule;
  Instant due;
};
struct LetGo { // times were missed, and the schedule's policy makes none of them good
  const config::Team* team;
  const config::Schedule* schedule;
  Instant until;
};
using ScheduleAct = std::variant<Firing, LetGo>;

struct ScheduleTurn {
  std::vector<ScheduleAct> acts; // in this order; they point into the teams
  Instant next{};                // when to look again
};

/// `rows` as the store has them. A schedule that it does not know, or knows with another timing, is
/// another node's, whose file is newer. `next` is limits::schedule_sweep_interval away at most, and
/// no later than the next due time of any schedule, paused or not: it may be resumed elsewhere.
ScheduleTurn take_turn(const std::vector<config::Team>& teams,
                       const std::vector<ports::ScheduleRow>& rows, Instant now);

/// What the store is told of a team.
std::vector<ports::DeclaredSchedule> declared(const config::Team& team);

/// The job of a due time. Its idempotency key names both, so that it is the same job whoever makes
/// it. invalid_input: the inputs do not fit the plan.
Result<PreparedJob> prepare_due(const config::Team& team, const config::Schedule& schedule,
                                Instant due, Instant now, Entropy& entropy);
/// A job that somebody asks for beside the due times. `key`: theirs, or empty.
Result<PreparedJob> prepare_by_hand(const config::Team& team, const config::Schedule& schedule,
                                    std::string key, Instant now, Entropy& entropy);

/// What the store knows of it, whatever its timing there; null: nothing.
const ports::ScheduleRow* row_of(const std::vector<ports::ScheduleRow>& rows,
                                 const config::Team& team, const config::Schedule& schedule);

const config::Schedule* find_schedule(const config::Team& team, std::string_view id);

} // namespace troupe::intake
