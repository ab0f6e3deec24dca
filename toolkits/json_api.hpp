// Asks another server's JSON API by GET, and puts its refusals in words.
#pragma once
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "runtime/limits.hpp"
#include "runtime/ports/http_client.hpp"
#include "runtime/result.hpp"

namespace troupe::toolkits {

class JsonApi {
 public:
  using Query = std::vector<std::pair<std::string, std::string>>; // percent-encoded when sent

  /// `server` names it in texts: "Prometheus". `url` is its root; a last slash does not matter.
  JsonApi(std::string server, std::string url, std::string bearer_token,
          std::shared_ptr<ports::HttpClient> http);

  /// The body of a 2xx answer. invalid_input: the server found the request wrong (400);
  /// rate_limited: 429; timeout; cancelled; tool_failed: any other refusal, an answer of more than
  /// limits::query_answer_bytes_max, or no connection.
  Result<std::string> get(const std::string& path, const Query& query, Millis timeout,
                          std::stop_token stop) const;

  /// For an answer that is not what the API promises.
  Error unexpected(std::string_view what) const;

 private:
  Error refusal(const ports::HttpResponse& response) const;

  std::string server_, url_, bearer_token_;
  std::shared_ptr<ports::HttpClient> http_;
};

/// Why the settings `url` and `bearer_token` cannot be used; each begins with its JSON Pointer.
std::vector<std::string> api_faults(const std::string& url, const std::string& bearer_token);

/// How much of a list fits in an answer.
class ListBudget {
 public:
  /// False, from then on, when an item of so many bytes is one too many.
  bool take(std::size_t bytes) {
    spent_ = spent_ || items_left_ == 0 || bytes > bytes_left_;
    if (spent_) return false;
    --items_left_;
    bytes_left_ -= bytes;
    return true;
  }
  bool spent() const { return spent_; }

 private:
  std::size_t items_left_ = limits::query_items_max;
  std::size_t bytes_left_ = limits::text_result_bytes_max;
  bool spent_ = false;
};

} // namespace troupe::toolkits
