#include "runtime/intake/schedule_view.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/intake/schedule_turn.hpp"
#include "runtime/json_value.hpp"

namespace troupe::intake {

namespace json = boost::json;

namespace {

std::string_view word(Missed missed) {
  switch (missed) {
    case Missed::skip: return "skip";
    case Missed::once: return "once";
    case Missed::all: return "all";
  }
  return "";
}

json::value time_or_null(const std::optional<Instant>& at) {
  return at ? json::value(to_iso8601(*at)) : json::value(nullptr);
}

json::object object_of(const config::Team& team, const config::Schedule& schedule,
                       const ports::ScheduleRow* row, Instant now) {
  json::object out{{"team", team.name},
                   {"id", schedule.id},
                   {"cron", schedule.expression},
                   {"zone", schedule.zone},
                   {"plan", schedule.plan},
                   {"title", schedule.title},
                   {"priority", message::to_string(schedule.priority)},
                   {"inputs", read_json(schedule.inputs.value.text).value_or(nullptr)},
                   {"missed", word(schedule.catch_up.missed)},
                   {"grace_ms", schedule.catch_up.grace.count()},
                   {"overlap", schedule.overlap ? "allow" : "skip"}};
  json::object labels;
  for (const auto& [name, text] : schedule.labels)
    labels[name] = read_json(text.value.text).value_or(nullptr);
  out["labels"] = std::move(labels);
  const ports::ScheduleRow nothing;
  const bool declared = row != nullptr && row->timing == schedule.timing();
  if (row == nullptr) row = &nothing;
  out["declared"] = declared;
  out["paused"] = row->paused_at.has_value();
  out["paused_at"] = time_or_null(row->paused_at);
  out["paused_by"] = row->paused_by;
  out["last_due"] = time_or_null(row->last_due);
  out["last_job"] = row->last_job ? json::value(to_string(*row->last_job)) : json::value(nullptr);
  out["note"] = row->note;
  const bool comes = declared && !row->paused_at;
  out["next"] =
      comes ? json::value(to_iso8601(schedule.cron.next_after(now))) : json::value(nullptr);
  return out;
}

json::array objects_of(const std::vector<config::Team>& teams,
                       const std::vector<ports::ScheduleRow>& rows, const ScheduleChoice& choice,
                       Instant now) {
  json::array out;
  for (const auto& team : teams)
    for (const auto& schedule : team.schedules)
      if (choice.takes(team, schedule))
        out.emplace_back(object_of(team, schedule, row_of(rows, team, schedule), now));
  return out;
}

struct Coming {
  Instant at;
  const config::Team* team;
  const config::Schedule* schedule;
};

} // namespace

JsonText view_schedules(const std::vector<config::Team>& teams,
                        const std::vector<ports::ScheduleRow>& rows, const ScheduleChoice& choice,
                        Instant now) {
  return JsonText{
      json::serialize(json::object{{"schedules", objects_of(teams, rows, choice, now)}})};
}

JsonText view_schedule(const std::vector<config::Team>& teams,
                       const std::vector<ports::ScheduleRow>& rows, const ScheduleChoice& choice,
                       Instant now) {
  const auto found = objects_of(teams, rows, choice, now);
  return found.empty() ? JsonText{} : JsonText{json::serialize(found.front())};
}

JsonText view_next_times(const std::vector<config::Team>& teams,
                         const std::vector<ports::ScheduleRow>& rows, const ScheduleChoice& choice,
                         std::size_t limit, Instant now) {
  std::vector<Coming> coming; // the next time of each
  for (const auto& team : teams)
    for (const auto& schedule : team.schedules) {
      const auto* row = row_of(rows, team, schedule);
      if (row == nullptr || row->paused_at || row->timing != schedule.timing()) continue;
      if (choice.takes(team, schedule))
        coming.push_back({schedule.cron.next_after(now), &team, &schedule});
    }
  json::array times;
  while (!coming.empty() && times.size() < limit) {
    auto& first = *std::ranges::min_element(coming, {}, &Coming::at);
    times.push_back({{"team", first.team->name},
                     {"id", first.schedule->id},
                     {"at", to_iso8601(first.at)},
                     {"local", first.schedule->cron.local(first.at)}});
    first.at = first.schedule->cron.next_after(first.at);
  }
  return JsonText{json::serialize(json::object{{"times", std::move(times)}})};
}

} // namespace troupe::intake
