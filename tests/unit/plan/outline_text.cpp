#include "tests/unit/plan/outline_text.hpp"

#include <sstream>

namespace troupe::plan {
namespace {

void write_wait(std::ostream& out, const WaitStep& wait) {
  if (wait.duration) out << " wait for " << wait.duration->value.text;
  if (wait.until) out << " wait until " << wait.until->value.text;
  if (!wait.signal.empty()) out << " wait signal " << wait.signal;
}

void write_kind(std::ostream& out, const Node& node) {
  std::visit(Overloaded{
                 [&](const AgentStep& agent) {
                   out << " agent " << agent.role << " task " << agent.task.value.text;
                 },
                 [&](const ToolStep& tool) {
                   out << " tool " << tool.tool << " with " << tool.with.value.text;
                 },
                 [&](const ApprovalStep& approval) {
                   out << " approval " << approval.role << " expires "
                       << format_duration(approval.expires) << " message "
                       << approval.message.value.text;
                 },
                 [&](const WaitStep& wait) { write_wait(out, wait); },
                 [&](const PlanStep& child) {
                   out << " plan " << child.plan << " with " << child.with.value.text;
                 },
                 [&](const Foreach& each) {
                   out << " foreach " << each.as << " in " << each.in.value.text << " concurrency "
                       << each.concurrency << (each.single ? " single" : "");
                 },
                 [&](const Repeat& repeat) {
                   out << " repeat until {" << repeat.until.text << "} max " << repeat.max
                       << (repeat.single ? " single" : "");
                 },
                 [&](const Switch& chosen) {
                   out << " switch " << chosen.on.value.text;
                   for (const auto& label : chosen.labels) out << " " << label;
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

void write_supervision(std::ostream& out, const Node& node) {
  const auto& restart = node.restart;
  const char* strategies[] = {"one_for_one", "rest_for_one", "one_for_all"};
  if (restart != RestartPolicy{})
    out << " restart(" << strategies[static_cast<int>(restart.strategy)] << " " << restart.intensity
        << "/" << format_duration(restart.period) << " " << format_duration(restart.interval)
        << " *" << restart.backoff_rate << " <=" << format_duration(restart.max_delay)
        << (restart.jitter == Jitter::full ? " full" : " none") << " reset "
        << format_duration(restart.reset_after) << ")";
  if (node.tolerate_failures != Tolerance{})
    out << " tolerate " << node.tolerate_failures.amount
        << (node.tolerate_failures.percent ? "%" : "");
  if (node.retry_budget) out << " retry budget " << *node.retry_budget;
  if (node.deadline) out << " deadline " << format_duration(*node.deadline);
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
  if (node.start_within) out << " start_within " << format_duration(*node.start_within);
  write_supervision(out, node);
  if (!node.fallback.empty()) out << " fallback " << node.fallback;
  for (const auto& label : node.labels) out << " label " << label;
  for (const auto& key : node.limits) out << " limit " << key.value.text;
  if (node.always) out << " always";
  if (node.priority != message::Priority::normal) out << " " << to_string(node.priority);
  if (node.output) out << " output " << node.output->value.text;
  if (node.output_schema) out << " output_schema " << node.output_schema->text;
  out << "\n";
  if (node.undo) write_node(out, *node.undo, depth + 1);
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
  std::ostringstream root;
  write_supervision(root, plan.root);
  if (!root.str().empty()) out << "root" << root.str() << "\n";
  for (const auto& step : plan.root.children) write_node(out, step, 0);
  if (plan.output) out << "output " << plan.output->value.text << "\n";
  return out.str();
}

} // namespace troupe::plan
