#include "runtime/plan/policy_reader.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/plan/fields.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

constexpr std::int64_t attempts_max = 10'000;
constexpr double backoff_rate_max = 1'000;
constexpr std::int64_t intensity_max = 10'000;

std::vector<std::string> error_class_names() {
  std::vector<std::string> names;
  for (const auto error_class : all_error_classes) names.emplace_back(to_string(error_class));
  return names;
}

void read_on(Fields& fields, std::vector<ErrorClass>& on) {
  const auto* list = fields.list("on");
  if (list == nullptr) return;
  if (list->items.empty())
    fields.fault(list->place,
                 "`on` names no error class; leave it out to match any that is "
                 "retried by default");
  for (const auto& item : list->items) {
    if (item.type != SourceNode::Type::string) {
      fields.fault(item.place, "`on` must hold error classes such as `timeout`, not " +
                                   std::string{describe(item.type)});
      continue;
    }
    const auto error_class = parse_error_class(item.scalar);
    if (!error_class) {
      const auto near = did_you_mean(item.scalar, error_class_names());
      fields.fault(item.place,
                   "there is no error class `" + item.scalar + "`" +
                       (near.empty() ? "; there are " + one_of(error_class_names()) : near));
    } else if (std::find(on.begin(), on.end(), *error_class) != on.end()) {
      fields.fault(item.place, "`" + item.scalar + "` stands twice in `on`");
    } else {
      on.push_back(*error_class);
    }
  }
}

/// What both policies know of waiting. `policy` holds the defaults.
template <class Policy>
void read_backoff(Fields& fields, Policy& policy) {
  policy.interval = fields.duration("interval").value_or(policy.interval);
  policy.backoff_rate =
      fields.number("backoff_rate", 1, backoff_rate_max).value_or(policy.backoff_rate);
  const auto max_delay = fields.duration("max_delay");
  policy.max_delay = max_delay.value_or(policy.max_delay);
  policy.jitter = fields.choice<Jitter>("jitter", {{"full", Jitter::full}, {"none", Jitter::none}})
                      .value_or(policy.jitter);
  if (policy.interval > policy.max_delay)
    fields.fault(fields.place_of(max_delay ? "max_delay" : "interval"),
                 "`interval` " + format_duration(policy.interval) + " is longer than `max_delay`" +
                     (max_delay ? " " : ", by default ") + format_duration(policy.max_delay) +
                     "; raise `max_delay`");
}

RetryPolicy read_retrier(const SourceNode& node, std::vector<Fault>& faults) {
  RetryPolicy policy;
  Fields fields{node, "a retrier", faults};
  read_on(fields, policy.on);
  if (const auto value = fields.integer("max_attempts", 1, attempts_max))
    policy.max_attempts = static_cast<std::uint32_t>(*value);
  read_backoff(fields, policy);
  fields.refuse_unknown();
  return policy;
}

/// "5%", "2.5%"; nothing if it is not a share of a hundred.
std::optional<double> parse_percent(std::string_view text) {
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, ec] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (ec != std::errc{} || rest != end || !(value >= 0 && value <= 100)) return std::nullopt;
  return value;
}

} // namespace

std::vector<RetryPolicy> read_retry(const SourceNode& node, std::vector<Fault>& faults) {
  std::vector<RetryPolicy> policies;
  if (node.type != SourceNode::Type::list)
    faults.push_back({node.place,
                      "`retry` must be a list of retriers, such as [{ max_attempts: 5 "
                      "}], not " +
                          std::string{describe(node.type)}});
  else if (node.items.empty())
    faults.push_back({node.place, "`retry` holds no retrier; leave it out for no retry"});
  for (const auto& item : node.items) policies.push_back(read_retrier(item, faults));
  return policies;
}

RestartPolicy read_restart(const SourceNode& node, std::vector<Fault>& faults) {
  RestartPolicy policy;
  Fields fields{node, "`restart`", faults};
  policy.strategy =
      fields
          .choice<RestartStrategy>("strategy", {{"one_for_one", RestartStrategy::one_for_one},
                                                {"rest_for_one", RestartStrategy::rest_for_one},
                                                {"one_for_all", RestartStrategy::one_for_all}})
          .value_or(policy.strategy);
  if (const auto value = fields.integer("intensity", 0, intensity_max))
    policy.intensity = static_cast<std::uint32_t>(*value);
  policy.period = fields.duration("period").value_or(policy.period);
  read_backoff(fields, policy);
  policy.reset_after = fields.duration("reset_after").value_or(policy.reset_after);
  fields.refuse_unknown();
  return policy;
}

Tolerance read_tolerance(const SourceNode& node, std::vector<Fault>& faults) {
  if (node.type == SourceNode::Type::string)
    if (const auto percent = parse_percent(node.scalar)) return {*percent, true};
  if (node.type == SourceNode::Type::number) {
    std::uint32_t count = 0;
    const auto* end = node.scalar.data() + node.scalar.size();
    const auto [rest, ec] = std::from_chars(node.scalar.data(), end, count);
    if (ec == std::errc{} && rest == end) return {static_cast<double>(count), false};
  }
  const bool has_text =
      node.type == SourceNode::Type::string || node.type == SourceNode::Type::number;
  faults.push_back({node.place,
                    "`tolerate_failures` must be how many children may fail, such as 2, or a "
                    "share of them, such as 5%; not " +
                        (has_text ? "`" + node.scalar + "`" : std::string{describe(node.type)})});
  return {};
}

} // namespace troupe::plan
