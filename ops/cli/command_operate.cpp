// troupe runs cancel | kill | pause | resume | skip | signal | resolve, troupe approve
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/job_inputs.hpp"
#include "ops/cli/person.hpp"
#include "ops/cli/view/approval.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/terminal.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct OperateOptions {
  std::string run, step, reason, name, body, tool, output;
  bool happened = false, did_not_happen = false, deny = false, yes = false;
};
using Options = std::shared_ptr<OperateOptions>;

ExitCode tell(const CommandLine& line, const json::value& answer, const std::string& words) {
  std::printf("%s\n", (line.common.json ? json::serialize(answer) : words).c_str());
  return ExitCode::ok;
}

std::string run_path(const std::string& run) { return "/v1/runs/" + percent_encoded(run); }

ExitCode post(const CommandLine& line, const OperateOptions& options, const std::string& verb,
              const json::object& body, const std::string& words) {
  const json::value answer =
      connect(line).post(run_path(options.run) + "/" + verb, json::serialize(body));
  return tell(line, answer, words + "; follow it: troupe runs watch " + options.run);
}

ExitCode signal(const CommandLine& line, const OperateOptions& options) {
  const std::string body = options.body.empty() ? "null" : options.body;
  parse_json_input(body, "BODY");
  const json::value answer =
      connect(line).post(run_path(options.run) + "/signals/" + percent_encoded(options.name), body);
  return tell(line, answer, "signal " + options.name + " recorded");
}

ExitCode resolve(const CommandLine& line, const OperateOptions& options) {
  if (options.happened == options.did_not_happen)
    throw Failure{ExitCode::usage, "say which: --happened or --did-not-happen"};
  json::object body{{"step", options.step}, {"happened", options.happened}, {"by", user_name()}};
  if (!options.tool.empty()) body["tool"] = options.tool;
  if (!options.output.empty()) body["output"] = parse_json_input(options.output, "--output");
  return post(line, options, "resolve", body, "recorded");
}

/// The one that is meant. Failure bad_data: none is pending, or it is not clear which.
json::value pick_approval(const json::value& answer, const OperateOptions& options) {
  const auto& pending = view::list(answer, "approvals");
  std::vector<std::string> steps;
  for (const auto& one : pending) {
    if (view::text(one, "step") == options.step) return one;
    steps.push_back(view::text(one, "step"));
  }
  if (pending.empty())
    throw Failure{ExitCode::bad_data, "no approval is pending in run " + options.run +
                                          "; see `troupe why " + options.run + "`"};
  if (options.step.empty() && pending.size() == 1) return pending.front();
  if (options.step.empty())
    throw Failure{ExitCode::usage,
                  "several approvals are pending; name a STEP: " + plan::one_of(steps)};
  throw Failure{ExitCode::bad_data, "no approval is pending at `" + options.step + "`" +
                                        plan::did_you_mean_or_list(options.step, steps)};
}

ExitCode list_approvals(const CommandLine& line) {
  const json::value answer = connect(line).get("/v1/approvals");
  std::printf(
      "%s",
      line.common.json
          ? (json::serialize(answer) + "\n").c_str()
          : view::render_approvals(answer, view::detect_style(), SystemClock{}.now()).c_str());
  return ExitCode::ok;
}

ExitCode approve(const CommandLine& line, const OperateOptions& options) {
  if (options.run.empty()) return list_approvals(line);
  const ApiClient api = connect(line);
  const json::value approval =
      pick_approval(api.get(run_path(options.run) + "/approvals"), options);
  const std::string step = view::text(approval, "step");
  if (!options.yes) {
    if (!can_ask() || line.common.json)
      throw Failure{ExitCode::usage, "nobody can be asked here: add --yes to " +
                                         std::string{options.deny ? "deny" : "approve"} + " `" +
                                         step + "`, or see it first on a terminal"};
    std::printf("%s",
                view::render_approval(approval, view::detect_style(), SystemClock{}.now()).c_str());
    std::fflush(stdout);
    if (!says_yes(options.deny ? "Deny it?" : "Approve it?")) {
      std::printf("nothing decided\n");
      return ExitCode::failed;
    }
  }
  const json::object decision{{"digest", view::text(approval, "digest")},
                              {"approved", !options.deny},
                              {"by", user_name()},
                              {"reason", options.reason}};
  const json::value answer = api.post(run_path(options.run) + "/approvals/" + percent_encoded(step),
                                      json::serialize(decision));
  return tell(line, answer, (options.deny ? "denied: " : "approved: ") + step);
}

