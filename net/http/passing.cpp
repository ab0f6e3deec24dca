#include "net/http/passing.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "runtime/ascii.hpp"

namespace troupe::http {
namespace {

constexpr std::array<std::string_view, 10> of_one_connection{"connection",
                                                             "keep-alive",
                                                             "proxy-connection",
                                                             "proxy-authenticate",
                                                             "proxy-authorization",
                                                             "te",
                                                             "trailer",
                                                             "transfer-encoding",
                                                             "upgrade",
                                                             "expect"};
constexpr std::array<std::string_view, 3> of_the_request{"host", "origin", "content-length"};
constexpr std::array<std::string_view, 6> of_our_server{
    "server", "date", "content-length", "cache-control", "x-content-type-options", "x-request-id"};

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

/// The parts of "a, b", in lower case.
std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const auto part = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    parts.push_back(lower(trimmed(part)));
  }
  return parts;
}

/// Beside those of the standard, those that the header Connection names.
template <class Names>
Fields without(const Fields& headers, const Names& ours) {
  std::vector<std::string> named;
  for (const auto& [name, value] : headers)
    if (name == "connection")
      for (auto& part : parts_of(value)) named.push_back(std::move(part));
  Fields kept;
  for (const auto& [name, value] : headers)
    if (!has(of_one_connection, name) && !has(ours, name) && !has(named, name))
      kept.emplace_back(name, value);
  return kept;
}

} // namespace

Fields passed_request_headers(const Fields& headers, std::string_view proxy) {
  auto passed = without(headers, of_the_request);
  passed.emplace_back("via", "1.1 " + std::string{proxy});
  return passed;
}

Fields passed_answer_headers(const Fields& headers) { return without(headers, of_our_server); }

bool is_loop(const Request& request, std::string_view proxy) {
  const auto entry = "1.1 " + lower(proxy);
  return std::ranges::any_of(request.headers, [&](const auto& header) {
    return header.first == "via" && has(parts_of(header.second), entry);
  });
}

bool may_repeat(const Request& request) {
  return has(std::array<std::string_view, 3>{"GET", "HEAD", "PUT"}, request.method) ||
         request.header("idempotency-key").has_value();
}

} // namespace troupe::http
