// troupe runs retry, troupe runs fork
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/job_inputs.hpp"
#include "ops/cli/person.hpp"
#include "ops/cli/view/fork.hpp"
#include "ops/cli/view/json_reading.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct ForkOptions {
  std::string run, from, task, with;
  std::vector<std::string> inputs;
  bool keep = true, yes = false, preview = false, retry = false;
};
using Options = std::shared_ptr<ForkOptions>;

/// JSON, or else the words themselves.
json::value words(const std::string& text) {
  json::error_code error;
  auto value = json::parse(text, error);
  return error ? json::value(text) : std::move(value);
}

json::object make_request(const ForkOptions& options) {
  json::object inputs;
  for (const auto& assignment : options.inputs) add_input(inputs, assignment, {});
  json::object request{
      {"from", options.from}, {"keep", options.keep}, {"inputs", std::move(inputs)}};
  if (options.retry) request["retry"] = true;
  if (!options.task.empty()) request["task"] = words(options.task);
  if (!options.with.empty()) request["with"] = parse_json_input(options.with, "--with");
  return request;
}

/// Asks where effects would happen once more.
void require_consent(const json::value& preview, const ForkOptions& options, bool as_json) {
  if (view::list(preview, "repeats").empty() || options.yes) return;
  const std::string shown = view::render_fork(preview, view::detect_style());
  if (as_json || !can_ask())
    throw Failure{ExitCode::bad_data,
                  "effects would happen once more; add --yes if they may\n" + shown};
  std::printf("%s", shown.c_str());
  std::fflush(stdout);
  if (!says_yes("These effects happen once more. Go on?"))
    throw Failure{ExitCode::failed, "nothing started"};
}

ExitCode fork(const CommandLine& line, const ForkOptions& options) {
  const ApiClient api = connect(line);
  const std::string path = "/v1/runs/" + percent_encoded(options.run) + "/fork";
  json::object request = make_request(options);
  request["preview"] = true;
  const json::value preview = api.post(path, json::serialize(request));
  const auto show = [&](const json::value& answer) {
    std::printf("%s", line.common.json ? (json::serialize(answer) + "\n").c_str()
                                       : view::render_fork(answer, view::detect_style()).c_str());
    return ExitCode::ok;
  };
  if (options.preview) return show(preview);
  require_consent(preview, options, line.common.json);
  request["preview"] = false;
  request["accept_repeats"] = true;
  return show(api.post(path, json::serialize(request)));
}

CLI::App* add_fork(CLI::App& runs, CommandLine& line, const Options& options, const char* name,
                   const char* help) {
  auto* command = runs.add_subcommand(name, help);
  command->add_option("RUN", options->run, "the run's id")->required();
  command->add_option("-i,--input", options->inputs,
                      "an input that is another now, name=value; steps that read it happen again");
  command->add_option("--task", options->task, "another `task` for the step of --from");
  command->add_option("--with", options->with, "another `with` for the step of --from, as JSON");
  command->add_flag("--preview", options->preview,
                    "only say what is kept, what happens again and which effects repeat");
  command->add_flag("-y,--yes", options->yes, "effects may repeat; do not ask");
  add_server_options(*command, line);
  return command;
}

} // namespace

void add_fork_commands(CLI::App& runs, CommandLine& line) {
  auto options = std::make_shared<ForkOptions>();
  auto* retry = add_fork(runs, line, options, "retry",
                         "A new run of the job that keeps what stands and does the rest again");
  retry->add_option("--from", options->from,
                    "the step to begin again at (default: whatever did not complete)");
  add_example(*retry,
              "  troupe runs retry 0198f3a1-7c1e-7000-8000-000000000001\n"
              "  troupe runs retry 0198f3a1-7c1e-7000-8000-000000000001 --from deploy -i size=2");
  retry->callback([options, &line] {
    options->retry = true;
    line.exit_code = fork(line, *options);
  });
  auto* copy = add_fork(runs, line, options, "fork",
                        "A new run of the job beside this one, whether it has ended or not");
  copy->add_option("--from", options->from,
                   "the step to begin at, keeping what comes before (default: the first)");
  add_example(*copy,
              "  troupe runs fork 0198f3a1-7c1e-7000-8000-000000000001 -i domain=example.org\n"
              "  troupe runs fork 0198f3a1-7c1e-7000-8000-000000000001 --from deploy --preview");
  copy->callback([options, &line] {
    options->keep = !options->from.empty();
    line.exit_code = fork(line, *options);
  });
}

} // namespace troupe::cli
