#include "runtime/config/limits.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/plan/fields.hpp"

namespace troupe::config {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t count_max = 1'000'000;

/// "100/1m"
std::optional<ports::Rate> parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + slash, count);
  const auto per = parse_duration(text.substr(slash + 1));
  if (error != std::errc{} || end != text.data() + slash || !per) return std::nullopt;
  if (count < 1 || count > count_max || *per < 1s || *per > 1h) return std::nullopt;
  return ports::Rate{static_cast<std::uint32_t>(count), *per};
}

placement::LimitRule read_rule(plan::Fields& fields) {
  placement::LimitRule rule;
  fields.require("key", "say what it is about, such as `key: host/*`");
  if (auto key = fields.text("key")) {
    if (!placement::is_limit_pattern(*key))
      fields.fault(fields.find("key")->place,
                   "`key` must be a path, such as customer, host/* or tool/service/restart, where "
                   "`*` is any one part; not `" +
                       *key + "`");
    rule.key = *std::move(key);
  }
  if (const auto most = fields.integer("concurrency", 1, count_max))
    rule.limit.concurrency = static_cast<std::uint32_t>(*most);
  if (const auto rate = fields.text("rate")) {
    rule.limit.rate = parse_rate(*rate);
    if (!rule.limit.rate)
      fields.fault(
          fields.find("rate")->place,
          "`rate` is written as 100/1m: so many in a time between 1s and 1h; not `" + *rate + "`");
  }
  if (fields.is_map() && !fields.has("concurrency") && !fields.has("rate"))
    fields.fault(fields.node().place,
                 "give " + fields.what() + " a limit: `concurrency`, `rate`, or both");
  fields.refuse_unknown();
  return rule;
}

} // namespace

std::vector<placement::LimitRule> read_limits(const plan::SourceNode& list,
                                              std::vector<plan::Fault>& faults) {
  std::vector<placement::LimitRule> rules;
  for (const auto& item : list.items) {
    plan::Fields fields{item, "a rule of `limits`", faults};
    auto rule = read_rule(fields);
    const bool again = std::any_of(rules.begin(), rules.end(),
                                   [&](const auto& other) { return other.key == rule.key; });
    if (again && !rule.key.empty())
      fields.fault(fields.find("key")->place,
                   "`limits` has a rule for `" + rule.key + "` before; give it both limits there");
    rules.push_back(std::move(rule));
  }
  return rules;
}

} // namespace troupe::config
