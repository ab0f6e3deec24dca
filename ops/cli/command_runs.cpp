// troupe run PLAN, troupe runs list | show | watch
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>

#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/job_inputs.hpp"
#include "ops/cli/run_watch.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_tree.hpp"
#include "ops/cli/view/table.hpp"
#include "runtime/plan/parse.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct RunOptions {
  std::string plan, inputs_file, team, title, key, priority;
  std::vector<std::string> inputs, labels;
  bool detach = false;
};

void print_line(const std::string& text) { std::printf("%s\n", text.c_str()); }

/// Puts the plan into the request: the text of a file, or a name that the server's team knows.
plan::Plan add_plan(json::object& request, const std::string& named) {
  std::error_code error;
  bool looks_like_name = named.find_first_of("/.") == std::string::npos;
  if (looks_like_name && !std::filesystem::exists(named, error)) {
    request["plan_name"] = named;
    return {};
  }
  std::string text = read_input(named, "the plan");
  std::string file = named == "-" ? "stdin" : named;
  auto parsed = plan::parse_plan(file, text);
  if (!parsed.faults.empty())
    throw Failure{ExitCode::bad_data, "the plan has faults\n" + plan::render(parsed.faults, file)};
  request["plan"] = text;
  request["plan_file"] = file;
  return parsed.plan;
}

json::object make_request(const RunOptions& options) {
  json::object request;
  plan::Plan plan = add_plan(request, options.plan);
  request["inputs"] = read_inputs(options.inputs_file, options.inputs, plan);
  if (!options.labels.empty()) request["labels"] = json::value_from(make_labels(options.labels));
  for (auto [name, value] : {std::pair{"team", &options.team},
                             {"title", &options.title},
                             {"idempotency_key", &options.key},
                             {"priority", &options.priority}})
    if (!value->empty()) request[name] = *value;
  return request;
}

WatchForm watch_form(const view::Style& style) {
  return style.live ? WatchForm::tree : WatchForm::lines;
}

ExitCode run_plan(const CommandLine& line, const RunOptions& options) {
  json::object request = make_request(options);
  ApiClient api = connect(line);
  json::value answer = api.post("/v1/jobs", json::serialize(request));
  std::string job = view::text(answer, "job"), run = view::text(answer, "run");
  if (options.detach) {
    bool duplicate = view::truth(answer, "duplicate");
    print_line(line.common.json ? json::serialize(answer)
                                : "job " + job + (duplicate ? " was already there" : " created") +
                                      "; follow it: "
                                      "troupe runs watch " +
                                      run);
    return ExitCode::ok;
  }
  view::Style style = view::detect_style();
  json::value ended =
      watch_run(api, run, line.common.json ? WatchForm::silent : watch_form(style), style);
  if (line.common.json)
    print_line(json::serialize(ended));
  else
    std::printf("%s", render_outcome(ended, style).c_str());
  return exit_code_of(ended);
}

void add_run(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<RunOptions>();
  auto* run = app.add_subcommand("run", "Submits a plan and follows its run to the end");
  run->add_option(
         "PLAN", options->plan,
         "a plan file (YAML or JSON), `-` for standard input, or the name of a plan of the team")
      ->required();
  run->add_option(
      "-i,--input", options->inputs,
      "one input, name=value; a value that the plan declares as text is taken as it is, "
      "any other is read as JSON");
  run->add_option("--inputs", options->inputs_file,
                  "a JSON file with all inputs, `-` for standard input");
  run->add_option("--team", options->team,
                  "the team that runs it (default: the server's only one)");
  run->add_option("--title", options->title,
                  "what people read in lists (default: the plan's name)");
  add_label_option(*run, options->labels, "a label to find it by, name=value; may be repeated");
  run->add_option("--key", options->key, "idempotency key: the same key again is the same job");
  run->add_option("--priority", options->priority, "low, normal, high or critical")
      ->check(CLI::IsMember({"low", "normal", "high", "critical"}));
  run->add_flag("-d,--detach", options->detach, "submit only; do not wait");
  add_server_options(*run, line);
  add_example(*run,
              "  troupe run configs/plans/service-down.yaml -i service=patient\n"
              "  troupe run plan.yaml --inputs inputs.json --key deploy-42 --detach\n"
              "Exit code 0: the run completed; 1: it did not; 65: the plan or inputs have faults.");
  run->callback([options, &line] { line.exit_code = run_plan(line, *options); });
}

