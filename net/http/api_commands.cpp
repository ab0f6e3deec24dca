#include "net/http/api_commands.hpp"

#include <boost/json.hpp>

#include "net/http/api_answers.hpp"
#include "net/http/api_body.hpp"
#include "net/http/api_parameters.hpp"

namespace troupe::http {
namespace {

namespace json = boost::json;
using ports::Command;
using ports::Operations;

/// A body of texts alone; a blank one has none of them.
Result<json::object> read_texts(
    std::string_view body, std::initializer_list<std::pair<std::string_view, std::string*>> texts,
    std::initializer_list<std::string_view> known) {
  if (is_blank(body)) return json::object{};
  auto object = parse_object(body, known);
  if (!object) return object;
  for (const auto& [key, text] : texts)
    if (auto read = read_text(*object, key, *text); !read) return read.error();
  return object;
}

Result<Command> parse_kill(std::string_view body) {
  ports::Kill kill;
  const auto read = read_texts(body, {{"reason", &kill.reason}}, {"reason"});
  return read ? Result<Command>{kill} : read.error();
}

template <class Who>
Result<Command> parse_who(std::string_view body) {
  Who who;
  const auto read = read_texts(body, {{"by", &who.by}}, {"by"});
  return read ? Result<Command>{who} : read.error();
}

Result<Command> parse_skip(std::string_view body) {
  ports::SkipWait skip;
  const auto read = read_texts(body, {{"step", &skip.step}}, {"step"});
  return read ? Result<Command>{skip} : read.error();
}

Result<Command> parse_resolve(std::string_view body) {
  ports::Resolve resolve;
  const auto object =
      read_texts(body, {{"step", &resolve.step}, {"tool", &resolve.tool}, {"by", &resolve.by}},
                 {"step", "tool", "happened", "output", "by"});
  if (!object) return object.error();
  if (resolve.step.empty()) return invalid("/step: expected the step whose call it was");
  const auto happened = read_flag(*object, "happened");
  if (!happened) return happened.error();
  resolve.happened = *happened;
  if (const auto* output = object->if_contains("output"))
    resolve.output = JsonText{json::serialize(*output)};
  return Command{resolve};
}

Operations::Done<std::optional<bool>> into_recorded(RunId id, Answer answer) {
  return into<std::optional<bool>>(std::move(answer), [id](const auto& done) {
    return done ? recorded(*done) : no_such("run", to_string(id));
  });
}

void add_command(Router& router, Operations& operations, std::string verb) {
  router.on("POST", "/v1/runs/{id}/" + verb, [&operations, verb](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    auto command = parse_command(verb, request.body);
    if (!command) return answer(to_response(command.error()));
    operations.command(*id, std::move(*command), into_recorded(*id, answer));
  });
}

void add_questions(Router& router, Operations& operations) {
  router.on("GET", "/v1/runs/{id}/instances", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    auto page = parse_step_page(request.query);
    if (!page) return answer(to_response(page.error()));
    operations.instances(*id, std::move(*page),
                         into<JsonText>(answer, run_document(to_string(*id))));
  });
  router.on("GET", "/v1/runs/{id}/why", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    if (auto checked = check_query(request.query, {"step"}); !checked)
      return answer(to_response(checked.error()));
    const auto step = request.query.empty() ? std::string{} : request.query.front().second;
    operations.why(*id, step, into<JsonText>(answer, run_document(to_string(*id))));
  });
}

void add_approvals(Router& router, Operations& operations) {
  router.on("GET", "/v1/approvals", [&](Request request, Answer answer) {
    const auto limit = parse_limit(request.query);
    if (!limit) return answer(to_response(limit.error()));
    operations.pending_approvals(
        *limit, into<JsonText>(answer, [](const auto& document) { return found(document.text); }));
  });
  router.on("GET", "/v1/runs/{id}/approvals", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    operations.approvals(*id, into<JsonText>(answer, run_document(to_string(*id))));
  });
  router.on("POST", "/v1/runs/{id}/approvals/{step...}", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    auto decision = parse_decision(request.path_value("step"), request.body);
    if (!decision) return answer(to_response(decision.error()));
    operations.command(*id, std::move(*decision), into_recorded(*id, answer));
  });
}

void add_fork(Router& router, Operations& operations) {
  router.on("POST", "/v1/runs/{id}/fork", [&](Request request, Answer answer) {
    const auto id = run_of(request, answer);
    if (!id) return;
    auto fork = parse_fork(request.body);
    if (!fork) return answer(to_response(fork.error()));
    const int status = fork->preview ? 200 : 201;
    operations.fork(*id, std::move(*fork),
                    into<JsonText>(answer, [id = *id, status](const JsonText& document) {
                      if (document.text == "null") return no_such("run", to_string(id));
                      auto response = found(document.text);
                      response.status = status;
                      return response;
                    }));
  });
}

} // namespace

Result<Command> parse_command(std::string_view verb, std::string_view body) {
  if (verb == "kill") return parse_kill(body);
  if (verb == "pause") return parse_who<ports::Pause>(body);
  if (verb == "resume") return parse_who<ports::Resume>(body);
  if (verb == "skip") return parse_skip(body);
  if (verb == "resolve") return parse_resolve(body);
  return invalid("unknown command `" + std::string{verb} + "`");
}

Result<Command> parse_decision(std::string step, std::string_view body) {
  ports::Decide decide;
  decide.step = std::move(step);
  const auto object =
      read_texts(body, {{"digest", &decide.digest}, {"by", &decide.by}, {"reason", &decide.reason}},
                 {"digest", "approved", "by", "reason"});
  if (!object) return object.error();
  const auto approved = read_flag(*object, "approved");
  if (!approved) return approved.error();
  decide.approved = *approved;
  return Command{decide};
}

Result<ports::ForkRequest> parse_fork(std::string_view body) {
  ports::ForkRequest request;
  const auto object = read_texts(
      body, {{"from", &request.from}, {"by", &request.by}},
      {"from", "keep", "inputs", "task", "with", "by", "preview", "accept_repeats", "retry"});
  if (!object) return object.error();
  for (const auto& [key, flag] :
       {std::pair{"keep", &request.keep}, std::pair{"preview", &request.preview},
        std::pair{"accept_repeats", &request.accept_repeats}, std::pair{"retry", &request.retry}}) {
    if (!object->contains(key)) continue;
    const auto read = read_flag(*object, key);
    if (!read) return read.error();
    *flag = *read;
  }
  if (const auto* inputs = object->if_contains("inputs")) {
    if (!inputs->is_object()) return invalid("/inputs: expected an object with the edited inputs");
    request.inputs = JsonText{json::serialize(*inputs)};
  }
  if (const auto* task = object->if_contains("task"))
    request.task = JsonText{json::serialize(*task)};
  if (const auto* with = object->if_contains("with"))
    request.with = JsonText{json::serialize(*with)};
  return request;
}

void add_commands(Router& router, Operations& operations) {
  for (const char* verb : {"kill", "pause", "resume", "skip", "resolve"})
    add_command(router, operations, verb);
  add_questions(router, operations);
  add_approvals(router, operations);
  add_fork(router, operations);
}

} // namespace troupe::http
