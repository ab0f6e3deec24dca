// The endpoints: what the outside may ask, over HTTP.
#pragma once
#include <functional>
#include <string>

#include "net/http/router.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

struct ApiOptions {
  std::string node, version;
  std::function<std::string()> metrics; // the text of /metrics
};

/// GET / names them all. `operations` outlives the server.
void add_api(Router& router, ports::Operations& operations, ApiOptions options);

} // namespace troupe::http
