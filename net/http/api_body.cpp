#include "net/http/api_body.hpp"

#include <boost/json.hpp>

#include <algorithm>

#include "runtime/limits.hpp"

namespace troupe::http {

namespace json = boost::json;

Error invalid(std::string text) { return make_error(ErrorClass::invalid_input, std::move(text)); }

std::string joined(std::initializer_list<std::string_view> words) {
  std::string text;
  for (const auto word : words) (text += text.empty() ? "" : ", ") += word;
  return text;
}

bool is_blank(std::string_view body) { return body.find_first_not_of(" \t\r\n") == body.npos; }

Result<json::value> parse_body(std::string_view body) {
  json::parse_options options;
  options.max_depth = limits::json_depth_max;
  json::stream_parser parser{{}, options};
  json::error_code error;
  const auto used = parser.write_some(body.data(), body.size(), error);
  if (!error && used < body.size()) error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (!error) return parser.release();
  return invalid("the body is not JSON: " + error.message() + " at byte " + std::to_string(used));
}

Result<json::object> parse_object(std::string_view body,
                                  std::initializer_list<std::string_view> known) {
  auto value = parse_body(body);
  if (!value) return value.error();
  if (!value->is_object()) return invalid("the body: expected a JSON object with " + joined(known));
  for (const auto& [key, content] : value->as_object())
    if (std::ranges::find(known, std::string_view{key}) == known.end())
      return invalid("/" + std::string{key} + ": unknown; expected " + joined(known));
  return std::move(value->as_object());
}

Result<> read_text(const json::object& object, std::string_view key, std::string& text) {
  const auto* value = object.if_contains(key);
  if (!value || value->is_null()) return {};
  if (!value->is_string()) return invalid("/" + std::string{key} + ": expected a string");
  text = value->as_string();
  return {};
}

Result<bool> read_flag(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value && value->is_bool()) return value->get_bool();
  return invalid("/" + std::string{key} + ": expected true or false");
}

} // namespace troupe::http
