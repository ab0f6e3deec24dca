#include "ops/cli/view/json_reading.hpp"

#include "ops/cli/view/terminal.hpp"

namespace troupe::view {

namespace json = boost::json;

const json::value& member(const json::value& value, std::string_view key) {
  static const json::value nothing;
  const json::object* object = value.if_object();
  const json::value* found = object ? object->if_contains(key) : nullptr;
  return found ? *found : nothing;
}

std::string text(const json::value& value) {
  if (value.is_null()) return "";
  if (const json::string* string = value.if_string())
    return printable({string->data(), string->size()});
  return json::serialize(value);
}

std::string text(const json::value& value, std::string_view key) {
  return text(member(value, key));
}

std::int64_t number(const json::value& value, std::string_view key) {
  json::error_code error;
  auto result = member(value, key).to_number<std::int64_t>(error);
  return error ? 0 : result;
}

bool truth(const json::value& value, std::string_view key) {
  const bool* found = member(value, key).if_bool();
  return found && *found;
}

std::optional<Instant> instant(const json::value& value, std::string_view key) {
  const json::string* string = member(value, key).if_string();
  return string ? parse_iso8601({string->data(), string->size()}) : std::nullopt;
}

const json::array& list(const json::value& value, std::string_view key) {
  static const json::array nothing;
  const json::array* found = member(value, key).if_array();
  return found ? *found : nothing;
}

namespace {
std::string two_digits(Millis::rep n) { return (n < 10 ? "0" : "") + std::to_string(n); }
} // namespace

std::string brief(Millis duration) {
  Millis::rep ms = std::max<Millis::rep>(duration.count(), 0);
  if (ms < 1'000) return std::to_string(ms) + "ms";
  if (ms < 60'000) return std::to_string(ms / 1'000) + "." + std::to_string(ms % 1'000 / 100) + "s";
  Millis::rep seconds = ms / 1'000;
  if (seconds < 3'600) return std::to_string(seconds / 60) + "m" + two_digits(seconds % 60) + "s";
  return std::to_string(seconds / 3'600) + "h" + two_digits(seconds % 3'600 / 60) + "m";
}

std::string error_text(const json::value& error) {
  if (error.is_null()) return "";
  std::string error_class = text(error, "class"), message = text(error, "message");
  if (error_class.empty()) return text(error);
  return message.empty() ? error_class : error_class + ": " + message;
}

} // namespace troupe::view
