// What can be said of a template without evaluating it.
#include <boost/json.hpp>

#include "runtime/limits.hpp"
#include "runtime/plan/expression.hpp"
#include "runtime/plan/json_value.hpp"
#include "runtime/plan/template.hpp"
#include "runtime/plan/template_text.hpp"

namespace troupe::plan {
namespace {

namespace json = boost::json;

/// Calls `visit(text)` for every string of a value, and `visit_key` for every key.
template <class Visit, class VisitKey>
void for_each_text(const json::value& value, const Visit& visit, const VisitKey& visit_key) {
  if (const auto* text = value.if_string()) {
    visit(std::string_view{text->data(), text->size()});
  } else if (const auto* list = value.if_array()) {
    for (const auto& item : *list) for_each_text(item, visit, visit_key);
  } else if (const auto* map = value.if_object()) {
    for (const auto& member : *map) {
      visit_key(std::string_view{member.key().data(), member.key().size()});
      for_each_text(member.value(), visit, visit_key);
    }
  }
}

std::string text_fault_of(std::string_view text) {
  if (text.size() > limits::template_bytes_max)
    return "a template has at most " + std::to_string(limits::template_bytes_max) + " bytes";
  const auto split = split_template(text);
  if (!split.fault.empty()) return split.fault;
  for (const auto& part : split.parts) {
    if (!part.is_expression) continue;
    if (auto fault = parse_expression(part.text).fault; !fault.empty()) return fault;
  }
  return "";
}

void collect_paths(const ExpressionNode& node, std::vector<std::vector<std::string>>& paths) {
  if (node.kind == ExpressionNode::Kind::path) {
    auto& path = paths.emplace_back();
    for (const auto& part : node.path) path.push_back(part.key);
  }
  for (const auto& operand : node.operands) collect_paths(operand, paths);
}

} // namespace

std::string syntax_fault(const Expression& expression) {
  if (expression.text.size() > limits::template_bytes_max) return text_fault_of(expression.text);
  return parse_expression(expression.text).fault;
}

std::string syntax_fault(const Template& value) {
  std::string fault;
  for_each_text(
      parse_json(value.value),
      [&](std::string_view text) {
        if (fault.empty()) fault = text_fault_of(text);
      },
      [&](std::string_view key) {
        if (fault.empty() && key.find("${{") != key.npos)
          fault = "the key `" + std::string{key} + "` holds a template; only values can";
      });
  return fault;
}

std::vector<std::vector<std::string>> paths_of(const Expression& expression) {
  std::vector<std::vector<std::string>> paths;
  const auto parsed = parse_expression(expression.text);
  if (parsed.fault.empty()) collect_paths(parsed.root, paths);
  return paths;
}

std::vector<std::vector<std::string>> paths_of(const Template& value) {
  std::vector<std::vector<std::string>> paths;
  const auto collect = [&](std::string_view text) {
    for (const auto& part : split_template(text).parts)
      if (part.is_expression)
        for (auto& path : paths_of(Expression{part.text})) paths.push_back(std::move(path));
  };
  for_each_text(parse_json(value.value), collect, [](std::string_view) {});
  return paths;
}

bool single_expression(std::string_view text, Expression& out) {
  const auto split = split_template(text);
  if (!split.fault.empty() || split.parts.size() != 1 || !split.parts[0].is_expression)
    return false;
  const auto& inside = split.parts[0].text;
  const auto first = inside.find_first_not_of(" \t\r\n");
  out.text = first == inside.npos
                 ? ""
                 : inside.substr(first, inside.find_last_not_of(" \t\r\n") - first + 1);
  return true;
}

} // namespace troupe::plan
