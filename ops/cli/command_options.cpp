#include <CLI/CLI.hpp>

#include "ops/cli/command.hpp"

namespace troupe::cli {

void add_json_option(CLI::App& command, CommandLine& line) {
  command.add_flag("--json", line.common.json,
                   "one JSON document on standard output, for programs");
}

void add_server_options(CLI::App& command, CommandLine& line) {
  add_json_option(command, line);
  command.add_option("--server", line.common.server,
                     "URL of the server (default: TROUPE_SERVER, the running `troupe dev`, or "
                     "http://127.0.0.1:8420)");
}

void add_label_option(CLI::App& command, std::vector<std::string>& labels, const char* help) {
  command.add_option("-l,--label", labels, help)->allow_extra_args(false);
}

void add_example(CLI::App& command, const std::string& lines) {
  command.footer("\nExamples:\n" + lines);
}

} // namespace troupe::cli
