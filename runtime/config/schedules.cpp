#include "runtime/config/schedules.hpp"

#include <algorithm>

#include "runtime/config/job_template.hpp"
#include "runtime/config/syntax.hpp"
#include "runtime/intake_limits.hpp"
#include "runtime/plan/fields.hpp"

namespace troupe::config {
namespace {

using intake::Missed;
using plan::Fault;
using plan::Fields;
using plan::SourceNode;

const TemplateRoots roots{
    {"schedule"},
    "start from `schedule`: schedule.due (when it is due, in UTC), schedule.id, schedule.team"};

/// The expression is judged by itself first, so that each fault stands where it belongs.
void read_cron(Fields& fields, Schedule& schedule) {
  schedule.zone = fields.filled_text("zone").value_or(schedule.zone);
  fields.require("cron", "say when: `cron: \"0 3 * * *\"` is every day at three");
  schedule.expression = fields.filled_text("cron").value_or("");
  if (schedule.expression.empty()) return;
  if (const auto plain = intake::Cron::parse(schedule.expression, "UTC"); !plain)
    return fields.fault(fields.find("cron")->place, plain.error().message);
  auto cron = intake::Cron::parse(schedule.expression, schedule.zone);
  if (!cron) return fields.fault(fields.find("zone")->place, cron.error().message);
  schedule.cron = *std::move(cron);
}

void read_policies(Fields& fields, Schedule& schedule) {
  const std::vector<std::pair<std::string, Missed>> missed{
      {"skip", Missed::skip}, {"once", Missed::once}, {"all", Missed::all}};
  const std::vector<std::pair<std::string, bool>> overlaps{{"allow", true}, {"skip", false}};
  schedule.catch_up.missed = fields.choice("missed", missed).value_or(schedule.catch_up.missed);
  schedule.catch_up.grace = fields.duration("grace").value_or(schedule.catch_up.grace);
  schedule.overlap = fields.choice("overlap", overlaps).value_or(schedule.overlap);
}

void read_id(Fields& fields, Schedule& schedule, const std::vector<Schedule>& before) {
  if (!fields.require("id", "give it a name: `id: nightly`")) return;
  schedule.id = fields.text("id").value_or("");
  const auto& place = fields.find("id")->place;
  if (!is_node_name(schedule.id))
    fields.fault(place,
                 "the id of a schedule must be letters, digits, `_` and `-` (64 at most, a "
                 "letter or digit first); not `" +
                     schedule.id + "`");
  else if (std::ranges::find(before, schedule.id, &Schedule::id) != before.end())
    fields.fault(place,
                 "there is another schedule `" + schedule.id + "`; give this one an id of its own");
}

} // namespace

std::vector<Schedule> read_schedules(const SourceNode& list, const std::vector<std::string>& named,
                                     const std::map<std::string, NamedPlan>& plans,
                                     std::vector<Fault>& faults) {
  std::vector<Schedule> schedules;
  if (list.items.size() > limits::schedules_per_team_max)
    faults.push_back({list.place, "there are " + std::to_string(list.items.size()) +
                                      " schedules; at most " +
                                      std::to_string(limits::schedules_per_team_max)});
  for (const auto& item : list.items) {
    Fields fields{item, "a schedule", faults};
    Schedule schedule;
    read_id(fields, schedule, schedules);
    read_cron(fields, schedule);
    schedule.title = fields.text("title").value_or("");
    read_policies(fields, schedule);
    read_job_template(fields, roots, named, plans, faults, schedule);
    fields.refuse_unknown();
    schedules.push_back(std::move(schedule));
  }
  return schedules;
}

} // namespace troupe::config
