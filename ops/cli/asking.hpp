// What every command does that asks a server: finds it, and says what it answered.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

#include "ops/cli/api_client.hpp"
#include "ops/cli/command.hpp"

namespace troupe::cli {

/// Failure as of discover_server.
ApiClient connect(const CommandLine& line);

/// `words`, or with --json the answer on one line. ok.
ExitCode print(const CommandLine& line, const boost::json::value& answer, const std::string& words);

} // namespace troupe::cli
