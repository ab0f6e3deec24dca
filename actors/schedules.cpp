#include "actors/schedules.hpp"

#include <algorithm>

#include "actors/protocol.hpp"
#include "runtime/intake/schedule_turn.hpp"
#include "runtime/intake/schedule_view.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {

using intake::ScheduleChoice;

namespace {

using Rows = std::vector<ports::ScheduleRow>;

/// Answers with `view` of what the store knows.
template <class View>
void look(const Context& context, ports::ScheduleId choice, OperationDone<JsonText> done,
          View view) {
  context->schedules->list(
      [context, choice = std::move(choice), done = std::move(done), view](Result<Rows> rows) {
        if (!rows) return done(rows.error());
        done(view(context->teams, *rows, ScheduleChoice{choice.team, choice.id}, context->now()));
      });
}

struct Found {
  const config::Team* team = nullptr;
  const config::Schedule* schedule = nullptr; // null: none
};

Found find(const Context& context, const ports::ScheduleId& id) {
  for (const auto& team : context->teams)
    if (team.name == id.team) return {&team, intake::find_schedule(team, id.id)};
  return {};
}

} // namespace

void list_schedules(const Context& context, ports::ScheduleId choice,
                    OperationDone<JsonText> done) {
  look(context, std::move(choice), std::move(done), intake::view_schedules);
}

void show_schedule(const Context& context, ports::ScheduleId id, OperationDone<JsonText> done) {
  look(context, std::move(id), std::move(done), intake::view_schedule);
}

void list_next_times(const Context& context, ports::ScheduleId choice, std::size_t limit,
                     OperationDone<JsonText> done) {
  look(context, std::move(choice), std::move(done),
       [limit](const auto& teams, const auto& rows, const auto& chosen, Instant now) {
         return intake::view_next_times(teams, rows, chosen, limit, now);
       });
}

void pause_schedule(const Context& context, ports::ScheduleId id, bool pause, std::string by,
                    OperationDone<std::optional<bool>> done) {
  if (find(context, id).schedule == nullptr) return done(std::optional<bool>{});
  auto changed = [context, id, pause, by, done = std::move(done)](Result<bool> answer) {
    if (!answer) return done(answer.error());
    if (*answer)
      log::info(pause ? "schedule.paused" : "schedule.resumed",
                {{"actor", "operations"}, {"team", id.team}, {"schedule", id.id}, {"by", by}});
    context->actors->tell("scheduler", ClaimNow{});
    done(std::optional{*answer});
  };
  if (pause)
    context->schedules->pause(id, by, context->now(), std::move(changed));
  else
    context->schedules->resume(id, context->now(), std::move(changed));
}

void run_schedule(const Context& context, const ports::ScheduleId& id, std::string key,
                  OperationDone<std::optional<ports::Submitted>> done) {
  const auto [team, schedule] = find(context, id);
  if (schedule == nullptr) return done(std::optional<ports::Submitted>{});
  SystemEntropy entropy;
  auto prepared =
      intake::prepare_by_hand(*team, *schedule, std::move(key), context->now(), entropy);
  if (!prepared) return done(prepared.error());
  context->jobs->put_document(
      prepared->bundle->hash, "bundle", prepared->bundle->body,
      [context, done = std::move(done), job = std::move(prepared->job)](Result<> stored) {
        if (!stored) return done(stored.error());
        context->jobs->submit(job, [context, done](Result<ports::Submitted> submitted) {
          if (!submitted) return done(submitted.error());
          context->actors->tell("orchestrator", ClaimNow{});
          done(std::optional{*submitted});
        });
      });
}

} // namespace troupe::actors
