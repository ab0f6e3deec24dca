// What every sub-command is made of. CLI11 appears in ops/cli/command*.cpp and main.cpp alone.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "ops/cli/exit_codes.hpp"

namespace CLI {
class App;
}

namespace troupe::cli {

/// Options that nearly every command takes.
struct CommonOptions {
  bool json = false;
  std::string server;
};

/// The command line: each add_* declares sub-commands whose callbacks set `exit_code`.
struct CommandLine {
  CommonOptions common;
  ExitCode exit_code = ExitCode::ok;
};

void add_dev_command(CLI::App& app, CommandLine& line);
void add_node_command(CLI::App& app, CommandLine& line);
void add_demo_command(CLI::App& app, CommandLine& line);
void add_plan_commands(CLI::App& app, CommandLine& line);
void add_simulate_command(CLI::App& app, CommandLine& line);
void add_bench_command(CLI::App& app, CommandLine& line);
void add_config_commands(CLI::App& app, CommandLine& line);
void add_keys_commands(CLI::App& app, CommandLine& line);
void add_run_commands(CLI::App& app, CommandLine& line);      // run, runs
void add_operate_commands(CLI::App& runs, CommandLine& line); // runs cancel, kill, pause, ...
void add_fork_commands(CLI::App& runs, CommandLine& line);    // runs retry, fork
void add_approve_command(CLI::App& app, CommandLine& line);
void add_explain_commands(CLI::App& app, CommandLine& line); // why, events, diff, replay
void add_job_commands(CLI::App& app, CommandLine& line);     // jobs, nodes
void add_event_commands(CLI::App& app, CommandLine& line);   // inject, dead-letters
void add_schedule_commands(CLI::App& app, CommandLine& line);
void add_help_commands(CLI::App& app, CommandLine& line); // help, version

/// `--json` and, for commands that ask a server, `--server`.
void add_json_option(CLI::App& command, CommandLine& line);
void add_server_options(CLI::App& command, CommandLine& line);

/// `--label name=value`, as often as wanted.
void add_label_option(CLI::App& command, std::vector<std::string>& labels, const char* help);

/// "Examples:\n  troupe ..." under a command's help.
void add_example(CLI::App& command, const std::string& lines);

} // namespace troupe::cli
