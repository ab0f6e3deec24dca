#include "toolkits/json_api.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "toolkits/bounded_text.hpp"
#include "toolkits/targets.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

std::string percent_encoded(std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain)
      out += c;
    else
      ((out += '%') += digits[byte >> 4]) += digits[byte & 15];
  }
  return out;
}

/// What the server says went wrong: {"error": ".."} of Prometheus, {"message": ".."} or a plain
/// string of Alertmanager, or whatever text it sent.
std::string complaint(const std::string& body) {
  json::error_code error;
  const auto value = json::parse(body, error);
  if (!error && value.is_string()) return std::string{value.get_string()};
  if (!error && value.is_object())
    for (const auto* key : {"error", "message"})
      if (const auto* text = value.get_object().if_contains(key); text && text->is_string())
        return std::string{text->get_string()};
  return clean_utf8(body);
}

std::string header_of(const ports::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

/// The seconds of a Retry-After; nothing for a date, which few servers send.
std::optional<std::uint32_t> retry_after(const std::string& text) {
  constexpr std::uint32_t seconds_max = 86'400;
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return std::min(seconds, seconds_max) * 1000;
}

} // namespace

JsonApi::JsonApi(std::string server, std::string url, std::string bearer_token,
                 std::shared_ptr<ports::HttpClient> http)
    : server_{std::move(server)},
      url_{std::move(url)},
      bearer_token_{std::move(bearer_token)},
      http_{std::move(http)} {
  while (url_.ends_with('/')) url_.pop_back();
}

Result<std::string> JsonApi::get(const std::string& path, const Query& query, Millis timeout,
                                 std::stop_token stop) const {
  ports::HttpRequest request;
  request.url = url_ + path;
  char separator = '?';
  for (const auto& [name, value] : query) {
    request.url += separator + name + '=' + percent_encoded(value);
    separator = '&';
  }
  request.headers.emplace_back("accept", "application/json");
  if (!bearer_token_.empty())
    request.headers.emplace_back("authorization", "Bearer " + bearer_token_);
  request.timeout = timeout;
  request.body_bytes_max = limits::query_answer_bytes_max;

  auto response = http_->send(request, std::move(stop));
  if (!response)
    return make_error(response.error().error_class,
                      server_ + " at " + url_ + ": " + response.error().message);
  if (response->status < 200 || response->status > 299) return refusal(*response);
  if (response->truncated)
    return make_error(ErrorClass::tool_failed, server_ + "'s answer has more than " +
                                                   std::to_string(limits::query_answer_bytes_max) +
                                                   " bytes; ask for less");
  return std::move(response->body);
}

Error JsonApi::refusal(const ports::HttpResponse& response) const {
  auto text = server_ + " at " + url_ + " answered status " + std::to_string(response.status);
  if (const auto why = shortened(complaint(response.body), 500); !why.empty()) text += ": " + why;
  switch (response.status) {
    case 400: return make_error(ErrorClass::invalid_input, std::move(text));
    case 429: {
      const auto pause = header_of(response, "retry-after");
      auto error =
          make_error(ErrorClass::rate_limited,
                     text + (pause.empty() ? "" : "; it asks to come back after " + pause));
      error.retry_after_ms = retry_after(pause);
      return error;
    }
    case 401:
    case 403: return make_error(ErrorClass::tool_failed, text + "; is its bearer_token right?");
    default: return make_error(ErrorClass::tool_failed, std::move(text));
  }
}

Error JsonApi::unexpected(std::string_view what) const {
  return make_error(ErrorClass::tool_failed, "the answer of " + url_ + " is not " + server_ +
                                                 "'s: " + std::string{what} +
                                                 "; does its url name the right server?");
}

std::vector<std::string> api_faults(const std::string& url, const std::string& bearer_token) {
  std::vector<std::string> faults;
  if (const auto parsed = parse_url(url); !parsed)
    faults.push_back("/url: " + parsed.error().message);
  else if (url.find_first_of("?#") != std::string::npos)
    faults.push_back("/url: expected the server's root, without ? or #");
  const auto printable = [](char c) { return c > ' ' && c <= '~'; };
  if (!std::all_of(bearer_token.begin(), bearer_token.end(), printable))
    faults.push_back("/bearer_token: it holds a space or a character that no token has");
  return faults;
}

} // namespace troupe::toolkits
