// The endpoints of schedules.
#pragma once
#include "net/http/router.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

void add_schedules(Router& router, ports::Operations& operations);

} // namespace troupe::http
