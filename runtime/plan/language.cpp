#include "runtime/plan/language.hpp"

#include <algorithm>

namespace troupe::plan {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_letter(c) || is_digit(c) || c == '-'; }
bool is_label_part(char c) { return is_name_part(c) || c == '.'; }

constexpr std::size_t longest_name = 128, longest_plan_name = 64;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

} // namespace

std::string not_yet(std::string_view word) {
  return "`" + std::string{word} +
         "` is part of the plan language but this version cannot execute it yet";
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), is_name_part);
}

bool is_tool_name(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !is_name(text.substr(0, dot))) return false;
  const auto rest = text.substr(dot + 1);
  return is_name(rest) || is_tool_name(rest);
}

bool is_plan_name(std::string_view text) {
  return !text.empty() && text.size() <= longest_plan_name && text[0] != '_' && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), is_name_part);
}

bool is_case_label(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && text != "default" &&
         std::all_of(text.begin(), text.end(), is_label_part);
}

bool is_node_label(std::string_view text) {
  return is_plan_name(text.substr(0, text.find('='))) &&
         text.find_first_of(" \t\r\n,") == text.npos;
}

bool is_item_name(std::string_view text) {
  return is_name(text) && std::find(roots.begin(), roots.end(), text) == roots.end() &&
         !is_one_of(text, {"null", "true", "false"});
}

} // namespace troupe::plan
