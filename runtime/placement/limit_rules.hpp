// The rule book of keyed limits: which keys are limited, and how. A key is a path, `kind/name/..`;
// what holds `customer/acme/host/web-1` counts under each prefix of it that a rule is about.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/ports/permits.hpp"

namespace troupe::placement {

struct LimitRule {
  std::string key; // "host/*": `*` is any one segment, and each value of it has a limit of its own
  ports::Limit limit;
  friend bool operator==(const LimitRule&, const LimitRule&) = default;
};

/// Segments between `/`, none of them empty, without `*` or control characters;
/// limits::limit_key_bytes_max at most.
bool is_limit_key(std::string_view text);
/// The same, with `*` for a whole segment.
bool is_limit_pattern(std::string_view text);

class LimitRules {
 public:
  LimitRules() = default;
  explicit LimitRules(std::vector<LimitRule> rules) : rules_{std::move(rules)} {}

  bool empty() const { return rules_.empty(); }
  /// Of the first rule whose key is this one; null: it is not limited.
  const ports::Limit* find(std::string_view key) const;
  /// The limited keys that these count under, sorted.
  std::vector<std::string> counted_under(const std::vector<std::string>& keys) const;

 private:
  std::vector<LimitRule> rules_;
};

} // namespace troupe::placement
