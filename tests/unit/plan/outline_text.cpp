#include "tests/unit/plan/outline_text.hpp"

#include <sstream>

namespace troupe::plan {
namespace {

void write_kind(std::ostream& out, const Node& node) {
  std::visit(Overloaded{
                 [&](const AgentStep& agent) {
                   out << " agent " << agent.role << " task " << agent.task.value.text;
                 },
                 [&](const ToolStep& tool) {
                   out << " tool " << tool.tool << " with " << tool.with.value.text;
                 },
                 [&](const auto&) { out << " " << kind_name(node.kind); },
             },
             node.kind);
}

void write_retry(std::ostream& out, const RetryPolicy& policy) {
  out << " retry(";
  for (const auto error_class : policy.on) out << to_string(error_class) << " ";
  out << policy.max_attempts << "x " << format_duration(policy.interval) << " *"
      << policy.backoff_rate << " <=" << format_duration(policy.max_delay)
      << (policy.jitter == Jitter::full ? " full" : " none") << ")";
}

void write_node(std::ostream& out, const Node& node, std::size_t depth) {
  out << std::string(2 * depth, ' ') << node.id;
  write_kind(out, node);
  out << " needs [";
  for (const auto& need : node.needs) out << (&need == &node.needs[0] ? "" : " ") << need;
  out << "]";
  if (node.when) out << " when {" << node.when->text << "}";
  for (const auto& policy : node.retry) write_retry(out, policy);
  if (node.timeout) out << " timeout " << format_duration(*node.timeout);
  if (node.always) out << " always";
  if (node.priority != message::Priority::normal) out << " " << to_string(node.priority);
  if (node.output) out << " output " << node.output->value.text;
  out << "\n";
  for (const auto& child : node.children) write_node(out, child, depth + 1);
}

} // namespace

std::string outline_text(const Plan& plan) {
  std::ostringstream out;
  const char* strategies[] = {"hybrid", "sequential", "parallel"};
  out << plan.name << " " << strategies[static_cast<int>(plan.strategy)] << " " << plan.hash
      << "\n";
  for (const auto& [name, input] : plan.inputs)
    out << "input " << name << " " << (input.type.empty() ? "any" : input.type)
        << (input.required ? " required" : " default " + input.default_value.text) << "\n";
  for (const auto& step : plan.root.children) write_node(out, step, 0);
  if (plan.output) out << "output " << plan.output->value.text << "\n";
  return out.str();
}

} // namespace troupe::plan
