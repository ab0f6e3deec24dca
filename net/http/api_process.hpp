// What every node that serves HTTP says of itself, and whether it is ready.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/http/router.hpp"

namespace troupe::http {

struct ApiOptions {
  std::string node, version;
  std::function<std::string()> metrics; // the text of /metrics
};

using Endpoints = std::span<const std::pair<const char*, const char*>>; // and what they are for

/// GET /, which names the endpoints, /healthz and /metrics.
void add_process(Router& router, const ApiOptions& options, Endpoints endpoints);

/// Of GET /readyz: 200 and the object; or, where `why_not` says something, 503 and a problem that
/// has the object's members too.
Response readiness(const std::string& object, std::string_view why_not);

} // namespace troupe::http
