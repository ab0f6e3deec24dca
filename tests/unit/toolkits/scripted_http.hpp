// An HTTP client that answers as a test says, and remembers what it was asked.
#pragma once
#include <functional>
#include <vector>

#include "runtime/ports/http_client.hpp"

namespace troupe::test {

class ScriptedHttp final : public ports::HttpClient {
 public:
  using Answer = std::function<Result<ports::HttpResponse>(const ports::HttpRequest&)>;
  explicit ScriptedHttp(Answer answer) : answer_{std::move(answer)} {}

  Result<ports::HttpResponse> send(const ports::HttpRequest& request, std::stop_token) override {
    asked.push_back(request);
    return answer_(request);
  }

  std::vector<ports::HttpRequest> asked;

 private:
  Answer answer_;
};

inline ports::HttpResponse http_response(int status, std::string body = {}) {
  ports::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

} // namespace troupe::test
