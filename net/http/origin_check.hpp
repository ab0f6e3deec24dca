// Keeps web pages of other sites out of a server on loopback. Pure.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "net/http/message.hpp"

namespace troupe::http {

struct OriginRules {
  /// Any Host is accepted: the server is meant to be reached by names of its network.
  bool any_host = false;
  std::vector<std::string> hosts; // accepted beside the names of loopback; lower case
};

/// What to answer instead of serving the request; nothing if it may pass.
///
/// 421: the Host is not ours. A page whose name was made to point here (DNS rebinding) sends its
/// own. 403: the request would change something and its Origin is another site's: a form or script
/// of a page that the person at this machine merely visits.
std::optional<Response> refuse_foreign(const Request& request, const OriginRules& rules);

} // namespace troupe::http
