#include "net/http/response_writer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace troupe::http {
namespace {

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void write_header(std::string& out, std::string_view name, std::string_view value) {
  if (!is_one_line(name) || !is_one_line(value)) return;
  ((((out += name) += ": ") += value) += "\r\n");
}

} // namespace

std::string http_date(Instant at) {
  using namespace std::chrono;
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<std::chrono::days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<seconds>(at - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                days[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

std::string write_response(const Response& response, const Framing& framing, Instant now) {
  const bool bodiless = response.status == 204 || response.status == 304;
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  (out += reason_phrase(response.status)) += "\r\n";
  write_header(out, "Server", "troupe");
  write_header(out, "Date", http_date(now));
  if (!bodiless) {
    write_header(out, "Content-Type", response.content_type);
    if (!response.pieces) write_header(out, "Content-Length", std::to_string(response.body.size()));
  }
  write_header(out, "Cache-Control", "no-store");
  write_header(out, "X-Content-Type-Options", "nosniff");
  if (!framing.request_id.empty()) write_header(out, "X-Request-Id", framing.request_id);
  if (framing.close)
    write_header(out, "Connection", "close");
  else if (framing.http_1_0)
    write_header(out, "Connection", "keep-alive");
  for (const auto& [name, value] : response.headers) write_header(out, name, value);
  out += "\r\n";
  if (!bodiless && !framing.without_body) out += response.body;
  return out;
}

} // namespace troupe::http
