#include "ops/cli/server_discovery.hpp"

#include <cstdlib>

#include "ops/cli/exit_codes.hpp"

namespace troupe::cli {

namespace {

Server checked(std::string url, const std::string& found) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    throw Failure{ExitCode::usage, "`" + url + "` (" + found +
                                       ") is not the URL of a server; expected something like "
                                       "http://127.0.0.1:8420"};
  while (url.ends_with('/')) url.pop_back();
  return {url, found, false};
}

} // namespace

Server choose_server(const std::string& option, const std::string& environment,
                     const std::vector<DevState>& running) {
  if (!option.empty()) return checked(option, "--server");
  if (!environment.empty()) return checked(environment, "TROUPE_SERVER");
  if (!running.empty())
    return {running.front().http, "the running `troupe dev` on " + running.front().data, true};
  return {"http://127.0.0.1:8420", "the default address", false};
}

Server discover_server(const std::string& option) {
  const char* environment = std::getenv("TROUPE_SERVER");
  return choose_server(option, environment ? environment : "", read_dev_states(dev_state_folder()));
}

} // namespace troupe::cli
