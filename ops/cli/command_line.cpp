#include "ops/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "ops/cli/command.hpp"
#include "ops/cli/command_artifacts.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::cli {

namespace {

int report(ExitCode code, std::string message) {
  while (message.ends_with('\n')) message.pop_back();
  std::fflush(stdout);
  std::fprintf(stderr, "troupe: %s\n", message.c_str());
  return static_cast<int>(code);
}

/// The command that was being parsed: its help is the one worth naming.
std::string deepest(const CLI::App& app) {
  std::string path = "troupe";
  for (const CLI::App* command = &app;;) {
    auto parsed = command->get_subcommands();
    if (parsed.empty()) return path;
    command = parsed.front();
    path += " " + command->get_name();
  }
}

/// A first word that is no command, told before CLI11 says only that one is missing.
void require_known_command(CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](CLI::App*) { return true; })) {
    if (command->get_name() == argv[1]) return;
    names.push_back(command->get_name());
  }
  std::string nearest = plan::did_you_mean(argv[1], names);
  throw Failure{ExitCode::usage,
                std::string{"no command `"} + argv[1] + "`" + nearest + "\n  see `troupe --help`"};
}

void declare(CLI::App& app, CommandLine& line) {
  app.require_subcommand(1);
  app.set_help_flag("-h,--help", "explains a command, with an example");
  app.get_formatter()->column_width(34);
  add_dev_command(app, line);
  add_demo_command(app, line);
  add_run_commands(app, line);
  add_approve_command(app, line);
  add_explain_commands(app, line);
  add_job_commands(app, line);
  add_event_commands(app, line);
  add_schedule_commands(app, line);
  add_artifact_commands(app, line);
  add_plan_commands(app, line);
  add_simulate_command(app, line);
  add_bench_command(app, line);
  add_config_commands(app, line);
  add_keys_commands(app, line);
  add_node_command(app, line);
  add_help_commands(app, line);
  app.footer(
      "\nStart here:\n"
      "  troupe demo                    a real alert healed by a real plan, on this machine\n"
      "  troupe dev                     a whole cluster on this machine\n"
      "  troupe run PLAN                submits a plan and follows it\n"
      "Topics: troupe help exit-codes, troupe help environment");
}

} // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app{
      "Troupe runs agents that operate software: plans as supervision trees, over nodes on "
      "a bus.",
      "troupe"};
  CommandLine line;
  try {
    declare(app, line);
    require_known_command(app, argc, argv);
    app.parse(argc, argv);
    std::fflush(stdout);
    return static_cast<int>(line.exit_code);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return report(ExitCode::usage,
                  std::string{error.what()} + "\n  see `" + deepest(app) + " --help`");
  } catch (const Failure& failure) {
    return report(failure.code(), failure.what());
  } catch (const std::exception& defect) {
    return report(ExitCode::internal, std::string{"a defect, please report it: "} + defect.what());
  }
}

} // namespace troupe::cli
