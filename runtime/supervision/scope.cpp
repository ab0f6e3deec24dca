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

/// Names of enclosing foreachs and repeats; the innermost `index` wins.
void bind_instances(const RunState& run, StepIndex group, json::object& roots) {
  for (StepIndex at = group; at != root_index; at = run.steps[at].parent) {
    const StepState& body = run.steps[at];
    const StepState& around = run.steps[body.parent];
    const auto* foreach = std::get_if<plan::Foreach>(&around.node->kind);
    const bool instance =
        foreach != nullptr || std::holds_alternative<plan::Repeat>(around.node->kind);
    if (!instance) continue;
    if (!roots.contains("index")) roots["index"] = body.instance;
    if (foreach == nullptr) continue;
    if (const auto* item = around.item(body.instance)) roots[foreach->as] = parse(*item);
  }
}

/// Of an undo: what its step was given, and what it gave.
json::object self_root(const StepState& step) {
  json::object self;
  const json::value task = step.attempts.empty() ? json::value{} : parse(step.attempts.back().task);
  const auto* with = task.is_object() ? task.get_object().if_contains("with") : nullptr;
  const bool called = std::holds_alternative<plan::ToolStep>(step.node->kind);
  self["with"] = called && with != nullptr ? *with : task;
  self["task"] = task;
  self["output"] = step.completed_order > 0 ? parse(step.output) : json::value{};
  return self;
}

} // namespace

plan::Scope make_scope(const RunState& run, StepIndex group, const Paths& paths) {
  json::object steps;
  bool signals = false;
  for (const auto& path : paths) {
    if (!path.empty() && path[0] == "signals") signals = true;
    if (path.size() < 2 || path[0] != "steps" || steps.contains(path[1])) continue;
    if (const auto found = run.resolve(group, path[1]))
      steps[path[1]] = step_root(run.steps[*found]);
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
  bind_instances(run, group, roots);
  return plan::Scope{JsonText{json::serialize(roots)}};
}

plan::Scope scope_of(const RunState& run, const StepState& step, const Paths& paths) {
  plan::Scope scope = make_scope(run, step.parent, paths);
  if (step.undoes) scope.set("self", JsonText{json::serialize(self_root(run.steps[*step.undoes]))});
  return scope;
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
