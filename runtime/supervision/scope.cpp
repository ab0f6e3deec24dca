#include "runtime/supervision/scope.hpp"

#include <boost/json.hpp>
#include <set>

#include "runtime/json_value.hpp"

namespace troupe::supervision {
namespace {

namespace json = boost::json;

json::value parse(const JsonText& text) {
  auto value = read_json(text.text);
  return value ? std::move(*value) : json::value{};
}

json::object signals_of(const RunState& run) { // the latest body of each name
  json::object out;
  for (const auto& signal : run.signals) out[signal.name] = parse(signal.body);
  for (const auto* name : {"firing", "resolved"})
    if (!out.contains(name)) out[name] = nullptr;
  return out;
}

json::object step_root(const StepState& step) {
  json::object out;
  out["state"] = to_string(step.phase);
  out["output"] = step.phase == StepPhase::completed ? parse(step.output) : json::value{};
  json::object error;
  error["class"] = step.error ? json::value(to_string(step.error->error_class)) : json::value{};
  error["message"] = step.error ? json::value(step.error->message) : json::value{};
  out["error"] = std::move(error);
  return out;
}

json::array timeline(const RunState& run) {
  constexpr std::size_t rows_max = 200;
  json::array rows;
  for (const auto& step : run.steps) {
    if (step.path.empty() || rows.size() == rows_max) continue;
    json::object row;
    row["step"] = step.path;
    row["state"] = to_string(step.phase);
    row["attempts"] = step.attempts.size();
    if (!step.attempts.empty()) row["node"] = step.attempts.back().node;
    if (step.started_at) row["started_at"] = to_iso8601(*step.started_at);
    if (step.finished_at) row["finished_at"] = to_iso8601(*step.finished_at);
    if (step.error) {
      std::string text{to_string(step.error->error_class)};
      row["error"] = text.append(": ").append(step.error->message);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

} // namespace

plan::Scope make_scope(const RunState& run, const Paths& paths) {
  json::object steps;
  bool signals = false;
  for (const auto& path : paths) {
    if (!path.empty() && path[0] == "signals") signals = true;
    if (path.size() < 2 || path[0] != "steps" || steps.contains(path[1])) continue;
    if (const auto found = run.by_id.find(path[1]); found != run.by_id.end())
      steps[path[1]] = step_root(run.steps[found->second]);
  }
  json::object roots;
  roots["inputs"] = parse(run.created.inputs);
  roots["run"] = {{"id", to_string(run.id)}};
  roots["steps"] = std::move(steps);
  json::object signal_root = signals ? signals_of(run) : json::object{};
  for (const auto& path : paths) // a signal that never came is null, not missing
    if (path.size() > 1 && path[0] == "signals" && !signal_root.contains(path[1]))
      signal_root[path[1]] = nullptr;
  roots["signals"] = std::move(signal_root);
  return plan::Scope{JsonText{json::serialize(roots)}};
}

JsonText make_context(const RunState& run, const StepState& step) {
  json::object context;
  context["job"] = {
      {"id", to_string(run.created.job)}, {"title", run.created.title}, {"team", run.created.team}};
  context["run"] = {{"id", to_string(run.id)}, {"plan", run.created.plan}};
  context["inputs"] = parse(run.created.inputs);
  context["signals"] = signals_of(run);
  if (step.node->always) {
    context["timeline"] = timeline(run);
    context["created_at"] = to_iso8601(run.created_at);
  }
  return JsonText{json::serialize(context)};
}

} // namespace troupe::supervision
