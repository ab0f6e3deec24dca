// What client and forwarder share of libcurl. Private to both: it includes libcurl's header.
#pragma once
#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "net/closer.hpp"
#include "net/http/message.hpp"
#include "runtime/ascii.hpp"

namespace troupe::http {

using Easy = std::unique_ptr<CURL, Closer<&curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Closer<&curl_multi_cleanup>>;
using CurlList = std::unique_ptr<curl_slist, Closer<&curl_slist_free_all>>;

/// Before anything else of it; thread-safe.
inline void start_curl() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
}

/// "Content-Type: text/plain\r\n" -> {"content-type", "text/plain"}; nothing: it is no header.
inline std::optional<std::pair<std::string, std::string>> read_header_line(std::string_view line) {
  const auto colon = line.find(':');
  if (line.starts_with("HTTP/") || colon == line.npos) return std::nullopt;
  return std::pair{lower(line.substr(0, colon)), std::string{trimmed(line.substr(colon + 1))}};
}

/// As libcurl takes them, without what it would add: a pause before the body, and that a body is a
/// form.
inline CurlList header_list(const Fields& headers, bool has_body) {
  CurlList list;
  const auto add = [&](const std::string& line) {
    list.reset(curl_slist_append(list.release(), line.c_str()));
  };
  add("Expect:");
  const bool typed = std::ranges::any_of(
      headers, [](const auto& header) { return lower(header.first) == "content-type"; });
  if (has_body && !typed) add("Content-Type:");
  for (const auto& [name, value] : headers) add(value.empty() ? name + ";" : name + ": " + value);
  return list;
}

} // namespace troupe::http
