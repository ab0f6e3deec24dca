// Endpoints for injected events and those that could not be used.
#pragma once
#include "net/http/router.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// `operations` must outlive the router's server.
void add_events(Router& router, ports::Operations& operations);

} // namespace troupe::http
