// troupe artifacts
#pragma once

namespace CLI {
class App;
}

namespace troupe::cli {

struct CommandLine;
void add_artifact_commands(CLI::App& app, CommandLine& line);

} // namespace troupe::cli
