// troupe why, events, diff, replay
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>

#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/replay.hpp"
#include "ops/cli/run_watch.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_diff.hpp"
#include "ops/cli/view/terminal.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

std::string run_path(const std::string& run) { return "/v1/runs/" + percent_encoded(run); }

void print_line(const std::string& text) { std::printf("%s\n", text.c_str()); }

void add_why(CLI::App& app, CommandLine& line) {
  struct Options {
    std::string run, step;
  };
  auto options = std::make_shared<Options>();
  auto* why = app.add_subcommand("why", "Why a run or a step waits, runs where it runs, or failed");
  why->add_option("RUN", options->run, "the run's id")->required();
  why->add_option("STEP", options->step, "a step's path, such as services/n8n or each[3]/restart");
  add_server_options(*why, line);
  add_example(*why,
              "  troupe why 0198f3a1-7c1e-7000-8000-000000000001\n"
              "  troupe why 0198f3a1-7c1e-7000-8000-000000000001 services/n8n --json");
  why->callback([options, &line] {
    const json::value answer =
        connect(line).get(run_path(options->run) + "/why" +
                          (options->step.empty() ? "" : "?step=" + percent_encoded(options->step)));
    if (line.common.json) return print_line(json::serialize(answer));
    const auto style = view::detect_style();
    std::printf("%s", view::wrap(view::text(answer, "why"), style.width).c_str());
  });
}

void add_events(CLI::App& app, CommandLine& line) {
  struct Options {
    std::string run;
    EventsRequest request;
  };
  auto options = std::make_shared<Options>();
  auto* events = app.add_subcommand("events", "What happened in a run, in order, none left out");
  events->add_option("RUN", options->run, "the run's id")->required();
  events->add_flag("-f,--follow", options->request.follow, "go on until the run ends");
  events->add_option("--after", options->request.after,
                     "only what came after this `seq`: the last one you have seen");
  events->add_flag("--bundle", options->request.bundle,
                   "with --json: first the documents that the run executes, so that `troupe "
                   "replay FILE` needs no server");
  add_server_options(*events, line);
  add_example(*events,
              "  troupe events 0198f3a1-7c1e-7000-8000-000000000001 --follow\n"
              "  troupe events 0198f3a1-7c1e-7000-8000-000000000001 --json --bundle > run.jsonl");
  events->callback([options, &line] {
    print_events(connect(line), options->run, options->request, line.common.json);
  });
}

void add_diff(CLI::App& app, CommandLine& line) {
  struct Options {
    std::string a, b;
    bool all = false;
  };
  auto options = std::make_shared<Options>();
  auto* diff = app.add_subcommand(
      "diff", "Compares two runs: inputs, plan, states, attempts, outputs, times");
  diff->add_option("A", options->a, "a run's id")->required();
  diff->add_option("B", options->b, "another run's id")->required();
  diff->add_flag("--all", options->all, "also the steps that are the same");
  add_server_options(*diff, line);
  add_example(*diff,
              "  troupe diff 0198f3a1-7c1e-7000-8000-000000000001 "
              "0198f3a1-7c1e-7000-8000-000000000002\n"
              "Exit code 0: they do not differ but in their times; 1: they do.");
  diff->callback([options, &line] {
    const ApiClient api = connect(line);
    const json::value difference =
        view::compare_runs(api.get(run_path(options->a)), api.get(run_path(options->b)));
    if (line.common.json)
      print_line(json::serialize(difference));
    else
      std::printf("%s", view::render_diff(difference, view::detect_style(), options->all).c_str());
    line.exit_code = view::truth(difference, "same") ? ExitCode::ok : ExitCode::failed;
  });
}

/// A file that is there, or else a run of the server.
RecordedRun recorded(const CommandLine& line, const std::string& named) {
  std::error_code error;
  if (named == "-" || std::filesystem::is_regular_file(named, error)) {
    RecordedRun run = read_recorded(read_input(named, "the events"), named);
    if (run.bundle.empty()) run.bundle = fetch_bundle(connect(line), run.id);
    return run;
  }
  return fetch_recorded(connect(line), named);
}

void add_replay(CLI::App& app, CommandLine& line) {
  struct Options {
    std::string run;
    ReplayRequest request;
  };
  auto options = std::make_shared<Options>();
  auto* replay = app.add_subcommand(
      "replay", "Folds the journal of a run again, here, and shows what it was at each moment");
  replay->add_option("RUN|FILE", options->run, "a run's id, or a file of `troupe events --json`")
      ->required();
  replay->add_flag("--step", options->request.step, "show the tree after every append");
  replay->add_option("--until", options->request.until, "stop after the append with this `seq`");
  add_server_options(*replay, line);
  add_example(*replay,
              "  troupe replay 0198f3a1-7c1e-7000-8000-000000000001 --until 12\n"
              "  troupe replay run.jsonl --step\n"
              "Exit code 0: every event was folded; 65: the journal has a gap or cannot be read.");
  replay->callback([options, &line] {
    replay_run(recorded(line, options->run), options->request, line.common.json,
               view::detect_style());
  });
}

} // namespace

void add_explain_commands(CLI::App& app, CommandLine& line) {
  add_why(app, line);
  add_events(app, line);
  add_diff(app, line);
  add_replay(app, line);
}

} // namespace troupe::cli
