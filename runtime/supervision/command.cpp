#include "runtime/supervision/command.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/json_value.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::supervision {
namespace {

namespace json = boost::json;

Error refused(std::string text) { return make_error(ErrorClass::effect_conflict, std::move(text)); }

std::string name_of(const RunState& run) { return "run " + to_string(run.id); }

json::value parse(const JsonText& text) {
  auto value = read_json(text.text);
  return value ? std::move(*value) : json::value{};
}

Result<> check(const RunState&, const ports::Kill&, Instant) { return {}; }

Result<> check(const RunState& run, const ports::Pause&, Instant) {
  if (run.paused) return refused(name_of(run) + " is paused already");
  if (run.cancel_reason) return refused(name_of(run) + " is being cancelled: that goes on");
  return {};
}

Result<> check(const RunState& run, const ports::Resume&, Instant) {
  if (!run.paused) return refused(name_of(run) + " is not paused");
  return {};
}

Result<> check(const RunState& run, const ports::SkipWait& skip, Instant) {
  if (skip.step.empty()) {
    if (std::any_of(run.steps.begin(), run.steps.end(), waits_for_time)) return {};
    return refused("nothing in " + name_of(run) + " waits for a time");
  }
  const auto step = find_step(run, skip.step);
  if (!step) return step.error();
  if (waits_for_time(**step)) return {};
  return refused("step " + skip.step + " is " + std::string{to_string((*step)->phase)} +
                 " and waits for no time");
}

Result<> check(const RunState& run, const ports::Resolve& resolve, Instant) {
  const auto step = find_step(run, resolve.step);
  if (!step) return step.error();
  const auto tools = unknown_outcomes(**step);
  if (tools.empty())
    return refused("no call of step " + resolve.step + " has an outcome that is unknown");
  if (resolve.tool.empty()) {
    const bool one = std::all_of(tools.begin(), tools.end(),
                                 [&](const auto& tool) { return tool == tools.front(); });
    if (one) return {};
    return make_error(ErrorClass::invalid_input, "tool: missing, and step " + resolve.step +
                                                     " holds several of unknown "
                                                     "outcome: " +
                                                     plan::one_of(tools));
  }
  if (std::find(tools.begin(), tools.end(), resolve.tool) != tools.end()) return {};
  return make_error(ErrorClass::invalid_input, "tool: no call of `" + resolve.tool + "` in step " +
                                                   resolve.step + " has an unknown outcome" +
                                                   plan::did_you_mean_or_list(resolve.tool, tools));
}

Result<> check(const RunState& run, const ports::Decide& decide, Instant now) {
  const auto found = find_step(run, decide.step);
  if (!found) return found.error();
  const StepState& step = **found;
  if (!std::holds_alternative<plan::ApprovalStep>(step.node->kind))
    return make_error(ErrorClass::invalid_input, "step " + decide.step + " is no approval");
  if (!step.approval)
    return refused("step " + decide.step + " is " + std::string{to_string(step.phase)} +
                   ": there is nothing to decide" +
                   (step.error ? "; " + step.error->message : std::string{}));
  if (now >= step.approval->expires_at)
    return refused("the approval of step " + decide.step + " expired at " +
                   to_iso8601(step.approval->expires_at));
  if (decide.digest.empty())
    return make_error(ErrorClass::invalid_input,
                      "digest: missing; a decision binds the digest of the subject that was read");
  if (decide.digest != step.approval->digest)
    return refused("step " + decide.step +
                   " asks for something else than what was read: its subject has the digest " +
                   step.approval->digest);
  if (!decide.by.empty() && decide.by == run.created.requested_by)
    return make_error(ErrorClass::denied,
                      decide.by + " asked for this run and cannot decide its approvals");
  return {};
}

struct RowParts {
  const char* kind;
  json::object body;
};

RowParts parts_of(const ports::Kill& c) { return {"kill", {{"reason", c.reason}}}; }
RowParts parts_of(const ports::Pause& c) { return {"pause", {{"by", c.by}}}; }
RowParts parts_of(const ports::Resume& c) { return {"resume", {{"by", c.by}}}; }
RowParts parts_of(const ports::SkipWait& c) { return {"skip_wait", {{"step", c.step}}}; }
RowParts parts_of(const ports::Resolve& c) {
  return {"resolve",
          {{"step", c.step},
           {"tool", c.tool},
           {"happened", c.happened},
           {"output", parse(c.output)},
           {"by", c.by}}};
}
RowParts parts_of(const ports::Decide& c) {
  return {"approval",
          {{"step", c.step},
           {"digest", c.digest},
           {"approved", c.approved},
           {"by", c.by},
           {"reason", c.reason}}};
}

} // namespace

Result<> check_command(const RunState& run, const ports::Command& command, Instant now) {
  if (run.finished)
    return refused(name_of(run) +
                   " is over: " + std::string{ports::to_string(run.finished->state)});
  return std::visit([&](const auto& one) { return check(run, one, now); }, command);
}

ports::InboxRow inbox_row(const ports::Command& command, std::string id, Instant now) {
  auto parts = std::visit([](const auto& one) { return parts_of(one); }, command);
  ports::InboxRow row;
  row.id = std::move(id);
  row.kind = parts.kind;
  row.body = JsonText{json::serialize(parts.body)};
  row.at = now;
  return row;
}

Result<const StepState*> find_step(const RunState& run, std::string_view path) {
  if (const auto* step = run.find(path)) return step;
  std::vector<std::string> paths;
  for (const auto& step : run.steps)
    if (!step.path.empty()) paths.push_back(step.path);
  return make_error(ErrorClass::invalid_input, "no step `" + std::string{path} + "` in " +
                                                   name_of(run) +
                                                   plan::did_you_mean_or_list(path, paths));
}

bool waits_for_time(const StepState& step) {
  if (is_terminal(step.phase)) return false;
  if (step.retry_at || !step.group.restarts.empty()) return true;
  const auto* wait = std::get_if<plan::WaitStep>(&step.node->kind);
  return wait != nullptr && wait->signal.empty() && step.due.has_value();
}

std::vector<std::string> unknown_outcomes(const StepState& step) {
  std::vector<std::string> tools;
  for (const auto& entry : step.ledger.entries())
    if (entry.iteration == step.iteration && entry.state == LedgerEntry::State::unknown)
      tools.push_back(entry.key.tool);
  return tools;
}

JsonText view_approvals(const RunState& run, Instant now) {
  json::array pending;
  for (const auto& step : run.steps) {
    if (!step.approval || run.finished || now >= step.approval->expires_at) continue;
    const auto& approval = std::get<plan::ApprovalStep>(step.node->kind);
    pending.push_back(
        json::object{{"run", to_string(run.id)},
                     {"step", step.path},
                     {"role", approval.role},
                     {"digest", step.approval->digest},
                     {"subject", parse(step.approval->subject)},
                     {"requested_at",
                      step.started_at ? json::value(to_iso8601(*step.started_at)) : json::value{}},
                     {"expires_at", to_iso8601(step.approval->expires_at)},
                     {"requested_by", run.created.requested_by}});
  }
  return JsonText{json::serialize(json::object{{"approvals", std::move(pending)}})};
}

JsonText join_approvals(const std::vector<JsonText>& parts) {
  json::array all;
  for (const auto& part : parts) {
    const json::value answer = parse(part);
    for (const auto& one : answer.at("approvals").get_array()) all.push_back(one);
  }
  return JsonText{json::serialize(json::object{{"approvals", std::move(all)}})};
}

} // namespace troupe::supervision
