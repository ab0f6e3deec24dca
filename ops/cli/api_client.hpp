// The HTTP API as the sub-commands use it: JSON in, JSON out, every refusal a clear Failure.
#pragma once
#include <boost/json/fwd.hpp>
#include <memory>
#include <stop_token>
#include <string>

#include "ops/cli/server_discovery.hpp"
#include "runtime/ports/http_client.hpp"

namespace troupe::cli {

class ApiClient {
 public:
  ApiClient(std::shared_ptr<ports::HttpClient> http, Server server);

  /// Failure unavailable: no server there; no_input: 404; bad_data: 400, 409, 413, 422; try_again:
  /// 429, 503; no_permission: 401, 403; internal: anything else. The text is the problem's detail.
  /// Blocks for at most 30 seconds; get() of a supervised server also waits while it, or
  /// its Postgres, is started again.
  boost::json::value get(const std::string& path) const;
  boost::json::value post(const std::string& path, const std::string& body,
                          const std::string& idempotency_key = "") const;

  /// The status alone; 0 when nobody answers. Blocks for at most two seconds.
  int status_of(const std::string& path) const;

  const Server& server() const { return server_; }

 private:
  ports::HttpResponse send(ports::HttpRequest request) const;

  std::shared_ptr<ports::HttpClient> http_;
  Server server_;
};

/// "a b/c" -> "a%20b%2Fc": one segment of a path or one value of a query.
std::string percent_encoded(std::string_view text);

} // namespace troupe::cli
