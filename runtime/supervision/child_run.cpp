#include "runtime/supervision/child_run.hpp"

#include <boost/json.hpp>

#include "runtime/json_value.hpp"

namespace troupe::supervision {
namespace {

ports::InboxRow row(std::string id, std::string kind, const boost::json::object& body, Instant at) {
  return {std::move(id), std::move(kind), JsonText{boost::json::serialize(body)}, at};
}

} // namespace

ports::InboxRow inbox_row(const CancelChildRun& cancel, Instant at) {
  return row(cancel.id, "cancel", {{"reason", cancel.reason}}, at);
}

ports::InboxRow inbox_row(RunId child, const TellParent& end, Instant at) {
  return row("child:" + to_string(child), "child",
             {{"run", to_string(child)},
              {"state", ports::to_string(end.state)},
              {"reason", end.reason},
              {"output", read_json(end.output.text).value_or(nullptr)},
              {"retries", end.retries}},
             at);
}

ChildReported report_of(const RunState& ended) {
  const auto& end = *ended.finished;
  return {ended.id, end.state, end.reason, end.output, ended.steps[root_index].group.retries};
}

std::optional<StartChildRun> start_of(const RunState& run, RunId child) {
  for (const auto& step : run.steps)
    if (step.child && step.child->run == child) return StartChildRun{step.path, *step.child};
  return std::nullopt;
}

} // namespace troupe::supervision
