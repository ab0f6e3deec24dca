#include "runtime/agent/runbook.hpp"

#include <algorithm>
#include <set>

#include "runtime/agent/allowed_tools.hpp"
#include "runtime/agent/runbook_scope.hpp"
#include "runtime/limits.hpp"
#include "runtime/plan/fields.hpp"

namespace troupe::agent {
namespace {

using plan::Fault;
using plan::Fields;
using plan::SourceNode;

std::string quoted(std::string_view text) { return "`" + std::string{text} + "`"; }

bool is_id(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || text.size() > 64 || !letter(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

class Parser {
 public:
  Parser(const std::optional<std::vector<std::string>>& allowed, std::vector<Fault>& faults)
      : allowed_{allowed}, faults_{faults} {}

  Runbook parse(const SourceNode& root) {
    Runbook book;
    Fields fields{root, "a runbook", faults_};
    fields.require("runbook", "give it a name");
    book.name = fields.filled_text("runbook").value_or("");
    book.description = fields.text("description").value_or("");
    book.parallel = fields.boolean("parallel").value_or(false);
    VisibleRoots visible;
    if (const auto* checks = fields.list("checks"))
      for (const auto& item : checks->items)
        book.checks.push_back(check(item, book.parallel, visible));
    fields.require("rules", "give it at least one rule");
    if (const auto* rules = fields.list("rules")) {
      if (rules->items.empty()) fields.fault(rules->place, "`rules` must have at least one rule");
      for (const auto& item : rules->items) book.rules.push_back(rule(item, visible));
      find_unreachable(book, *rules);
    }
    if (fields.is_map()) fields.refuse_unknown();
    return book;
  }

 private:
  // ---- ids, tools, durations

  std::string id(Fields& fields, std::set<std::string>& taken) {
    fields.require("id", "give it a name of its own");
    const auto id = fields.text("id");
    if (!id) return "";
    const auto& place = fields.find("id")->place;
    if (!is_id(*id))
      fields.fault(place, "id " + quoted(*id) +
                              " must be a letter and then letters, digits, `_` or `-`, 64 "
                              "characters at most");
    else if (!taken.insert(*id).second)
      fields.fault(place, "id " + quoted(*id) + " is taken; give this one another");
    return *id;
  }

  std::string tool(Fields& fields) {
    fields.require("tool", "name one, such as probe.http");
    const auto tool = fields.text("tool");
    if (!tool) return "";
    const auto& place = fields.find("tool")->place;
    const auto dot = tool->find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == tool->size())
      fields.fault(place, "tool " + quoted(*tool) + " must be written <toolkit>.<tool>");
    else if (allowed_ && !allows(*allowed_, *tool))
      fields.fault(place, "tool " + quoted(*tool) +
                              " is none of the role's `tools`; add it there or take it out here");
    return *tool;
  }

  // ---- templates

  void check_paths(const SourceNode& at, const std::vector<std::vector<std::string>>& paths,
                   const VisibleRoots& visible) {
    for (const auto& path : paths)
      if (auto wrong = visible.fault_of(path); !wrong.empty())
        faults_.push_back({at.place, std::move(wrong)});
  }

  plan::Expression expression(const SourceNode& node, std::string_view key,
                              const VisibleRoots& visible) {
    plan::Expression result;
    if (node.type != SourceNode::Type::string || !plan::single_expression(node.scalar, result))
      faults_.push_back({node.place, quoted(key) + " must be one ${{ }}"});
    else if (auto wrong = plan::syntax_fault(result); !wrong.empty())
      faults_.push_back({node.place, quoted(key) + ": " + wrong});
    else
      check_paths(node, plan::paths_of(result), visible);
    return result;
  }

  plan::Expression required_expression(Fields& fields, std::string_view key,
                                       const VisibleRoots& visible) {
    if (!fields.require(key, "it must be one ${{ }}")) return {};
    return expression(*fields.find(key), key, visible);
  }

  /// Every text below `node` is looked at by itself, so that a fault stands where the text does.
  plan::Template templates(const SourceNode& node, const VisibleRoots& visible) {
    look_at_texts(node, visible);
    return {node.to_json()};
  }

  void look_at_texts(const SourceNode& node, const VisibleRoots& visible) {
    for (const auto& item : node.items) look_at_texts(item, visible);
    for (const auto& [key, value] : node.members) look_at_texts(value, visible);
    if (node.type != SourceNode::Type::string) return;
    const plan::Template text{node.to_json()};
    if (auto wrong = plan::syntax_fault(text); !wrong.empty())
      faults_.push_back({node.place, std::move(wrong)});
    else
      check_paths(node, plan::paths_of(text), visible);
  }

  plan::Template with(Fields& fields, const VisibleRoots& visible) {
    const auto* node = fields.map("with");
    return node ? templates(*node, visible) : plan::Template{JsonText{"{}"}};
  }

  // ---- checks

  ToolUse tool_use(Fields& fields, std::set<std::string>& taken, const VisibleRoots& visible) {
    ToolUse use;
    use.id = id(fields, taken);
    use.tool = tool(fields);
    use.with = with(fields, visible);
    use.tolerate = fields.boolean("tolerate").value_or(false);
    if (fields.is_map()) fields.refuse_unknown();
    return use;
  }

  Check check(const SourceNode& node, bool parallel, VisibleRoots& visible) {
    Fields fields{node, "a check", faults_};
    if (!fields.is_map()) return ToolUse{};
    if (!fields.has("find")) {
      auto seen = visible;
      if (parallel) seen.forbid_checks("`with` cannot use checks that run at the same time");
      auto use = tool_use(fields, check_ids_, seen);
      visible.add_check(use.id);
      return use;
    }
    auto found = find(fields, visible);
    found.id = id(fields, check_ids_);
    fields.refuse_unknown();
    visible.add_check(found.id);
    return found;
  }

  Find find(Fields& fields, const VisibleRoots& visible) {
    Find find;
    find.list = required_expression(fields, "find", visible);
    find.where = required_expression(fields, "where", visible.with_item());
    return find;
  }

  // ---- rules

  Rule rule(const SourceNode& node, VisibleRoots visible) {
    Rule rule;
    Fields fields{node, "a rule", faults_};
    if (!fields.is_map()) return rule;
    rule.id = id(fields, rule_ids_);
    if (const auto* match = fields.find("match")) rule.match = expression(*match, "match", visible);
    std::set<std::string> act_ids;
    if (const auto* acts = fields.list("act"))
      for (const auto& item : acts->items) {
        Fields act{item, "an act", faults_};
        if (!act.is_map()) continue;
        rule.act.push_back(tool_use(act, act_ids, visible));
        visible.add_act(rule.act.back().id);
      }
    std::set<std::string> verify_ids;
    if (const auto* verifies = fields.find("verify")) {
      if (verifies->type == SourceNode::Type::list)
        for (const auto& item : verifies->items)
          rule.verify.push_back(verify(item, verify_ids, visible));
      else
        rule.verify.push_back(verify(*verifies, verify_ids, visible));
      visible = visible.with_result();
    }
    outcome(fields, rule, visible);
    fields.refuse_unknown();
    return rule;
  }

  Verify verify(const SourceNode& node, std::set<std::string>& taken, VisibleRoots& visible) {
    Verify verify;
    Fields fields{node, "a verify", faults_};
    if (!fields.is_map()) return verify;
    if (fields.has("id")) verify.id = id(fields, taken);
    verify.tool = tool(fields);
    verify.with = with(fields, visible);
    auto seen = visible.with_result();
    if (fields.has("find") || fields.has("where")) {
      verify.find = find(fields, seen);
      seen = seen.with_found();
    }
    verify.until = required_expression(fields, "until", seen);
    verify.every = fields.duration("every").value_or(verify.every);
    verify.within = fields.duration("within").value_or(verify.within);
    if (verify.within / limits::runbook_polls_max > verify.every)
      fields.fault(fields.place_of("within"), "`within` is more than " +
                                                  std::to_string(limits::runbook_polls_max) +
                                                  " times `every`; poll less often");
    fields.refuse_unknown();
    if (!verify.id.empty()) visible.add_verified(verify.id);
    return verify;
  }

  void outcome(Fields& fields, Rule& rule, const VisibleRoots& visible) {
    const auto* output = fields.find("output");
    const auto fail = fields.text("fail");
    if (output && fields.has("fail"))
      fields.fault(fields.place_of("fail"), "a rule ends in `output` or in `fail`, not in both");
    else if (!output && !fields.has("fail"))
      fields.fault(fields.node().place,
                   "a rule must end in `output` or `fail`; `output: {}` has nothing to say");
    if (output) rule.output = templates(*output, visible);
    if (fail) rule.fail = templates(*fields.find("fail"), visible);
  }

  void find_unreachable(const Runbook& book, const SourceNode& rules) {
    const auto always = std::find_if(book.rules.begin(), book.rules.end(),
                                     [](const Rule& rule) { return !rule.match; });
    if (always == book.rules.end() || always + 1 == book.rules.end()) return;
    const auto next = static_cast<std::size_t>(always + 1 - book.rules.begin());
    faults_.push_back({rules.items[next].place, "this rule can never fire, because " +
                                                    quoted(always->id) +
                                                    " above it has no `match`; put that one last"});
  }

  const std::optional<std::vector<std::string>>& allowed_;
  std::vector<Fault>& faults_;
  std::set<std::string> check_ids_;
  std::set<std::string> rule_ids_;
};

} // namespace

RunbookResult parse_runbook(const plan::Source& source,
                            const std::optional<std::vector<std::string>>& allowed) {
  RunbookResult result;
  result.runbook = Parser{allowed, result.faults}.parse(source.root);
  plan::sort_by_place(result.faults);
  return result;
}

std::vector<plan::Fault> check_runbook(const plan::Source& source,
                                       const std::optional<std::vector<std::string>>& allowed) {
  return parse_runbook(source, allowed).faults;
}

std::vector<std::string> tools_of(const Runbook& runbook) {
  std::set<std::string> tools;
  for (const auto& check : runbook.checks)
    if (const auto* use = std::get_if<ToolUse>(&check)) tools.insert(use->tool);
  for (const auto& rule : runbook.rules) {
    for (const auto& act : rule.act) tools.insert(act.tool);
    for (const auto& verify : rule.verify) tools.insert(verify.tool);
  }
  return {tools.begin(), tools.end()};
}

} // namespace troupe::agent
