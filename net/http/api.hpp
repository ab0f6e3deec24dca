// The endpoints: what the outside may ask, over HTTP.
#pragma once
#include "net/http/api_process.hpp"
#include "net/http/router.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// GET / names them all. `operations` outlives the server.
void add_api(Router& router, ports::Operations& operations, const ApiOptions& options);

} // namespace troupe::http
