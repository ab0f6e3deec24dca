#include "runtime/clock.hpp"

#include <cctype>
#include <limits>

namespace troupe {
namespace {

/// Reads exactly `digits` decimal digits at `at` and moves it on; -1 if they are not there.
int read_number(std::string_view text, std::size_t& at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[at + i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  at += digits;
  return value;
}

bool read_char(std::string_view text, std::size_t& at, std::string_view any_of) {
  if (at >= text.size() || any_of.find(text[at]) == std::string_view::npos) return false;
  ++at;
  return true;
}

/// ".123456" as milliseconds; 0 when there is no fraction, -1 for a dot without digits.
int read_fraction(std::string_view text, std::size_t& at) {
  if (!read_char(text, at, ".")) return 0;
  int millis = 0, scale = 100;
  const std::size_t first = at;
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); ++at, scale /= 10)
    millis += (text[at] - '0') * scale;
  return at == first ? -1 : millis;
}

/// "Z" or "+hh:mm"; nothing if neither.
std::optional<std::chrono::minutes> read_offset(std::string_view text, std::size_t& at) {
  if (read_char(text, at, "Zz")) return std::chrono::minutes{0};
  const bool negative = at < text.size() && text[at] == '-';
  if (!read_char(text, at, "+-")) return std::nullopt;
  const int hours = read_number(text, at, 2);
  if (hours < 0 || hours > 23 || !read_char(text, at, ":")) return std::nullopt;
  const int minutes = read_number(text, at, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return negative ? -offset : offset;
}

/// In decimal, over the `width` characters from `at` on. In each message and event: printf costs
/// more than the rest of a small message.
void write_number(std::string& text, std::size_t at, std::size_t width, unsigned value) {
  for (; width > 0; value /= 10) text[at + --width] = static_cast<char>('0' + value % 10);
}

struct DurationUnit {
  std::string_view name;
  double millis;
};
constexpr DurationUnit duration_units[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

} // namespace

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
}

std::string to_iso8601(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  const int year = static_cast<int>(date.year());
  std::string text{"0000-00-00T00:00:00.000Z"};
  write_number(text, 5, 2, static_cast<unsigned>(date.month()));
  write_number(text, 8, 2, static_cast<unsigned>(date.day()));
  write_number(text, 11, 2, static_cast<unsigned>(time.hours().count()));
  write_number(text, 14, 2, static_cast<unsigned>(time.minutes().count()));
  write_number(text, 17, 2, static_cast<unsigned>(time.seconds().count()));
  write_number(text, 20, 3, static_cast<unsigned>(time.subseconds().count()));
  if (year < 0 || year > 9999) return text.replace(0, 4, std::to_string(year));
  write_number(text, 0, 4, static_cast<unsigned>(year));
  return text;
}

std::optional<Instant> parse_iso8601(std::string_view text) {
  std::size_t at = 0;
  const int year = read_number(text, at, 4);
  if (year < 0 || !read_char(text, at, "-")) return std::nullopt;
  const int month = read_number(text, at, 2);
  if (month < 0 || !read_char(text, at, "-")) return std::nullopt;
  const int day = read_number(text, at, 2);
  if (day < 0 || !read_char(text, at, "Tt ")) return std::nullopt;
  const int hour = read_number(text, at, 2);
  if (hour < 0 || hour > 23 || !read_char(text, at, ":")) return std::nullopt;
  const int minute = read_number(text, at, 2);
  if (minute < 0 || minute > 59 || !read_char(text, at, ":")) return std::nullopt;
  const int second = read_number(text, at, 2);
  if (second < 0 || second > 60) return std::nullopt; // 60: a leap second
  const int millis = read_fraction(text, at);
  if (millis < 0) return std::nullopt;
  const auto offset = read_offset(text, at);
  if (!offset || at != text.size()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return Instant{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} - *offset + std::chrono::seconds{second} + Millis{millis};
}

std::optional<Millis> parse_duration(std::string_view text) {
  double total = 0;
  std::size_t at = 0;
  if (text.empty()) return std::nullopt;
  while (at < text.size()) {
    double number = 0, scale = 1;
    const std::size_t first = at;
    bool fraction = false;
    for (; at < text.size() &&
           (std::isdigit(static_cast<unsigned char>(text[at])) || (text[at] == '.' && !fraction));
         ++at) {
      if (text[at] == '.') {
        fraction = true;
        continue;
      }
      number = number * 10 + (text[at] - '0');
      if (fraction) scale *= 10;
    }
    if (at == first || text[first] == '.' || text[at - 1] == '.') return std::nullopt;
    const std::size_t name_at = at;
    while (at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]))) ++at;
    const auto name = text.substr(name_at, at - name_at);
    double millis = 0;
    for (const auto& unit : duration_units)
      if (unit.name == name) millis = unit.millis;
    if (millis == 0) return std::nullopt;
    total += number / scale * millis;
  }
  constexpr double century = 100.0 * 366 * 86'400'000;
  if (total < 1 || total > century) return std::nullopt;
  return Millis{static_cast<Millis::rep>(total + 0.5)};
}

std::string format_duration(Millis duration) {
  auto rest = duration.count();
  if (rest <= 0) return "0ms";
  std::string text;
  for (auto unit = std::rbegin(duration_units); unit != std::rend(duration_units); ++unit) {
    const auto size = static_cast<Millis::rep>(unit->millis);
    if (rest >= size) text += std::to_string(rest / size).append(unit->name);
    rest %= size;
  }
  return text;
}

} // namespace troupe
