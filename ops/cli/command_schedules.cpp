// troupe schedules list | show | next | pause | resume | run
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "ops/cli/asking.hpp"
#include "ops/cli/command.hpp"
#include "ops/cli/person.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/schedules.hpp"
#include "ops/cli/view/table.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

struct ScheduleOptions {
  std::string id, team, key;
  unsigned limit = 20;
};
using Options = std::shared_ptr<ScheduleOptions>;

std::string choice(const ScheduleOptions& options) {
  std::string query = "?limit=" + std::to_string(options.limit);
  if (!options.team.empty()) query += "&team=" + percent_encoded(options.team);
  if (!options.id.empty()) query += "&id=" + percent_encoded(options.id);
  return query;
}

/// Where the schedule that is meant is found. Failure no_input: there is none; usage: several teams
/// have one of that id.
std::string path_of(const ApiClient& api, const ScheduleOptions& options) {
  std::string team = options.team;
  std::vector<std::string> ids;
  if (team.empty()) {
    std::vector<std::string> teams;
    const json::value answer = api.get("/v1/schedules");
    for (const json::value& schedule : view::list(answer, "schedules")) {
      ids.push_back(view::text(schedule, "id"));
      if (ids.back() == options.id) teams.push_back(view::text(schedule, "team"));
    }
    if (teams.size() > 1)
      throw Failure{ExitCode::usage, "several teams have a schedule `" + options.id +
                                         "`; name one with --team: " + plan::one_of(teams)};
    if (teams.empty())
      throw Failure{ExitCode::no_input, "there is no schedule `" + options.id + "`" +
                                            plan::did_you_mean_or_list(options.id, ids)};
    team = teams.front();
  }
  return "/v1/schedules/" + percent_encoded(team) + "/" + percent_encoded(options.id);
}

ExitCode change(const CommandLine& line, const ScheduleOptions& options, const std::string& verb) {
  const ApiClient api = connect(line);
  const json::value answer = api.post(path_of(api, options) + "/" + verb,
                                      json::serialize(json::object{{"by", user_name()}}));
  const std::string word = verb == "pause" ? "paused" : "resumed";
  const bool changed = view::truth(answer, "changed");
  return print(line, answer,
               options.id +
                   (changed           ? " is " + word
                    : verb == "pause" ? " was paused already"
                                      : " was not paused") +
                   "\n");
}

ExitCode run_now(const CommandLine& line, const ScheduleOptions& options) {
  const ApiClient api = connect(line);
  const json::value answer = api.post(path_of(api, options) + "/run", "", options.key);
  const std::string run = view::text(answer, "run");
  return print(line, answer,
               "job " + view::text(answer, "job") +
                   (view::truth(answer, "duplicate") ? " was already there" : " created") +
                   "; follow it: troupe runs watch " + run + "\n");
}

void add_views(CLI::App& schedules, CommandLine& line, const Options& options) {
  auto* list = schedules.add_subcommand("list", "All schedules (also: `troupe schedules` alone)");
  auto* show = schedules.add_subcommand("show", "One schedule with all it holds");
  auto* next = schedules.add_subcommand("next", "The next due times, of one or of all, in order");
  show->add_option("ID", options->id, "the schedule's id in its team")->required();
  next->add_option("ID", options->id, "the schedule's id (default: all)");
  next->add_option("--limit", options->limit, "at most so many")->check(CLI::Range(1U, 1000U));
  for (auto* command : {list, show, next}) {
    command->add_option("--team", options->team, "its team (default: any)");
    add_server_options(*command, line);
  }
  add_example(*list, "  troupe schedules list --team operations --json");
  add_example(*show, "  troupe schedules show nightly");
  add_example(*next, "  troupe schedules next --limit 5\n  troupe schedules next nightly --json");
  show->callback([options, &line] {
    const ApiClient api = connect(line);
    const json::value answer = api.get(path_of(api, *options));
    line.exit_code = print(line, answer, view::render_job(answer, view::detect_style()));
  });
  next->callback([options, &line] {
    const ApiClient api = connect(line);
    if (!options->id.empty())
      (void)path_of(api, *options); // a wrong id is named, not an empty list
    const json::value answer = api.get("/v1/schedules/next" + choice(*options));
    line.exit_code = print(line, answer, view::render_next_times(answer, view::detect_style()));
  });
}

void add_verbs(CLI::App& schedules, CommandLine& line, const Options& options) {
  auto* pause = schedules.add_subcommand("pause", "Starts nothing until it is resumed");
  auto* resume = schedules.add_subcommand("resume", "Goes on; what was due meanwhile is let go");
  auto* run = schedules.add_subcommand("run", "Makes a job of it now, paused or not");
  for (auto* command : {pause, resume, run}) {
    command->add_option("ID", options->id, "the schedule's id in its team")->required();
    command->add_option("--team", options->team, "its team (default: the one that has it)");
    add_server_options(*command, line);
  }
  run->add_option("--key", options->key, "idempotency key: the same key again is the same job");
  pause->callback([options, &line] { line.exit_code = change(line, *options, "pause"); });
  resume->callback([options, &line] { line.exit_code = change(line, *options, "resume"); });
  run->callback([options, &line] { line.exit_code = run_now(line, *options); });
  add_example(*pause, "  troupe schedules pause nightly");
  add_example(*resume, "  troupe schedules resume nightly --team operations");
  add_example(*run,
              "  troupe schedules run nightly\n"
              "Its due times are not touched; schedule.due is the time of the call.");
}

} // namespace

void add_schedule_commands(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<ScheduleOptions>();
  auto* schedules =
      app.add_subcommand("schedules", "Lists and operates schedules: plans started by the clock");
  add_server_options(*schedules, line);
  schedules->require_subcommand(0, 1);
  add_views(*schedules, line, options);
  add_verbs(*schedules, line, options);
  add_example(
      *schedules,
      "  troupe schedules\n  troupe schedules next\n  troupe schedules pause nightly\n"
      "They stand in the `schedules` of a team's file; `troupe config check` names its faults.");
  schedules->final_callback([=, &line] {
    const auto parsed = schedules->get_subcommands();
    if (!parsed.empty() && parsed.front()->get_name() != "list") return; // it acts by itself
    const json::value answer = connect(line).get("/v1/schedules" + choice(*options));
    line.exit_code = print(
        line, answer, view::render_schedules(answer, view::detect_style(), SystemClock{}.now()));
  });
}

} // namespace troupe::cli
