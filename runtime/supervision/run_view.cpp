#include "runtime/supervision/run_view.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "runtime/json_value.hpp"
#include "runtime/supervision/command.hpp"
#include "runtime/view_limits.hpp"

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
    return "waits for a node that takes role " +
           (step.fallback.empty() ? plan::role_of(*step.node) : step.fallback);
  if (step.phase != StepPhase::waiting) return {};
  if (step.retry_at) return "next try at " + to_iso8601(*step.retry_at);
  if (step.approval)
    return "waits for approval by role " + std::get<plan::ApprovalStep>(step.node->kind).role +
           " until " + to_iso8601(step.approval->expires_at);
  const auto* wait = std::get_if<plan::WaitStep>(&step.node->kind);
  const auto until = step.due ? " until " + to_iso8601(*step.due) : std::string{};
  return wait != nullptr && !wait->signal.empty() ? "waits for signal " + wait->signal + until
                                                  : "waits" + until;
}

bool has_instances(const StepState& step) {
  return std::holds_alternative<plan::Foreach>(step.node->kind) ||
         std::holds_alternative<plan::Repeat>(step.node->kind);
}

/// What a person calls it among its siblings: "restart", "each[3]", "restart~undo", a case's label.
std::string_view name_of(const StepState& step) {
  const std::string_view path = step.path;
  return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

/// What people look for among many instances.
bool is_of_interest(StepPhase phase) {
  return phase == StepPhase::failed || (phase != StepPhase::pending && !is_terminal(phase));
}

/// Writes steps: all of the plan's own, and a bounded number of instances.
class StepViews {
 public:
  explicit StepViews(const RunState& run, const History& history) : run_{run}, history_{history} {}

  json::object step(StepIndex index) {
    const StepState& step = run_.steps[index];
    json::array needs;
    for (const auto& need : step.node->needs) needs.emplace_back(need);
    json::object out{{"id", step.node->id},
                     {"name", name_of(step)},
                     {"path", step.path},
                     {"kind", plan::kind_name(step.node->kind)},
                     {"state", state_of(run_, step)},
                     {"needs", std::move(needs)},
                     {"always", step.node->always},
                     {"iteration", step.iteration},
                     {"started_at", view(step.started_at)},
                     {"finished_at", view(step.finished_at)},
                     {"output", parse(step.output)},
                     {"error", view(step.error ? step.error : step.stop)}};
    if (step.node->is_group())
      add_group(out, step);
    else
      add_leaf(out, step);
    if (step.undo) out["undo"] = this->step(*step.undo);
    if (step.undone) out["undone"] = true;
    if (step.kept) out["kept"] = true;
    return out;
  }

 private:
  void add_group(json::object& out, const StepState& step) {
    const auto shown = step.kept             ? std::vector<StepIndex>{}
                       : has_instances(step) ? chosen(step)
                                             : step.children;
    json::array children;
    for (const auto child : shown) children.push_back(this->step(child));
    out["children"] = std::move(children);
    if (has_instances(step)) {
      out["items"] = item_count(step);
      out["counts"] = counts(step);
      out["hidden"] = step.children.size() - shown.size();
    }
    if (!step.group.chosen.empty()) out["chosen"] = step.group.chosen;
    add_restarts(out, step);
  }

  void add_restarts(json::object& out, const StepState& step) const {
    const auto& policy = step.node->restart;
    if (policy.intensity == 0) return;
    json::array under_way;
    for (const auto& restart : step.group.restarts) {
      json::array victims;
      for (const auto victim : restart.victims) victims.emplace_back(run_.steps[victim].path);
      under_way.push_back(json::object{{"child", run_.steps[restart.child].path},
                                       {"victims", std::move(victims)},
                                       {"due", to_iso8601(restart.due)}});
    }
    out["restart"] = json::object{{"intensity", policy.intensity},
                                  {"period_ms", policy.period.count()},
                                  {"spent", step.group.restarted.size()},
                                  {"under_way", std::move(under_way)}};
    if (const auto found = history_.escalations.find(step.path);
        found != history_.escalations.end())
      out["escalated"] = json::object{{"child", found->second.child},
                                      {"reason", found->second.reason},
                                      {"at", to_iso8601(found->second.at)}};
  }

  void add_leaf(json::object& out, const StepState& step) const {
    json::array attempts, activities;
    for (const auto& attempt : step.attempts) attempts.push_back(view(attempt));
    for (const auto& entry : step.ledger.entries()) activities.push_back(view(entry));
    out["role"] = step.fallback.empty() ? plan::role_of(*step.node) : step.fallback;
    out["retry_at"] = view(step.retry_at);
    out["waiting"] = waiting_reason(step);
    out["attempts"] = std::move(attempts);
    out["activities"] = std::move(activities);
    if (step.due) out["due"] = view(step.due);
    if (const auto* wait = std::get_if<plan::WaitStep>(&step.node->kind);
        wait != nullptr && !wait->signal.empty())
      out["signal"] = wait->signal;
    if (step.progress) out["progress"] = parse(*step.progress);
    if (step.approval)
      out["approval"] = json::object{{"role", std::get<plan::ApprovalStep>(step.node->kind).role},
                                     {"digest", step.approval->digest},
                                     {"subject", parse(step.approval->subject)},
                                     {"expires_at", to_iso8601(step.approval->expires_at)}};
    if (const auto child = history_.children.find(step.path); child != history_.children.end())
      out["child_run"] = to_string(child->second);
    else if (step.child)
      out["child_run"] = to_string(step.child->run);
  }

  std::size_t item_count(const StepState& step) const {
    return std::holds_alternative<plan::Foreach>(step.node->kind)
               ? std::max(step.group.item_count(), step.children.size())
               : step.children.size();
  }

  json::object counts(const StepState& step) const {
    std::map<std::string_view, std::size_t> by_state;
    for (const auto child : step.children) ++by_state[state_of(run_, run_.steps[child])];
    json::object out;
    for (const auto& [state, number] : by_state) out[state] = number;
    const auto begun = step.children.size(), items = item_count(step);
    if (items > begun) out["pending"] = by_state["pending"] + items - begun;
    return out;
  }

  /// All instances where they are few; else those of interest, in order.
  std::vector<StepIndex> chosen(const StepState& step) {
    std::vector<StepIndex> some;
    const bool few = step.children.size() <= limits::instances_shown_max;
    for (const auto child : step.children) {
      if (some.size() >= limits::instances_shown_max || shown_ >= limits::run_instances_shown_max)
        break;
      if (!few && !is_of_interest(run_.steps[child].phase)) continue;
      some.push_back(child);
      ++shown_;
    }
    return some;
  }

  const RunState& run_;
  const History& history_;
  std::size_t shown_ = 0; // instances
};

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

JsonText view_run(const RunState& run, const ports::RunRow& row, const History& history) {
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
      {"paused", run.paused},
      {"undoing", run.undoing && !run.finished},
      {"cancel", run.cancel_reason ? json::value(*run.cancel_reason) : json::value{}},
      {"parent", created.parent ? json::value(to_string(*created.parent)) : json::value{}},
      {"requested_by", created.requested_by},
      {"forked_from",
       created.forked_from ? json::value(to_string(*created.forked_from)) : json::value{}},
      {"inputs", parse(created.inputs)},
      {"output", run.finished ? parse(run.finished->output) : json::value{}},
      {"tree", StepViews{run, history}.step(root_index)},
      {"signals", std::move(signals)}};
  return JsonText{json::serialize(out)};
}

Result<JsonText> view_instances(const RunState& run, const ports::StepPage& page) {
  const auto found = find_step(run, page.step);
  if (!found) return found.error();
  const StepState& group = **found;
  if (!has_instances(group))
    return make_error(ErrorClass::invalid_input,
                      "step " + page.step + " is no `foreach` or `repeat`: it has no instances");
  const History none;
  json::array instances;
  std::size_t at = page.from;
  for (; at < group.children.size() && instances.size() < page.limit; ++at)
    instances.push_back(StepViews{run, none}.step(group.children[at]));
  return JsonText{json::serialize(
      json::object{{"run", to_string(run.id)},
                   {"step", group.path},
                   {"items", std::max(group.group.item_count(), group.children.size())},
                   {"from", page.from},
                   {"instances", std::move(instances)},
                   {"next", at < group.children.size() ? json::value(at) : json::value{}}})};
}

Result<JsonText> view_events(const std::vector<ports::JournalRow>& rows, bool over) {
  json::array out;
  bool end = over && rows.empty();
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
