#include "net/http/api.hpp"

#include <utility>

#include "net/http/api_answers.hpp"
#include "net/http/api_commands.hpp"
#include "net/http/api_events.hpp"
#include "net/http/api_parameters.hpp"
#include "net/http/api_schedules.hpp"
#include "net/http/event_stream.hpp"

namespace troupe::http {
namespace {

using ports::Operations;

constexpr std::pair<const char*, const char*> endpoints[] = {
    {"GET /", "this list"},
    {"POST /v1/jobs",
     "start a job: plan or plan_name, plan_file, team, title, inputs, priority, "
     "idempotency_key, labels"},
    {"GET /v1/jobs", "jobs, newest first: ?team=&state=&label=k=v&limit=&before="},
    {"GET /v1/jobs/{id}", "one job"},
    {"GET /v1/runs", "runs, newest first: ?team=&state=&label=k=v&limit="},
    {"GET /v1/runs/{id}", "one run with its tree of steps"},
    {"GET /v1/runs/{id}/events",
     "what happened in it: ?after=SEQ&limit=&wait=20s; as a stream with Accept: text/event-stream"},
    {"GET /v1/runs/{id}/bundle", "the documents that it pins and executes"},
    {"POST /v1/runs/{id}/signals/{name}", "give a run a signal; the body is any JSON"},
    {"POST /v1/runs/{id}/cancel", "cancel a run, and undo what it did: reason"},
    {"POST /v1/runs/{id}/kill", "end a run at once, without undo: reason"},
    {"POST /v1/runs/{id}/pause", "start nothing new in a run: by"},
    {"POST /v1/runs/{id}/resume", "go on with a paused run: by"},
    {"POST /v1/runs/{id}/skip", "run now what waits for a time: step, or all"},
    {"POST /v1/runs/{id}/resolve", "say whether a call happened: step, tool, happened, output, by"},
    {"POST /v1/runs/{id}/fork",
     "a new run from what this one did: from, keep, inputs, task, with, by, preview, "
     "accept_repeats"},
    {"GET /v1/approvals", "the approvals that are pending, newest runs first: ?limit="},
    {"GET /v1/runs/{id}/approvals", "the approvals that are pending in a run"},
    {"POST /v1/runs/{id}/approvals/{step...}", "decide one: digest, approved, by, reason"},
    {"GET /v1/runs/{id}/instances", "a page of a foreach or repeat: ?step=&from=&limit="},
    {"GET /v1/runs/{id}/why", "why a run, or a step of it, stands where it stands: ?step="},
    {"GET /v1/runs/{id}/artifacts", "the artifacts of a run: ?after=sha256:..&limit="},
    {"GET /v1/runs/{id}/artifacts/{hash}", "one of them, whole or a Range of it"},
    {"PUT /v1/artifacts/{hash}",
     "for executors: an artifact, or with Content-Range a part of it; Authorization: Bearer"},
    {"GET /v1/artifacts/{hash}", "for executors: one that their run refers to"},
    {"GET /v1/schedules", "schedules of the teams of this node: ?team=&id="},
    {"GET /v1/schedules/next", "their next due times, in order: ?team=&id=&limit="},
    {"GET /v1/schedules/{team}/{id}", "one schedule"},
    {"POST /v1/schedules/{team}/{id}/pause", "start nothing until it is resumed: by"},
    {"POST /v1/schedules/{team}/{id}/resume", "go on; what was due meanwhile is let go: by"},
    {"POST /v1/schedules/{team}/{id}/run", "a job of it now"},
    {"POST /v1/events/{in}", "an event as if it came to in.{in}: a CloudEvent, or any JSON"},
    {"GET /v1/dead-letters", "injected events that could not be used: ?limit=&before="},
    {"GET /v1/dead-letters/{id}", "one of them, as it came"},
    {"POST /v1/dead-letters/{id}/retry", "try it again, now that its route is mended"},
    {"POST /v1/dead-letters/{id}/drop", "forget it"},
    {"GET /v1/limits", "keyed limits: the rules, and what is in use and waited for"},
    {"GET /v1/nodes", "the nodes of the cluster"},
    {"POST /webhooks/alertmanager", "for webhook_configs of Alertmanager"},
    {"GET /metrics", "for Prometheus"},
    {"GET /healthz", "200 while this process serves"},
    {"GET /readyz", "200 while it can do its work, else 503 with the reason"},
};

/// Something posted to a run was refused: 404 if there is no such run, 409 if it takes nothing
/// more.
void explain_refusal(Operations& operations, RunId run, const Error& error, const Answer& answer) {
  if (error.error_class != ErrorClass::invalid_input) return answer(to_response(error));
  operations.run(run, into<JsonText>(answer, [=](const JsonText& document) {
                   return document.text == "null" ? no_such("run", to_string(run))
                                                  : problem(409, error.message);
                 }));
}

Operations::Done<bool> into_recorded(Operations& operations, RunId run, Answer answer) {
  return [&operations, run, answer = std::move(answer)](Result<bool> result) {
    if (result) return answer(recorded(*result));
    explain_refusal(operations, run, result.error(), answer);
  };
}

void add_jobs(Router& router, Operations& operations) {
  router.on("POST", "/v1/jobs", [&](Request request, Answer answer) {
    auto job = parse_job_request(request.body, request.header("idempotency-key"));
    if (!job) return answer(to_response(job.error()));
    operations.submit(std::move(*job), into<ports::Submitted>(answer, created));
  });
  router.on("GET", "/v1/jobs", [&](Request request, Answer answer) {
    auto filter = parse_filter(request.query, true);
    if (!filter) return answer(to_response(filter.error()));
    operations.jobs(std::move(*filter),
                    into<std::vector<ports::JobRow>>(
                        answer, [](const auto& rows) { return found(to_json(rows)); }));
  });
  router.on("GET", "/v1/jobs/{id}", [&](Request request, Answer answer) {
    const auto text = request.path_value("id");
    const auto id = parse_id<JobId>(text);
    if (!id) return answer(no_such("job", text));
    operations.job(*id, into<std::optional<ports::JobRow>>(answer, [text](const auto& row) {
      return row ? found(to_json(*row)) : no_such("job", text);
    }));
  });
}

void add_runs(Router& router, Operations& operations) {
  router.on("GET", "/v1/runs", [&](Request request, Answer answer) {
    auto filter = parse_filter(request.query, false);
    if (!filter) return answer(to_response(filter.error()));
    operations.runs(std::move(*filter),
                    into<std::vector<ports::RunRow>>(
                        answer, [](const auto& rows) { return found(to_json(rows)); }));
  });
  router.on("GET", "/v1/runs/{id}", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    operations.run(*id, into<JsonText>(answer, run_document(to_string(*id))));
  });
  router.on("GET", "/v1/runs/{id}/events", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    auto page = parse_events_page(request.query);
    if (!page) return answer(to_response(page.error()));
    if (wants_event_stream(request)) {
      const auto last = last_event_id(request);
      if (!last) return answer(to_response(last.error()));
      if (*last) page->after = *last;
      return stream_events(operations, *id, *page, answer);
    }
    operations.events(*id, *page, into<JsonText>(answer, run_document(to_string(*id))));
  });
}