ExitCode list_runs(const CommandLine& line, const std::string& query) {
  json::value answer = connect(line).get("/v1/runs" + query);
  if (line.common.json)
    print_line(json::serialize(answer));
  else
    std::printf("%s", view::render_runs(answer, view::detect_style(), SystemClock{}.now()).c_str());
  return ExitCode::ok;
}

ExitCode show_run(const CommandLine& line, const std::string& id) {
  json::value run = connect(line).get("/v1/runs/" + percent_encoded(id));
  view::Style style = view::detect_style();
  style.height = 0;
  if (line.common.json)
    print_line(json::serialize(run));
  else
    std::printf("%s", view::render_run(run, {style, SystemClock{}.now()}).c_str());
  return ExitCode::ok;
}

ExitCode watch(const CommandLine& line, const std::string& id) {
  view::Style style = view::detect_style();
  WatchForm form = line.common.json ? WatchForm::json : watch_form(style);
  json::value ended = watch_run(connect(line), id, form, style);
  if (!line.common.json) std::printf("%s", render_outcome(ended, style).c_str());
  return exit_code_of(ended);
}

void add_runs(CLI::App& app, CommandLine& line) {
  struct Options {
    std::string id, state;
    std::vector<std::string> labels;
    unsigned limit = 50;
    bool tree = true; // the only form there is
  };
  auto options = std::make_shared<Options>();
  auto* runs = app.add_subcommand("runs", "Lists, shows, follows and operates runs");
  add_server_options(*runs, line);
  runs->require_subcommand(0, 1);
  auto* list = runs->add_subcommand("list", "The latest runs (also: `troupe runs` alone)");
  list->add_option("--state", options->state, "only runs in this state");
  add_label_option(*list, options->labels,
                   "only runs with this label, name=value; several: all of them");
  list->add_option("--limit", options->limit, "at most so many")->check(CLI::Range(1U, 1000U));
  auto* show =
      runs->add_subcommand("show", "One run as a tree: steps, agents, attempts, tool calls");
  show->add_flag("--tree", options->tree, "as a tree (the default)");
  auto* follow = runs->add_subcommand("watch", "Follows a run until it ends");
  for (auto* command : {show, follow})
    command->add_option("RUN", options->id, "the run's id")->required();
  for (auto* command : {list, show, follow}) add_server_options(*command, line);
  add_operate_commands(*runs, line);
  add_fork_commands(*runs, line);
  add_example(*runs,
              "  troupe runs\n  troupe runs watch 0198f3a1-7c1e-7000-8000-000000000001\n"
              "  troupe runs show 0198f3a1-7c1e-7000-8000-000000000001 --json");
  runs->final_callback([=, &line] {
    if (show->parsed()) return void(line.exit_code = show_run(line, options->id));
    if (follow->parsed()) return void(line.exit_code = watch(line, options->id));
    if (!runs->get_subcommands().empty() && !list->parsed()) return; // it acts by itself
    std::string query = "?limit=" + std::to_string(options->limit);
    if (!options->state.empty()) query += "&state=" + percent_encoded(options->state);
    line.exit_code = list_runs(line, query + label_query(options->labels));
  });
}

} // namespace

void add_run_commands(CLI::App& app, CommandLine& line) {
  add_run(app, line);
  add_runs(app, line);
}

} // namespace troupe::cli
