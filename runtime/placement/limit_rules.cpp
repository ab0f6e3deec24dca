#include "runtime/placement/limit_rules.hpp"

#include <algorithm>
#include <set>

#include "runtime/permit_limits.hpp"

namespace troupe::placement {
namespace {

/// The first segment of `rest`, which is then what follows it.
std::string_view take_segment(std::string_view& rest) {
  const auto end = std::min(rest.find('/'), rest.size());
  const auto segment = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return segment;
}

bool is_path(std::string_view text, bool may_be_any) {
  if (text.empty() || text.back() == '/' || text.size() > limits::limit_key_bytes_max) return false;
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(text.begin(), text.end(), is_control)) return false;
  while (!text.empty()) {
    const auto segment = take_segment(text);
    const bool any = may_be_any && segment == "*";
    if (segment.empty() || (!any && segment.find('*') != segment.npos)) return false;
  }
  return true;
}

bool matches(std::string_view pattern, std::string_view key) {
  while (!pattern.empty() && !key.empty()) {
    const auto wanted = take_segment(pattern);
    if (const auto segment = take_segment(key); wanted != "*" && wanted != segment) return false;
  }
  return pattern.empty() && key.empty();
}

} // namespace

bool is_limit_key(std::string_view text) { return is_path(text, false); }
bool is_limit_pattern(std::string_view text) { return is_path(text, true); }

const ports::Limit* LimitRules::find(std::string_view key) const {
  for (const auto& rule : rules_)
    if (matches(rule.key, key)) return &rule.limit;
  return nullptr;
}

std::vector<std::string> LimitRules::counted_under(const std::vector<std::string>& keys) const {
  std::set<std::string> limited;
  for (const auto& key : keys)
    for (std::size_t end = 0; end < key.size(); ++end) {
      end = std::min(key.find('/', end), key.size());
      auto prefix = key.substr(0, end);
      if (find(prefix) != nullptr) limited.insert(std::move(prefix));
    }
  return {limited.begin(), limited.end()};
}

} // namespace troupe::placement