void add_bundle(Router& router, Operations& operations) {
  router.on("GET", "/v1/runs/{id}/bundle", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    operations.bundle(*id, into<JsonText>(answer, run_document(to_string(*id))));
  });
}

void add_inbox(Router& router, Operations& operations) {
  router.on("POST", "/v1/runs/{id}/signals/{name}", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    const auto name = request.path_value("name");
    if (auto checked = check_signal_name(name); !checked)
      return answer(to_response(checked.error()));
    auto body = parse_signal_body(request.body);
    if (!body) return answer(to_response(body.error()));
    operations.signal(*id, name, std::move(*body), into_recorded(operations, *id, answer));
  });
  router.on("POST", "/v1/runs/{id}/cancel", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    const auto reason = parse_cancel(request.body);
    if (!reason) return answer(to_response(reason.error()));
    operations.cancel(*id, *reason, into_recorded(operations, *id, answer));
  });
}

void add_the_rest(Router& router, Operations& operations) {
  router.on("GET", "/v1/nodes", [&](Request, Answer answer) {
    operations.nodes(into<std::vector<ports::NodeStatus>>(
        answer, [](const auto& nodes) { return found(to_json(nodes)); }));
  });
  router.on("GET", "/v1/limits", [&](Request, Answer answer) {
    operations.limits(
        into<JsonText>(answer, [](const auto& limits) { return found(limits.text); }));
  });
  router.on("POST", "/webhooks/alertmanager", [&](Request request, Answer answer) {
    operations.alertmanager(
        std::move(request.body),
        into<JsonText>(answer, [](const auto& receipt) { return found(receipt.text); }));
  });
  router.on("GET", "/readyz",
            [&](Request, Answer answer) { answer(to_response(operations.health())); });
}

} // namespace

void add_api(Router& router, Operations& operations, const ApiOptions& options) {
  add_jobs(router, operations);
  add_runs(router, operations);
  add_bundle(router, operations);
  add_inbox(router, operations);
  add_commands(router, operations);
  add_schedules(router, operations);
  add_events(router, operations);
  add_the_rest(router, operations);
  add_process(router, options, endpoints);
}

} // namespace troupe::http
