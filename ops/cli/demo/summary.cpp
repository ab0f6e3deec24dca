#include "ops/cli/demo/summary.hpp"

#include <boost/json.hpp>

#include "ops/cli/demo/run_facts.hpp"
#include "ops/cli/view/json_reading.hpp"

namespace troupe::demo {

namespace json = boost::json;

namespace {

/// From the alert until the patient was verified, or until a person had the report.
Millis to_end(const Scenario& scenario, const json::value& run, const Times& times) {
  auto end = scenario.heals ? verified_at(run) : view::instant(run, "finished_at");
  return end.value_or(Instant{}) - times.alert;
}

} // namespace

std::string describe_times(const Scenario& scenario, const json::value& run, const Times& times) {
  return std::string{"From alert to "} + (scenario.heals ? "verified" : "report") + " in " +
         view::brief(to_end(scenario, run, times)) + "; from alert to job in " +
         view::brief(times.job - times.alert) + ".";
}

json::object summarise(const Scenario& scenario, const json::value& run, const Times& times,
                       std::size_t nodes) {
  Counts counts = count(run);
  json::object summary{{"healed", scenario.heals}};
  if (!scenario.heals)
    summary["needs_person"] = view::member(view::member(run, "output"), "needs_person");
  summary["alert_to_job_ms"] = (times.job - times.alert).count();
  summary[scenario.heals ? "alert_to_verified_ms" : "alert_to_report_ms"] =
      to_end(scenario, run, times).count();
  summary["steps"] = counts.steps;
  summary["attempts"] = counts.attempts;
  summary["nodes"] = nodes;
  return summary;
}

} // namespace troupe::demo
