#include "runtime/plan/preview_words.hpp"

#include <boost/json.hpp>

#include "runtime/message/agent_message.hpp"
#include "runtime/plan/json_value.hpp"
#include "runtime/plan/longest.hpp"
#include "runtime/plan/preview.hpp"
#include "runtime/plan/template.hpp"
#include "runtime/result.hpp"

namespace troupe::plan {
namespace {

/// A template as a person wrote it; the inside alone where it is one ${{ }}.
std::string written(const Template& value) {
  const auto json = parse_json(value.value);
  if (!json.is_string()) return value.value.text;
  const std::string text{json.get_string()};
  Expression whole;
  return single_expression(text, whole) ? whole.text : text;
}

std::string count(std::size_t number, const std::string& one, const std::string& more) {
  return std::to_string(number) + " " + (number == 1 ? one : more);
}
std::string count(std::size_t number, const std::string& word) {
  return count(number, word, word + "s");
}

std::string classes_of(const RetryPolicy& policy) {
  std::string text;
  for (const auto error_class : policy.on)
    text += (text.empty() ? " on " : ", ") + std::string{to_string(error_class)};
  return text;
}

std::string number_text(double value) {
  std::string text;
  append_json(text, boost::json::value(value));
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

void add_restart(const Node& node, std::vector<std::string>& notes) {
  constexpr const char* strategies[] = {"one_for_one", "rest_for_one", "one_for_all"};
  if (node.restart.intensity > 0)
    notes.push_back("restarts " + std::string{strategies[static_cast<int>(node.restart.strategy)]} +
                    ", at most " + count(node.restart.intensity, "time") + " in " +
                    format_duration(node.restart.period));
  if (const auto& tolerated = node.tolerate_failures; tolerated.amount > 0)
    notes.push_back(number_text(tolerated.amount) + (tolerated.percent ? "%" : "") + " may fail");
  if (node.retry_budget)
    notes.push_back("at most " + count(*node.retry_budget, "retry", "retries") + " in all");
}

} // namespace

std::string what_of(const Node& node) {
  return std::visit(
      Overloaded{
          [](const AgentStep& agent) { return agent.role; },
          [](const ToolStep& tool) { return tool.tool; },
          [](const ApprovalStep& approval) {
            return "by " + approval.role + ", expires after " + format_duration(approval.expires);
          },
          [](const WaitStep& wait) {
            if (wait.duration) return "for " + written(*wait.duration);
            if (wait.until) return "until " + written(*wait.until);
            return "for the signal " + wait.signal;
          },
          [](const PlanStep& child) { return child.plan; },
          [](const Foreach& each) {
            return each.as + " in " + written(each.in) + ", " + std::to_string(each.concurrency) +
                   " at a time";
          },
          [](const Repeat& repeat) {
            return "until " + repeat.until.text + ", at most " + count(repeat.max, "round");
          },
          [](const Switch& chosen) { return "on " + written(chosen.on); },
          [](const auto&) { return std::string{}; },
      },
      node.kind);
}

std::vector<std::string> notes_of(const Node& node) {
  std::vector<std::string> notes;
  for (const auto& policy : node.retry)
    notes.push_back("tried up to " + count(policy.max_attempts, "time") + classes_of(policy));
  add_restart(node, notes);
  if (node.timeout) notes.push_back("timeout " + format_duration(*node.timeout));
  if (node.deadline) notes.push_back("deadline " + format_duration(*node.deadline));
  if (node.start_within) notes.push_back("starts within " + format_duration(*node.start_within));
  for (const auto& label : node.labels) notes.push_back("label " + label);
  for (const auto& key : node.limits) notes.push_back("limit " + written(key));
  if (!node.fallback.empty()) notes.push_back("falls back to " + node.fallback);
  if (node.priority != message::Priority::normal)
    notes.push_back("priority " + std::string{to_string(node.priority)});
  if (node.undo) notes.push_back("undo: " + what_of(*node.undo));
  return notes;
}

std::string to_words(const Longest& longest) {
  if (!longest.bounded()) return "no bound";
  return "at most " +
         (longest.time.count() == 0 ? std::string{"0s"} : format_duration(longest.time));
}

} // namespace troupe::plan
