#include "ops/cli/view/value_words.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/terminal.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

constexpr unsigned columns_max = 60, member_columns_max = 30;

// The tool's own verdict, and its own words, where it has them, say it better than the rest.
constexpr const char* verdicts[] = {"ok", "running", "changed", "exists"};
constexpr const char* own_words[] = {"summary", "detail", "note"};

bool is_one_of(std::string_view key, const auto& keys) {
  return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

std::string scalar_words(const json::value& value) {
  if (!value.is_double()) return text(value);
  char words[32];
  std::snprintf(words, sizeof words, "%g", value.get_double());
  return words;
}

/// "" for what tells nothing: null, "", false, and how long it took.
std::string member_words(const json::key_value_pair& member) {
  const json::value& value = member.value();
  std::string key{member.key()};
  if (value.is_null() || key.ends_with("_ms") || (value.is_bool() && !value.get_bool())) return "";
  if (value.is_array()) return key + "=" + std::to_string(value.get_array().size());
  if (value.is_object()) return "";
  std::string words = scalar_words(value);
  return words.empty() ? "" : key + "=" + clip(words, member_columns_max, true);
}

std::string object_words(const json::object& object) {
  std::string verdict, words, rest;
  auto add = [](std::string& to, const std::string& more) {
    if (!more.empty()) to += (to.empty() ? "" : " ") + more;
  };
  for (const json::key_value_pair& member : object)
    if (member.value().is_bool() && is_one_of(member.key(), verdicts))
      add(verdict, std::string{member.key()} + (member.value().get_bool() ? "=true" : "=false"));
    else if (member.value().is_string() && is_one_of(member.key(), own_words))
      add(words, text(member.value()));
    else
      add(rest, member_words(member));
  const std::string& more = words.empty() ? rest : words;
  return verdict + (verdict.empty() || more.empty() ? "" : "  ") + more;
}

} // namespace

std::string value_words(const json::value& value) {
  std::string words = value.is_object()  ? object_words(value.get_object())
                      : value.is_array() ? std::to_string(value.get_array().size()) + " items"
                                         : scalar_words(value);
  return clip(words, columns_max, true);
}

} // namespace troupe::view
