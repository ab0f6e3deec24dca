#include "ops/cli/api_client.hpp"

#include <poll.h>

#include <boost/json.hpp>
#include <cctype>
#include <chrono>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "runtime/json_value.hpp"

namespace troupe::cli {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds restart_patience{30}; // a supervised server is back long before

ExitCode code_for(int status) {
  switch (status) {
    case 404: return ExitCode::no_input;
    case 400:
    case 409:
    case 413:
    case 422: return ExitCode::bad_data;
    case 429:
    case 503: return ExitCode::try_again;
    case 401:
    case 403: return ExitCode::no_permission;
    default: return ExitCode::internal;
  }
}

/// The detail of an RFC 9457 problem; its lines stay lines (a plan's faults come one per line).
std::string problem_text(const ports::HttpResponse& response) {
  json::error_code error;
  json::value problem = json::parse(response.body, error);
  for (const char* name : {"detail", "title"})
    if (const auto* words = view::member(problem, name).if_string(); words && !words->empty())
      return {words->data(), words->size()};
  return "the server answered " + std::to_string(response.status);
}

} // namespace

ApiClient::ApiClient(std::shared_ptr<ports::HttpClient> http, Server server)
    : http_{std::move(http)}, server_{std::move(server)} {}

ports::HttpResponse ApiClient::send(ports::HttpRequest request) const {
  request.url = server_.url + request.url;
  request.timeout = Millis{30'000};
  request.body_bytes_max = std::size_t{256} << 20; // our own server: a long run is long
  auto response = http_->send(request, {});
  if (!response)
    throw Failure{ExitCode::unavailable,
                  "no answer from " + server_.url + " (" + server_.found +
                      "): " + response.error().message +
                      "\n  start one with `troupe dev`, or name one with --server URL or "
                      "TROUPE_SERVER"};
  return std::move(response).value();
}

namespace {

json::value checked(const ports::HttpResponse& response) {
  if (response.status < 200 || response.status > 299)
    throw Failure{code_for(response.status), problem_text(response)};
  auto body = read_json(response.body);
  if (!body)
    throw Failure{ExitCode::internal, "the server's answer is not JSON; is it a Troupe server?"};
  return std::move(*body);
}

} // namespace

json::value ApiClient::get(const std::string& path) const {
  ports::HttpRequest request;
  request.url = path;
  auto give_up_at = std::chrono::steady_clock::now() + restart_patience;
  for (;;) {
    try {
      return checked(send(request));
    } catch (const Failure& failure) {
      bool passing =
          failure.code() == ExitCode::unavailable || failure.code() == ExitCode::try_again;
      if (!server_.supervised || !passing || std::chrono::steady_clock::now() > give_up_at) throw;
      ::poll(nullptr, 0, 100);
    }
  }
}

json::value ApiClient::post(const std::string& path, const std::string& body,
                            const std::string& idempotency_key) const {
  ports::HttpRequest request;
  request.method = "POST";
  request.url = path;
  request.body = body;
  request.headers = {{"Content-Type", "application/json"}};
  if (!idempotency_key.empty()) request.headers.emplace_back("Idempotency-Key", idempotency_key);
  return checked(send(std::move(request)));
}

int ApiClient::status_of(const std::string& path) const {
  ports::HttpRequest request;
  request.url = server_.url + path;
  request.timeout = Millis{2'000};
  auto response = http_->send(request, {});
  return response ? response->status : 0;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string result;
  for (unsigned char c : text) {
    if (std::isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
      result += static_cast<char>(c);
    else
      result.append({'%', digits[c >> 4], digits[c & 15]});
  }
  return result;
}

} // namespace troupe::cli
