// The endpoints of artifacts.
#pragma once
#include "net/http/router.hpp"
#include "runtime/ports/artifacts.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// Both outlive the server. `operations` tells whether there is a run.
void add_artifacts(Router& router, ports::ArtifactDesk& desk, ports::Operations& operations);

} // namespace troupe::http
