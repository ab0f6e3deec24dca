// troupe jobs list | show, troupe nodes, troupe limits
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/job_inputs.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/limits.hpp"
#include "ops/cli/view/table.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

template <class Render>
ExitCode print(const CommandLine& line, const json::value& answer, Render render) {
  return print(line, answer, line.common.json ? std::string{} : std::string{render(answer)});
}

struct JobOptions {
  std::string id, team, state;
  std::vector<std::string> labels;
  unsigned limit = 50;
};

ExitCode list_jobs(const CommandLine& line, const JobOptions& options) {
  std::string query = "?limit=" + std::to_string(options.limit);
  if (!options.team.empty()) query += "&team=" + percent_encoded(options.team);
  if (!options.state.empty()) query += "&state=" + percent_encoded(options.state);
  query += label_query(options.labels);
  return print(line, connect(line).get("/v1/jobs" + query), [](const json::value& answer) {
    return view::render_jobs(answer, view::detect_style(), SystemClock{}.now());
  });
}

void add_jobs(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<JobOptions>();
  auto* jobs = app.add_subcommand("jobs", "Lists and shows jobs: what somebody asked for");
  add_server_options(*jobs, line);
  jobs->require_subcommand(0, 1);
  auto* list = jobs->add_subcommand("list", "The latest jobs (also: `troupe jobs` alone)");
  list->add_option("--team", options->team, "only jobs of this team");
  list->add_option("--state", options->state, "only jobs in this state");
  add_label_option(*list, options->labels,
                   "only jobs with this label, name=value; several: all of them");
  list->add_option("--limit", options->limit, "at most so many")->check(CLI::Range(1U, 1000U));
  auto* show = jobs->add_subcommand("show", "One job with all it holds");
  show->add_option("JOB", options->id, "the job's id")->required();
  for (auto* command : {list, show}) add_server_options(*command, line);
  add_example(*jobs,
              "  troupe jobs\n  troupe jobs list --state running --json\n"
              "  troupe jobs list --label env=prod --label service=web\n"
              "  troupe jobs show 0198f3a1-7c1e-7000-8000-000000000001");
  jobs->final_callback([=, &line] {
    if (!show->parsed()) return void(line.exit_code = list_jobs(line, *options));
    json::value job = connect(line).get("/v1/jobs/" + percent_encoded(options->id));
    line.exit_code = print(line, job, [](const json::value& answer) {
      return view::render_job(answer, view::detect_style());
    });
  });
}

} // namespace

void add_job_commands(CLI::App& app, CommandLine& line) {
  add_jobs(app, line);

  auto* nodes = app.add_subcommand("nodes", "Lists the nodes of the cluster");
  add_server_options(*nodes, line);
  add_example(*nodes, "  troupe nodes\n  troupe nodes --json --server http://127.0.0.1:8420");
  nodes->callback([&line] {
    line.exit_code = print(line, connect(line).get("/v1/nodes"), [](const json::value& answer) {
      return view::render_nodes(answer, view::detect_style());
    });
  });

  auto* limits =
      app.add_subcommand("limits", "Shows keyed limits: what is in use, and how many steps wait");
  add_server_options(*limits, line);
  add_example(
      *limits,
      "  troupe limits\n  troupe limits --json\n"
      "The rules stand in the `limits` of a node's settings; `troupe why RUN STEP` says which\n"
      "one a step waits for.");
  limits->callback([&line] {
    line.exit_code = print(line, connect(line).get("/v1/limits"), [](const json::value& answer) {
      return view::render_limits(answer, view::detect_style());
    });
  });
}

} // namespace troupe::cli
