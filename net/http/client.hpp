// HTTP towards the outside. libcurl stands behind this page.
#pragma once
#include <memory>
#include <string>

#include "runtime/ports/http_client.hpp"

namespace troupe::http {

struct ClientOptions {
  std::string user_agent = "troupe";    // unless the request has a header of that name
  std::string ca_file;                  // PEM; in place of the system's authorities
  std::size_t idle_connections_max = 8; // sets of them kept for the next request
};

/// Thread-safe; each call runs on its caller's thread. Follows at most five redirects, when asked
/// to. Uses the proxy of the environment (https_proxy, no_proxy), never for loopback. Whom it may
/// talk to is its caller's business. Errors name the URL without its user and query.
std::unique_ptr<ports::HttpClient> make_client(ClientOptions options = {});

} // namespace troupe::http
