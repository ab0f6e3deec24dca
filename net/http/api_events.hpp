// Endpoints for injected events and those that could not be used.
#pragma once
#include "net/http/router.hpp"
#include "runtime/intake/injected.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// What is posted to /v1/events/{in}, by CloudEvents' HTTP binding: its `Content-Type` and the
/// headers that begin with "ce-". Takes the body. invalid_input: no source can have that name.
Result<intake::Injected> event_of(Request& request);

/// `operations` must outlive the router's server.
void add_events(Router& router, ports::Operations& operations);

} // namespace troupe::http
