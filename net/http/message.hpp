// Requests and answers of the HTTP server, as handlers see them.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::http {

/// Names and values, decoded, in the order they came.
using Fields = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method; // "GET"
  std::string target; // as it came: "/v1/jobs?limit=5"
  std::string path;   // as it came, without the query: "/v1/jobs/a%20b"
  Fields query;       // of the target
  Fields path_values; // of the route's pattern: {"id", "a b"}
  Fields headers;     // names in lower case
  std::string body;

  /// The first of that name; nothing if there is none. `name` in lower case.
  std::optional<std::string_view> header(std::string_view name) const;
  /// Of a name that stands in the route's pattern.
  const std::string& path_value(std::string_view name) const;
};

/// A piece of a body; nothing: it has ended.
using Piece = std::function<void(std::optional<std::string>)>;

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  Fields headers = {}; // further ones
  /// Where set, the body comes in pieces, and its end closes the connection. Asked for the next
  /// piece when the one before is written, on the server's thread; gives it once, from any thread,
  /// within limits::http_request_timeout. `body` is empty. Let go when the client is gone.
  std::function<void(Piece)> pieces = {};
};

/// RFC 9457: {"type":"about:blank","title":"Not Found","status":404,"detail":..}. Bytes of `detail`
/// that are not UTF-8 are replaced.
Response problem(int status, std::string_view detail, Fields headers = {});

std::string_view reason_phrase(int status); // "Not Found"; empty for one we never send

/// Where a handler puts its answer: any thread, any time. The first counts, later ones are ignored;
/// when the last copy goes without an answer, that is 500.
class Answer {
 public:
  explicit Answer(std::function<void(Response)> deliver);
  void operator()(Response response) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Runs on the server's thread and must not block it.
using Handler = std::function<void(Request, Answer)>;

} // namespace troupe::http
