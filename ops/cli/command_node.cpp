// troupe node, troupe dev, troupe demo: the commands that serve.
#include <CLI/CLI.hpp>

#include "ops/cli/command.hpp"
#include "ops/cli/demo/cause.hpp"
#include "ops/cli/demo/crash.hpp"
#include "ops/cli/demo/demo.hpp"
#include "ops/cli/dev/dev.hpp"
#include "ops/cli/fault_report.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/node.hpp"
#include "runtime/config/settings.hpp"

namespace troupe::cli {

namespace {

/// "60s", "1m30s", and plain 0.
Millis parse_wait(const std::string& text) {
  if (text == "0" || text == "0s") return Millis{0};
  if (auto parsed = parse_duration(text)) return *parsed;
  throw Failure{ExitCode::usage,
                "--wait-for-services " + text + ": expected a duration such as 60s or 1m30s, or 0"};
}

config::Settings settings_of(const std::string& file) {
  read_input(file, "the settings"); // a missing file is no fault of its content
  config::SettingsResult result = config::load_settings(file);
  if (result.faults.empty()) return result.settings;
  throw Failure{ExitCode::bad_configuration,
                "the settings have faults\n" + plan::render(result.faults, file)};
}

} // namespace

void add_node_command(CLI::App& app, CommandLine& line) {
  struct Options {
    std::string config, wait = "60s";
  };
  auto options = std::make_shared<Options>();
  auto* node = app.add_subcommand("node", "Runs one node of a cluster until it is told to stop");
  node->add_option("--config", options->config, "the node's settings (configs/node.yaml shows all)")
      ->required();
  node->add_option("--wait-for-services", options->wait,
                   "how long to wait for Postgres and NATS at the start; 0: not at all")
      ->capture_default_str();
  add_json_option(*node, line);
  add_example(*node,
              "  troupe node --config configs/node.yaml\n"
              "Exit code 69: Postgres or NATS did not answer in time; 78: faults in the settings.");
  node->callback([options, &line] {
    NodeOptions run{parse_wait(options->wait), line.common.json};
    line.exit_code = static_cast<ExitCode>(run_node(settings_of(options->config), run));
  });
}

void add_dev_command(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<dev::DevOptions>();
  auto wait = std::make_shared<std::string>("60s");
  options->data = dev::default_data_folder();
  auto* dev = app.add_subcommand(
      "dev",
      "Runs everything on this machine: private NATS and Postgres, an orchestrator node and "
      "agent nodes");
  dev->add_option("--data", options->data, "folder for all it keeps")->capture_default_str();
  dev->add_option("--listen", options->listen,
                  "loopback address and port of the API; port 0: any free one")
      ->capture_default_str();
  dev->add_option("--agents", options->agents, "agent nodes")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
  dev->add_option("--config", options->config,
                  "settings that all nodes share: teams, toolkits, labels (default: the teams that "
                  "come with Troupe)");
  dev->add_option("--postgres", options->postgres,
                  "URL of a Postgres to use instead of a private one");
  dev->add_option("--nats", options->nats, "URL of a NATS server to use instead of a private one");
  dev->add_option("--wait-for-services", *wait, "how long to wait for those two; 0: not at all")
      ->capture_default_str();
  add_json_option(*dev, line);
  add_example(*dev,
              "  troupe dev\n  troupe dev --data /tmp/try --listen 127.0.0.1:0 --agents 3 --json\n"
              "It stops everything it started when it ends, however it ends.");
  dev->callback([options, wait, &line] {
    options->json = line.common.json;
    options->wait_for_services = parse_wait(*wait);
    line.exit_code = static_cast<ExitCode>(dev::run_dev(*options));
  });
}

namespace {

void add_crash_demo(CLI::App& demo, CommandLine& line) {
  auto options = std::make_shared<demo::CrashOptions>();
  auto* command = demo.add_subcommand(
      "crash", "Kills a node at every step boundary of a run, and counts what was done twice");
  command->add_option("--data", options->data, "folder for all it keeps (default: a new one)");
  add_json_option(*command, line);
  add_example(
      *command,
      "  troupe demo crash\n  troupe demo crash --json | tail -1\n"
      "A private cluster of an orchestrator node and two agent nodes runs a plan of five steps "
      "twice.\nThe first time the owner of the run is killed as each step begins, the second "
      "time the node that\nruns the step. Each effect is a line of a file, which anybody can "
      "count.\nExit code 0: no finished step ran again and no effect was done twice; 1: "
      "otherwise.");
  command->callback([options, &line] {
    options->json = line.common.json;
    line.exit_code = static_cast<ExitCode>(demo::run_crash_demo(*options));
  });
}

} // namespace

void add_demo_command(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<demo::DemoOptions>();
  auto* command = app.add_subcommand(
      "demo", "Kills a real nginx and shows a real alert being healed by a real plan");
  std::string causes = "what is done to the patient:";
  std::vector<std::string> names;
  for (const demo::Scenario& scenario : demo::scenarios()) {
    names.emplace_back(scenario.name);
    causes += "\n" + names.back() + ": " + std::string{scenario.blow} +
              (scenario.heals ? "" : " (a person must decide)");
  }
  command->add_option("--cause", options->cause, causes)
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  command->add_flag("--keep", options->keep,
                    "leave everything up at the end, and print the addresses");
  command->add_option("--data", options->data, "folder for all it keeps (default: a new one)");
  command
      ->add_option("--time-limit", options->limit_seconds, "seconds until it counts as not healed")
      ->check(CLI::Range(10U, 600U))
      ->capture_default_str();
  command
      ->add_option("--kill-agent-at", options->kill_agent_at,
                   "kill the agent node with SIGKILL while this step runs")
      ->group(""); // of the tests
  add_json_option(*command, line);
  command->require_subcommand(0, 1);
  add_crash_demo(*command, line);
  add_example(*command,
              "  troupe demo\n  troupe demo --cause port\n  troupe demo --json | tail -1\n"
              "Exit code 0: the plan did what is right, that is, healed the patient, or left it\n"
              "to a person where no restart helps; 1: it did not, with the reason and the logs' "
              "folder.");
  command->callback([options, command, &line] {
    if (!command->get_subcommands().empty()) return; // it acts by itself
    options->json = line.common.json;
    line.exit_code = static_cast<ExitCode>(demo::run_demo(*options));
  });
}

} // namespace troupe::cli
