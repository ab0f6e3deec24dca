#include "runtime/plan/retry_reader.hpp"

#include <algorithm>

#include "runtime/plan/fields.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

constexpr std::int64_t attempts_max = 10'000;
constexpr double backoff_rate_max = 1'000;

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

RetryPolicy read_retrier(const SourceNode& node, std::vector<Fault>& faults) {
  RetryPolicy policy;
  Fields fields{node, "a retrier", faults};
  read_on(fields, policy.on);
  if (const auto value = fields.integer("max_attempts", 1, attempts_max))
    policy.max_attempts = static_cast<std::uint32_t>(*value);
  policy.interval = fields.duration("interval").value_or(policy.interval);
  policy.backoff_rate = fields.number("backoff_rate", 1, backoff_rate_max).value_or(2.0);
  const auto max_delay = fields.duration("max_delay");
  policy.max_delay = max_delay.value_or(policy.max_delay);
  policy.jitter = fields.choice<Jitter>("jitter", {{"full", Jitter::full}, {"none", Jitter::none}})
                      .value_or(Jitter::full);
  if (policy.interval > policy.max_delay)
    fields.fault(fields.place_of(max_delay ? "max_delay" : "interval"),
                 "`interval` " + format_duration(policy.interval) + " is longer than `max_delay`" +
                     (max_delay ? " " : ", by default ") + format_duration(policy.max_delay) +
                     "; raise `max_delay`");
  fields.refuse_unknown();
  return policy;
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

} // namespace troupe::plan
