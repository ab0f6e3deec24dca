#include "runtime/plan/language.hpp"

#include <algorithm>

namespace troupe::plan {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }

} // namespace

std::string not_yet(std::string_view word) {
  return "`" + std::string{word} +
         "` is part of the plan language but this version cannot execute it yet";
}

bool belongs(const KeyRule& rule, StepKind kind) {
  switch (kind) {
    case StepKind::agent: return rule.on_agent;
    case StepKind::tool: return rule.on_tool;
    case StepKind::sequence:
    case StepKind::parallel: return rule.on_group;
    case StepKind::later: return true; // its own version will tell
  }
  return true;
}

bool is_name(std::string_view text) {
  constexpr std::size_t longest = 128;
  return !text.empty() && text.size() <= longest && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), is_name_part);
}

bool is_tool_name(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || !is_name(text.substr(0, dot))) return false;
  const auto rest = text.substr(dot + 1);
  return is_name(rest) || is_tool_name(rest);
}

} // namespace troupe::plan
