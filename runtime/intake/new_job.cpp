#include "runtime/intake/new_job.hpp"

#include "runtime/hash.hpp"
#include "runtime/intake/route.hpp"
#include "runtime/message/json_reader.hpp"
#include "runtime/message/json_writer.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/template.hpp"
#include "runtime/supervision/event.hpp"
#include "runtime/supervision/group_machine.hpp"

namespace troupe::intake {
namespace {

Result<config::NamedPlan> read_plan(const config::Team& team, const ports::JobRequest& request) {
  const std::string file = request.plan_file.empty() ? "plan" : request.plan_file;
  const auto read = plan::read_source(file, request.plan_text);
  if (!read.faults.empty())
    return make_error(ErrorClass::invalid_input, plan::render(read.faults, file));
  auto parsed = plan::parse_plan(read.source);
  if (parsed.faults.empty())
    parsed.faults = plan::check_against(parsed.plan, read.source, config::catalogue_of(team));
  if (!parsed.faults.empty())
    return make_error(ErrorClass::invalid_input, plan::render(parsed.faults, file));
  return config::NamedPlan{std::move(parsed.plan), read.source.root.to_json()};
}

/// The request's own plan, or one of the team's.
Result<std::shared_ptr<const config::NamedPlan>> choose_plan(const config::Team& team,
                                                             const ports::JobRequest& request) {
  if (!request.plan_text.empty()) {
    auto plan = read_plan(team, request);
    if (!plan) return plan.error();
    return std::make_shared<const config::NamedPlan>(*std::move(plan));
  }
  const auto known = team.plans.find(request.plan_name);
  if (known != team.plans.end())
    return std::shared_ptr<const config::NamedPlan>{std::shared_ptr<void>{}, &known->second};
  std::string names;
  for (const auto& [name, plan] : team.plans) names += (names.empty() ? "" : ", ") + name;
  return make_error(ErrorClass::invalid_input, "team " + team.name + " has no plan `" +
                                                   request.plan_name + "`; it has " +
                                                   (names.empty() ? "none" : names));
}

/// What jobs have in common, once plan and inputs are known to be sound.
PreparedJob assemble(const config::Team& team, const config::NamedPlan& plan, std::string title,
                     JsonText inputs, message::Priority priority, Instant now, Entropy& entropy) {
  PreparedJob out;
  out.bundle = plan.bundle;
  if (!out.bundle)
    out.bundle = std::make_shared<const config::Bundle>(config::make_bundle(team, plan));
  auto& job = out.job;
  job.id = entropy.make_id<JobId>(now);
  job.run = entropy.make_id<RunId>(now);
  job.team = team.name;
  job.title = title.empty() ? plan.plan.name : std::move(title);
  job.bundle = out.bundle->hash;
  job.inputs = inputs;
  job.priority = priority;
  job.at = now;
  job.append = entropy.make_id<AppendId>(now);
  supervision::RunCreated created{job.id,         job.team,   job.title,        plan.plan.name,
                                  plan.plan.hash, job.bundle, std::move(inputs)};
  if (priority != message::Priority::normal) created.priority = priority;
  job.body = supervision::encode({std::move(created)});
  return out;
}

/// A label whose value is not there, or not a text, is left out: the job matters more.
Labels fill_labels(const std::map<std::string, plan::Template>& labels, const plan::Scope& scope) {
  Labels filled;
  for (const auto& [name, text] : labels)
    if (const auto value = plan::evaluate(text, scope); value.ok()) {
      std::string read;
      if (message::JsonReader in{value->text}; in.read_string(read))
        filled[name] = fitting_label_value(read);
    }
  return filled;
}

std::string title_of(const Webhook& webhook) {
  for (const auto* labels : {&webhook.common_annotations, &webhook.common_labels})
    for (const auto* name : {"summary", "alertname"})
      if (const auto found = labels->find(name); found != labels->end()) return found->second;
  return webhook.group_key;
}

/// `whose`: "a route". internal: the team has no such plan, which it was checked for.
Result<PreparedJob> fill(const config::Team& team, const config::JobTemplate& job,
                         const plan::Scope& scope, const std::string& whose, std::string title,
                         Instant now, Entropy& entropy) {
  const auto plan = team.plans.find(job.plan);
  if (plan == team.plans.end())
    return make_error(ErrorClass::internal,
                      "team " + team.name + ": " + whose + " names plan " + job.plan);
  const auto filled = plan::evaluate(job.inputs, scope);
  if (!filled) return filled.error();
  auto inputs = plan::bind_inputs(plan->second.plan, *filled);
  if (!inputs) return inputs.error();
  auto prepared = assemble(team, plan->second, std::move(title), std::move(*inputs), job.priority,
                           now, entropy);
  prepared.job.labels = fill_labels(job.labels, scope);
  return prepared;
}

Result<PreparedJob> prepare_for_route(const config::Team& team, const config::AlertRoute& route,
                                      const Webhook& webhook, Instant now, Entropy& entropy) {
  plan::Scope scope{JsonText{"{}"}};
  scope.set("group", webhook.body);
  scope.set("alert", webhook.first_firing()->body);
  auto prepared = fill(team, route, scope, "a route", title_of(webhook), now, entropy);
  if (prepared) prepared->job.source = "alertmanager";
  return prepared;
}

} // namespace

Result<const config::Team*> find_team(const std::vector<config::Team>& teams,
                                      const std::string& name) {
  if (name.empty() && teams.size() == 1) return &teams.front();
  std::string names;
  for (const auto& team : teams) {
    if (team.name == name) return &team;
    names += (names.empty() ? "" : ", ") + team.name;
  }
  if (teams.empty())
    return make_error(ErrorClass::invalid_input,
                      "this node has no team; name one in its settings under `teams`");
  if (name.empty())
    return make_error(ErrorClass::invalid_input, "name a team; this node has " + names);
  return make_error(ErrorClass::invalid_input,
                    "no team `" + name + "` on this node; it has " + names);
}

Result<PreparedJob> prepare_job(const config::Team& team, const ports::JobRequest& request,
                                Instant now, Entropy& entropy) {
  const auto plan = choose_plan(team, request);
  if (!plan) return plan.error();
  auto inputs = plan::bind_inputs((*plan)->plan, request.inputs);
  if (!inputs) return inputs.error();
  if (auto checked = check_labels(request.labels); !checked) return checked.error();
  auto prepared =
      assemble(team, **plan, request.title, std::move(*inputs), request.priority, now, entropy);
  auto& job = prepared.job;
  job.idempotency_key = request.idempotency_key;
  job.labels = request.labels;
  job.request_digest = sha256_hex(job.bundle + '\n' + canonical(job.inputs) + '\n' + job.title +
                                  (job.labels.empty() ? "" : '\n' + to_json(job.labels)));
  job.source = request.source;
  return prepared;
}

Result<PreparedAlerts> prepare_alerts(const std::vector<config::Team>& teams,
                                      const Webhook& webhook, Instant now, Entropy& entropy) {
  PreparedAlerts out;
  out.batch.receiver = webhook.receiver;
  out.batch.group_key = webhook.group_key;
  for (const auto& alert : webhook.alerts)
    out.batch.events.push_back({alert.fingerprint, alert.status, alert.starts_at_utc, alert.body});
  if (webhook.first_firing() == nullptr) return out;
  for (const auto& team : teams) {
    const auto* route = match_route(team.alert_routes, webhook);
    if (route == nullptr) continue;
    auto prepared = prepare_for_route(team, *route, webhook, now, entropy);
    if (!prepared) return prepared.error();
    out.bundle = std::move(prepared->bundle);
    out.batch.job_if_needed = std::move(prepared->job);
    break;
  }
  return out;
}

Result<PreparedJob> prepare_event(const std::vector<config::Team>& teams, const Injected& injected,
                                  const CloudEvent& event, Instant now, Entropy& entropy) {
  for (const auto& team : teams) {
    const auto* route = match_route(team.event_routes, injected.channel, event);
    if (route == nullptr) continue;
    std::string by = "{\"in\":";
    message::append_string(by, injected.channel);
    by += ",\"by\":";
    message::append_string(by, injected.sender);
    plan::Scope scope{JsonText{"{}"}};
    scope.set("event", event.body);
    scope.set("injected", JsonText{by + '}'});
    auto prepared =
        fill(team, *route, scope, "a route of `events`",
             event.subject.empty() ? event.type : event.type + ' ' + event.subject, now, entropy);
    if (!prepared) return prepared;
    auto& job = prepared->job;
    job.source = "event";
    job.idempotency_key =
        "event:" + sha256_hex(injected.channel + '\n' + event.source + '\n' + event.id);
    job.request_digest = sha256_hex(job.idempotency_key); // by the specification source and id tell
    return prepared;
  }
  return make_error(ErrorClass::invalid_input,
                    "no team of this node has a route in its `events` for what comes to in." +
                        injected.channel + " with the type " + event.type);
}

Result<PreparedJob> prepare_scheduled(const config::Team& team, const config::Schedule& schedule,
                                      Instant due, Instant now, Entropy& entropy) {
  std::string root = "{\"id\":";
  message::append_string(root, schedule.id);
  root += ",\"team\":";
  message::append_string(root, team.name);
  root += ",\"due\":\"" + to_iso8601(due) + "\"}";
  plan::Scope scope{JsonText{"{}"}};
  scope.set("schedule", JsonText{std::move(root)});
  auto prepared =
      fill(team, schedule, scope, "schedule " + schedule.id, schedule.title, now, entropy);
  if (prepared) prepared->job.source = "schedule";
  return prepared;
}

PreparedJob prepare_child(const supervision::RunState& parent,
                          const supervision::StartChildRun& start, Instant now) {
  const auto& child = start.child;
  PreparedJob out;
  out.bundle =
      std::make_shared<const config::Bundle>(config::child_bundle(*parent.bundle, child.plan));
  auto& job = out.job;
  job.id = child.job;
  job.run = child.run;
  job.idempotency_key = "child:" + to_string(child.run);
  job.team = parent.created.team;
  job.title = parent.created.title + " / " + start.step;
  job.priority = parent.created.priority.value_or(message::Priority::normal);
  job.source = "plan";
  job.bundle = out.bundle->hash;
  job.inputs = child.inputs;
  job.request_digest = digest(child.inputs);
  job.at = now;
  job.append = child.append;
  job.parent = parent.id;
  supervision::RunCreated created{
      job.id,     job.team,    job.title, child.plan, parent.bundle->plans.at(child.plan).hash,
      job.bundle, child.inputs};
  created.parent = parent.id;
  created.requested_by = parent.created.requested_by;
  created.priority = parent.created.priority;
  if (const auto* step = parent.find(start.step)) {
    created.deadline = supervision::deadline_of(parent, *step);
    if (const auto retries = supervision::retries_left(parent, *step))
      created.retry_budget = retries->left;
  }
  job.body = supervision::encode({std::move(created)});
  return out;
}

} // namespace troupe::intake
