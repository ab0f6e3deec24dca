#include "net/http/origin_check.hpp"

#include <algorithm>

#include "net/http/listen_address.hpp"
#include "net/http/url.hpp"

namespace troupe::http {
namespace {

bool is_named(const std::string& host, const OriginRules& rules) {
  return std::ranges::find(rules.hosts, host) != rules.hosts.end();
}

bool is_ours(const std::string& host, const OriginRules& rules) {
  return rules.any_host || is_loopback(host) || is_named(host, rules);
}

bool changes_something(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

} // namespace

std::optional<Response> refuse_foreign(const Request& request, const OriginRules& rules) {
  const auto authority = request.header("host").value_or("");
  const auto host = host_of(authority);
  const bool absent = !request.header("host"); // HTTP/1.0
  if (!absent && !host) return problem(400, "the Host header is not a host with an optional port");
  if (!absent && !is_ours(*host, rules))
    return problem(421,
                   "the Host header says '" + *host +
                       "', which is not a name of this server; ask for localhost or 127.0.0.1, or "
                       "name it in the settings under http.hosts");
  const auto origin = request.header("origin");
  if (!origin || !changes_something(request.method)) return std::nullopt;
  if (*origin == "http://" + std::string{authority}) return std::nullopt;
  if (host && is_named(*host, rules) && *origin == "https://" + std::string{authority})
    return std::nullopt; // the proxy in front speaks TLS
  return problem(403,
                 "the request comes from a page of another site; this server does not serve those");
}

} // namespace troupe::http
