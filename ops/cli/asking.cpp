#include "ops/cli/asking.hpp"

#include <boost/json.hpp>
#include <cstdio>

#include "net/http/client.hpp"

namespace troupe::cli {

ApiClient connect(const CommandLine& line) {
  return {http::make_client(), discover_server(line.common.server)};
}

ExitCode print(const CommandLine& line, const boost::json::value& answer,
               const std::string& words) {
  const auto said = line.common.json ? boost::json::serialize(answer) + "\n" : words;
  std::fwrite(said.data(), 1, said.size(), stdout);
  return ExitCode::ok;
}

} // namespace troupe::cli