CLI::App* add_verb(CLI::App& runs, CommandLine& line, const Options& options, const char* name,
                   const char* help, std::function<ExitCode()> act) {
  auto* command = runs.add_subcommand(name, help);
  command->add_option("RUN", options->run, "the run's id")->required();
  add_server_options(*command, line);
  command->callback([act = std::move(act), &line] { line.exit_code = act(); });
  return command;
}

void add_stops(CLI::App& runs, CommandLine& line, const Options& options) {
  auto* cancel = add_verb(
      runs, line, options, "cancel", "Stops a run and undoes what it did", [options, &line] {
        return post(line, *options, "cancel", {{"reason", options->reason}}, "cancel recorded");
      });
  auto* kill = add_verb(
      runs, line, options, "kill", "Ends a run at once: no undo, no `always` steps",
      [options, &line] {
        return post(line, *options, "kill", {{"reason", options->reason}}, "kill recorded");
      });
  for (auto* command : {cancel, kill})
    command->add_option("--reason", options->reason, "why; people read it in the run");
  add_example(*cancel, "  troupe runs cancel 0198f3a1-7c1e-7000-8000-000000000001 --reason wrong");
  add_example(*kill,
              "  troupe runs kill 0198f3a1-7c1e-7000-8000-000000000001\n"
              "What the run did stays done; `cancel` takes it back.");
  auto* pause =
      add_verb(runs, line, options, "pause", "Starts nothing new in a run; what runs goes on",
               [options, &line] {
                 return post(line, *options, "pause", {{"by", user_name()}}, "pause recorded");
               });
  auto* resume =
      add_verb(runs, line, options, "resume", "Goes on with a paused run", [options, &line] {
        return post(line, *options, "resume", {{"by", user_name()}}, "resume recorded");
      });
  add_example(*pause, "  troupe runs pause 0198f3a1-7c1e-7000-8000-000000000001");
  add_example(*resume, "  troupe runs resume 0198f3a1-7c1e-7000-8000-000000000001");
}

void add_words(CLI::App& runs, CommandLine& line, const Options& options) {
  auto* skip =
      add_verb(runs, line, options, "skip",
               "Runs now what waits for a time: timers, retries, restarts", [options, &line] {
                 return post(line, *options, "skip", {{"step", options->step}}, "run now recorded");
               });
  skip->add_option("STEP", options->step, "one step (default: every one in the run)");
  add_example(*skip, "  troupe runs skip 0198f3a1-7c1e-7000-8000-000000000001 services/n8n");
  auto* told = add_verb(runs, line, options, "signal", "Gives a run a signal",
                        [options, &line] { return signal(line, *options); });
  told->add_option("NAME", options->name, "the signal's name")->required();
  told->add_option("BODY", options->body, "any JSON (default: null)");
  add_example(*told,
              "  troupe runs signal 0198f3a1-7c1e-7000-8000-000000000001 go '{\"by\": \"ann\"}'");
  auto* word =
      add_verb(runs, line, options, "resolve", "Says whether a call of unknown outcome happened",
               [options, &line] { return resolve(line, *options); });
  word->add_option("STEP", options->step, "the step whose call it was")->required();
  word->add_flag("--happened", options->happened, "it did: it is not done again");
  word->add_flag("--did-not-happen", options->did_not_happen, "it did not: it may be done");
  word->add_option("--tool", options->tool, "which tool, where several are in doubt");
  word->add_option("--output", options->output, "what it gave, as JSON");
  add_example(*word, "  troupe runs resolve 0198f3a1-7c1e-7000-8000-000000000001 pay --happened");
}

} // namespace

void add_operate_commands(CLI::App& runs, CommandLine& line) {
  auto options = std::make_shared<OperateOptions>();
  add_stops(runs, line, options);
  add_words(runs, line, options);
}

void add_approve_command(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<OperateOptions>();
  auto* command = app.add_subcommand("approve", "Shows what a run asks a person, and decides it");
  command->add_option("RUN", options->run, "the run's id (default: list what is pending)");
  command->add_option("STEP", options->step, "the approval (default: the only one pending)");
  command->add_flag("--deny", options->deny, "refuse it: the step fails with `denied`");
  command->add_option("--reason", options->reason, "why; people read it in the run");
  command->add_flag("-y,--yes", options->yes, "do not ask; needed where nobody can be asked");
  add_server_options(*command, line);
  add_example(*command,
              "  troupe approve\n"
              "  troupe approve 0198f3a1-7c1e-7000-8000-000000000001\n"
              "  troupe approve 0198f3a1-7c1e-7000-8000-000000000001 go_live --deny --reason late\n"
              "Exit code 0: decided; 1: not decided; 65: nothing is pending, or it has changed.");
  command->callback([options, &line] { line.exit_code = approve(line, *options); });
}

} // namespace troupe::cli
