#include "runtime/plan/json_value.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

#include "runtime/limits.hpp"

namespace troupe::plan {

namespace json = boost::json;

json::value parse_json(const JsonText& text) {
  json::parse_options options;
  options.max_depth = 16 * limits::json_depth_max; // values are checked one by one; roots nest them
  return json::parse(text.text, {}, options);
}

void append_json(std::string& out, const json::value& value) {
  const auto* number = value.if_double();
  if (number != nullptr && std::isfinite(*number)) {
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, *number).ptr);
  } else if (const auto* list = value.if_array()) {
    out += '[';
    for (const auto& item : *list) {
      if (&item != list->begin()) out += ',';
      append_json(out, item);
    }
    out += ']';
  } else if (const auto* map = value.if_object()) {
    out += '{';
    for (const auto& member : *map) {
      if (&member != map->begin()) out += ',';
      out += json::serialize(member.key());
      out += ':';
      append_json(out, member.value());
    }
    out += '}';
  } else {
    out += json::serialize(value);
  }
}

std::string_view describe(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "text";
    case json::kind::array: return "a list";
    case json::kind::object: return "a map";
  }
  return "";
}

std::optional<long double> number_of(const json::value& value) {
  if (const auto* number = value.if_int64()) return static_cast<long double>(*number);
  if (const auto* number = value.if_uint64()) return static_cast<long double>(*number);
  if (const auto* number = value.if_double()) return static_cast<long double>(*number);
  return std::nullopt;
}

bool equal(const json::value& a, const json::value& b) {
  const auto left = number_of(a), right = number_of(b);
  if (left && right) return *left == *right;
  if (a.kind() != b.kind()) return false;
  if (const auto* list = a.if_array()) {
    const auto& other = b.get_array();
    return std::equal(list->begin(), list->end(), other.begin(), other.end(), equal);
  }
  if (const auto* map = a.if_object()) {
    const auto& other = b.get_object();
    return map->size() == other.size() &&
           std::all_of(map->begin(), map->end(), [&](const json::key_value_pair& member) {
             const auto* value = other.if_contains(member.key());
             return value != nullptr && equal(member.value(), *value);
           });
  }
  return a == b;
}

std::optional<std::partial_ordering> order(const json::value& a, const json::value& b) {
  const auto left = number_of(a), right = number_of(b);
  if (left && right) return *left <=> *right;
  if (!a.is_string() || !b.is_string()) return std::nullopt;
  const auto& x = a.get_string();
  const auto& y = b.get_string();
  return std::string_view{x.data(), x.size()} <=> std::string_view{y.data(), y.size()};
}

} // namespace troupe::plan
