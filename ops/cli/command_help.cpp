// troupe help, troupe version
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdio>

#include "ops/cli/command.hpp"
#include "runtime/message/schema.hpp"

namespace troupe::cli {

namespace {

constexpr const char* environment_help =
    "Environment:\n\n"
    "  TROUPE_SERVER     URL of the server that commands talk to (--server wins)\n"
    "  TROUPE_CONFIGS    folder with teams/, plans/ and runbooks/ (default: beside the binary, in "
    "its\n"
    "                    source tree, or ../share/troupe/configs)\n"
    "  XDG_RUNTIME_DIR, XDG_STATE_HOME, HOME\n"
    "                    where a running `troupe dev` leaves its addresses, and its data folder\n"
    "  NO_COLOR          any value: no colours\n";

ExitCode help(CLI::App& app, const std::vector<std::string>& topic) {
  if (topic.empty()) {
    // App::help would show the help of `help`, which is what was parsed.
    std::string text = app.get_formatter()->make_help(&app, "troupe", CLI::AppFormatMode::Normal);
    std::printf("%s", text.c_str());
    return ExitCode::ok;
  }
  if (topic == std::vector<std::string>{"exit-codes"}) {
    std::printf("%s", exit_code_help().c_str());
    return ExitCode::ok;
  }
  if (topic == std::vector<std::string>{"environment"}) {
    std::printf("%s", environment_help);
    return ExitCode::ok;
  }
  if (topic == std::vector<std::string>{"messages"}) {
    std::printf("%s", message::message_schema().c_str());
    return ExitCode::ok;
  }
  CLI::App* command = &app;
  for (const std::string& word : topic) {
    auto named = command->get_subcommands([&](CLI::App* each) { return each->get_name() == word; });
    if (named.empty())
      throw Failure{
          ExitCode::usage,
          "no help on `" + word + "`; topics: exit-codes, environment, messages, or a command"};
    command = named.front();
  }
  std::printf("%s", command->help().c_str());
  return ExitCode::ok;
}

} // namespace

void add_help_commands(CLI::App& app, CommandLine& line) {
  auto topic = std::make_shared<std::vector<std::string>>();
  auto* command = app.add_subcommand("help", "Explains a command or a topic");
  command->add_option(
      "TOPIC", *topic,
      "a command, exit-codes, environment, or messages: the JSON Schema of what goes over "
      "the bus");
  add_example(*command, "  troupe help exit-codes\n  troupe help runs watch");
  command->callback([&app, topic, &line] { line.exit_code = help(app, *topic); });

  auto* version = app.add_subcommand("version", "Prints the version");
  add_json_option(*version, line);
  add_example(*version, "  troupe version --json");
  version->callback([&line] {
    if (line.common.json)
      std::printf("%s\n",
                  boost::json::serialize(boost::json::object{{"version", TROUPE_VERSION}}).c_str());
    else
      std::printf("troupe %s\n", TROUPE_VERSION);
  });
}

} // namespace troupe::cli
