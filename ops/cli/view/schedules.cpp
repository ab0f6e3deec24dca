#include "ops/cli/view/schedules.hpp"

#include <boost/json.hpp>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/table.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

Cell next_cell(const json::value& schedule, Instant now) {
  if (truth(schedule, "paused")) return {"paused", Tint::yellow};
  const auto next = instant(schedule, "next");
  return next ? Cell{"in " + brief(*next - now)} : Cell{"never", Tint::red};
}

Cell last_cell(const json::value& schedule, Instant now) {
  const auto last = instant(schedule, "last_due");
  return {last ? brief(now - *last) + " ago" : "", Tint::dim};
}

} // namespace

std::string render_schedules(const json::value& answer, const Style& style, Instant now) {
  std::vector<std::vector<Cell>> rows;
  for (const json::value& schedule : list(answer, "schedules")) {
    const std::string note = text(schedule, "note"); // matters more than the job before it
    rows.push_back({{text(schedule, "id")},
                    {text(schedule, "team")},
                    {text(schedule, "cron")},
                    {text(schedule, "zone")},
                    next_cell(schedule, now),
                    {text(schedule, "plan")},
                    last_cell(schedule, now),
                    {note.empty() ? text(schedule, "last_job") : note,
                     note.empty() ? Tint::dim : Tint::yellow}});
  }
  return render_table({"SCHEDULE", "TEAM", "CRON", "ZONE", "NEXT", "PLAN", "LAST", "JOB"}, rows,
                      style, "no schedules; they stand in the `schedules` of a team's file");
}

std::string render_next_times(const json::value& answer, const Style& style) {
  std::vector<std::vector<Cell>> rows;
  for (const json::value& time : list(answer, "times"))
    rows.push_back({{text(time, "at")},
                    {text(time, "local"), Tint::dim},
                    {text(time, "id")},
                    {text(time, "team"), Tint::dim}});
  return render_table({"DUE", "LOCAL", "SCHEDULE", "TEAM"}, rows, style,
                      "nothing is due: there are no schedules, or they are paused");
}

} // namespace troupe::view
