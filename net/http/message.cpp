#include "net/http/message.hpp"

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <cassert>

#include "runtime/utf8.hpp"

namespace troupe::http {
namespace {

const std::string* find(const Fields& fields, std::string_view name) {
  const auto field =
      std::ranges::find(fields, name, [](const auto& f) -> std::string_view { return f.first; });
  return field == fields.end() ? nullptr : &field->second;
}

} // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  const auto* value = find(headers, name);
  return value ? std::optional<std::string_view>{*value} : std::nullopt;
}

const std::string& Request::path_value(std::string_view name) const {
  const auto* value = find(path_values, name);
  assert(value && "the route's pattern has no such name");
  return *value;
}

Response problem(int status, std::string_view detail, Fields headers) {
  const boost::json::object body{{"type", "about:blank"},
                                 {"title", reason_phrase(status)},
                                 {"status", status},
                                 {"detail", clean_utf8(detail)}};
  return {status, boost::json::serialize(body), "application/problem+json", std::move(headers)};
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100: return "Continue";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 508: return "Loop Detected";
    default: return "";
  }
}

struct Answer::State {
  explicit State(std::function<void(Response)> d) : deliver{std::move(d)} {}
  ~State() { give(problem(500, "the request was dropped without an answer")); }
  void give(Response response) {
    if (!given.exchange(true)) deliver(std::move(response));
  }

  std::function<void(Response)> deliver;
  std::atomic<bool> given = false;
};

Answer::Answer(std::function<void(Response)> deliver)
    : state_{std::make_shared<State>(std::move(deliver))} {}

void Answer::operator()(Response response) const { state_->give(std::move(response)); }

} // namespace troupe::http
