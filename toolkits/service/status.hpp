// service.status: everything that a diagnosis needs, in one answer.
#pragma once
#include <stop_token>

#include "runtime/json_text.hpp"
#include "runtime/ports/http_client.hpp"
#include "toolkits/service/settings.hpp"

namespace troupe::service {

extern const std::string_view status_schema; // of the answer

/// Looks at the processes, the port, the health and the configuration. Never fails: what could not
/// be found out is said in the answer.
JsonText look_at(const Settings& service, const Catalogue& catalogue, ports::HttpClient& http,
                 Millis timeout, const std::stop_token& stop);

} // namespace troupe::service
