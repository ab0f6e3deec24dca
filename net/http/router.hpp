// Which handler a request is for. Pure.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "net/http/message.hpp"

namespace troupe::http {

class Router {
 public:
  /// `pattern`: "/v1/jobs/{id}"; a name in braces stands for one segment, "{path...}" at the end
  /// for all that are left. A segment that is spelled out wins over one in braces. GET serves HEAD
  /// too.
  Router& on(std::string method, std::string pattern, Handler handler);

  struct Match {
    int status =
        404; // 200: found; 404; 405: `allow` says what the path takes; 400: the path itself
    std::string_view pattern; // of the route, also with 405; "" for none: a label with few values
    const Handler* handler = nullptr;
    Fields path_values; // decoded
    std::string allow;  // "GET, HEAD, POST"

    /// Requires no handler: the problem that says why.
    Response refusal(std::string_view path) const;
  };
  /// Points into this router.
  Match find(std::string_view method, std::string_view path) const;

 private:
  struct Route {
    std::string method, pattern;
    std::vector<std::string> segments; // "{id}" for a value
    Handler handler;
  };
  std::vector<Route> routes_;
};

} // namespace troupe::http
