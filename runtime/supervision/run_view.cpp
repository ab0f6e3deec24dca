#include "runtime/supervision/run_view.hpp"

#include <boost/json.hpp>

#include "runtime/json_value.hpp"

namespace troupe::supervision {
namespace {

namespace json = boost::json;

json::value parse(const JsonText& text) {
  auto value = read_json(text.text);
  return value ? std::move(*value) : json::value{};
}

json::value view(const std::optional<Instant>& at) {
  return at ? json::value(to_iso8601(*at)) : json::value{};
}

json::value view(const std::optional<Error>& error) {
  if (!error) return nullptr;
  return json::object{{"class", to_string(error->error_class)}, {"message", error->message}};
}

json::object view(const Attempt& attempt) {
  return {{"number", attempt.number},           {"iteration", attempt.iteration},
          {"state", to_string(attempt.state)},  {"node", attempt.node},
          {"resumed", attempt.resumed},         {"assigned_at", to_iso8601(attempt.assigned_at)},
          {"ended_at", view(attempt.ended_at)}, {"task", parse(attempt.task)},
          {"error", view(attempt.error)}};
}

json::object view(const LedgerEntry& entry) {
  constexpr std::string_view states[] = {"recorded", "reserved", "settled", "unknown"};
  return {{"tool", entry.key.tool},
          {"ordinal", entry.key.ordinal},
          {"undo", entry.key.undo},
          {"iteration", entry.iteration},
          {"attempt", entry.attempt},
          {"state", states[static_cast<std::size_t>(entry.state)]},
          {"effect", entry.effect.empty() ? "pure" : entry.effect},
          {"arguments", parse(entry.arguments)},
          {"output", parse(entry.outcome.output)},
          {"error", view(entry.outcome.error)},
          {"at", to_iso8601(entry.at)},
          {"duration_ms", entry.duration_ms}};
}

std::string_view state_of(const RunState& run, const StepState& step) {
  // What stands below a group that never started, or ended early, did not happen either.
  if (step.phase == StepPhase::pending)
    for (const StepState* above = &step; !above->path.empty();) {
      above = &run.steps[above->parent];
      if (above->phase == StepPhase::skipped || above->phase == StepPhase::blocked)
        return to_string(above->phase);
    }
  if (step.node->is_group() && step.phase == StepPhase::ready) return "running";
  return to_string(step.phase);
}

std::string waiting_reason(const StepState& step) {
  if (step.node->is_group()) return {};
  if (step.phase == StepPhase::ready)
    return "waits for a node that takes role " + plan::role_of(*step.node);
  if (step.phase == StepPhase::waiting && step.retry_at)
    return "next try at " + to_iso8601(*step.retry_at);
  return {};
}

json::object view_step(const RunState& run, StepIndex index) {
  const StepState& step = run.steps[index];
  json::array needs;
  for (const auto& need : step.node->needs) needs.emplace_back(need);
  json::object out{{"id", step.node->id},
                   {"path", step.path},
                   {"kind", plan::kind_name(step.node->kind)},
                   {"state", state_of(run, step)},
                   {"needs", std::move(needs)},
                   {"always", step.node->always},
                   {"iteration", step.iteration},
                   {"started_at", view(step.started_at)},
                   {"finished_at", view(step.finished_at)},
                   {"output", parse(step.output)},
                   {"error", view(step.error)}};
  if (step.node->is_group()) {
    json::array children;
    for (const auto child : step.children) children.push_back(view_step(run, child));
    out["children"] = std::move(children);
    return out;
  }
  json::array attempts, activities;
  for (const auto& attempt : step.attempts) attempts.push_back(view(attempt));
  for (const auto& entry : step.ledger.entries()) activities.push_back(view(entry));
  out["role"] = plan::role_of(*step.node);
  out["retry_at"] = view(step.retry_at);
  out["waiting"] = waiting_reason(step);
  out["attempts"] = std::move(attempts);
  out["activities"] = std::move(activities);
  return out;
}

/// An event as one flat object: the key of an activity is spelled out.
json::object flatten(const json::object& event) {
  json::object flat;
  for (const auto& member : event) {
    if (member.key() != "key" && member.key() != "activity") {
      flat[member.key()] = member.value();
      continue;
    }
    for (auto& inner : flatten(member.value().as_object())) flat[inner.key()] = inner.value();
  }
  return flat;
}

} // namespace

JsonText view_run(const RunState& run, const ports::RunRow& row) {
  json::array signals;
  for (const auto& signal : run.signals)
    signals.push_back(json::object{
        {"name", signal.name}, {"at", to_iso8601(signal.at)}, {"body", parse(signal.body)}});
  const auto& created = run.created;
  json::object out{
      {"id", to_string(run.id)},
      {"job", to_string(created.job)},
      {"team", created.team},
      {"title", created.title},
      {"plan", created.plan},
      {"plan_hash", created.plan_hash},
      {"bundle", created.bundle},
      {"state", ports::to_string(run.finished ? run.finished->state : ports::RunState::running)},
      {"reason", run.finished ? run.finished->reason : std::string{}},
      {"epoch", run.epoch},
      {"owner", row.owner_node},
      {"created_at", to_iso8601(run.created_at)},
      {"started_at", view(run.started_at)},
      {"finished_at", view(run.finished_at)},
      {"inputs", parse(created.inputs)},
      {"output", run.finished ? parse(run.finished->output) : json::value{}},
      {"tree", view_step(run, root_index)},
      {"signals", std::move(signals)}};
  return JsonText{json::serialize(out)};
}

Result<JsonText> view_events(const std::vector<ports::JournalRow>& rows) {
  json::array out;
  bool end = false;
  for (const auto& row : rows) {
    auto body = read_json(row.body);
    const auto* events =
        !body || !body->is_object() ? nullptr : body->get_object().if_contains("events");
    if (events == nullptr || !events->is_array())
      return make_error(ErrorClass::internal,
                        "append " + std::to_string(row.seq) + " cannot be read");
    for (const auto& event : events->get_array()) {
      json::object flat{{"seq", row.seq}, {"at", to_iso8601(row.at)}};
      for (const auto& member : flatten(event.as_object())) flat[member.key()] = member.value();
      end |= flat["type"] == "run.finished";
      out.push_back(std::move(flat));
    }
  }
  json::object page{{"events", std::move(out)},
                    {"cursor", rows.empty() ? json::value{} : json::value(rows.back().seq)},
                    {"end", end}};
  return JsonText{json::serialize(page)};
}

} // namespace troupe::supervision
