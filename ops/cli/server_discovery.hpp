// Which server a command talks to.
#pragma once
#include <string>
#include <vector>

#include "ops/cli/dev_state.hpp"

namespace troupe::cli {

struct Server {
  std::string url;         // "http://127.0.0.1:8420", no slash at the end
  std::string found;       // how, for error texts: "--server", "the running `troupe dev` on .."
  bool supervised = false; // by a living `troupe dev`, which starts it again when it dies
};

/// The option, else the environment, else the youngest running `troupe dev` of this user, else
/// http://127.0.0.1:8420. Failure usage: not an http(s) URL.
Server choose_server(const std::string& option, const std::string& environment,
                     const std::vector<DevState>& running);

/// The same from this process's environment and state folder.
Server discover_server(const std::string& option);

} // namespace troupe::cli
