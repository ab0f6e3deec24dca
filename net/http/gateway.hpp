// The endpoints of a gateway node: it lets alerts and events in, and passes the rest on.
#pragma once
#include "net/http/api_process.hpp"
#include "net/http/forwarder.hpp"
#include "net/http/router.hpp"
#include "runtime/ports/gateway.hpp"

namespace troupe::http {

/// GET / names them all. POST /webhooks/alertmanager and POST /v1/events/{in} answer 202 once the
/// stream of injected events has what came, whether an orchestrator is up or not; what cannot be
/// read is refused here (400, 413). All other requests go to an orchestrator. `gateway` and
/// `forwarder` outlive the server.
void add_gateway(Router& router, ports::Gateway& gateway, Forwarder& forwarder,
                 const ApiOptions& options);

} // namespace troupe::http
