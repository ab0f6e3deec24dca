#include "runtime/agent/runbook.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/agent/allowed_tools.hpp"
#include "tests/unit/agent/play.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

std::string faults_of(std::string_view yaml,
                      const std::optional<std::vector<std::string>>& allowed = {}) {
  const auto read = plan::read_source("book.yaml", yaml);
  BOOST_REQUIRE_EQUAL(plan::render(read.faults, "book.yaml"), "");
  auto text = plan::render(agent::check_runbook(read.source, allowed), "book.yaml");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(runbook_format)

BOOST_AUTO_TEST_CASE(every_part_of_a_runbook_is_read) {
  const auto book = runbook(R"(
runbook: heal-service
description: Restarts what is gone.
parallel: true
checks:
  - { id: status, tool: service.status, with: { service: "${{ task.service }}" }, tolerate: true }
  - { id: mine, find: "${{ checks.status.list }}", where: "${{ item.name == task.service }}" }
rules:
  - id: process-gone
    match: "${{ !checks.status.process_alive }}"
    act: [{ id: restart, tool: service.restart }]
    verify:
      - { id: probe, tool: probe.http, until: "${{ result.ok }}", every: 500ms, within: 1m }
      - { tool: alertmanager.alerts, until: "${{ result.count == 0 }}" }
    output: { by: "${{ verified.probe }}" }
  - { id: otherwise, fail: "No rule matches." }
)");
  BOOST_TEST(book.name == "heal-service");
  BOOST_TEST(book.description == "Restarts what is gone.");
  BOOST_TEST(book.parallel);
  BOOST_REQUIRE_EQUAL(book.checks.size(), 2u);
  const auto& status = std::get<agent::ToolUse>(book.checks[0]);
  BOOST_TEST(status.with.value.text == R"({"service":"${{ task.service }}"})");
  BOOST_TEST(status.tolerate);
  BOOST_TEST(std::get<agent::Find>(book.checks[1]).where.text == "item.name == task.service");
  BOOST_REQUIRE_EQUAL(book.rules.size(), 2u);
  const auto& gone = book.rules[0];
  BOOST_TEST(gone.match.value().text == "!checks.status.process_alive");
  BOOST_TEST(gone.act.at(0).tool == "service.restart");
  BOOST_TEST(gone.act.at(0).with.value.text == "{}");
  BOOST_TEST(gone.verify.at(0).every.count() == 500);
  BOOST_TEST(gone.verify.at(0).within.count() == 60'000);
  BOOST_TEST(gone.verify.at(1).every.count() == 1000);
  BOOST_TEST(!gone.fail.has_value());
  BOOST_TEST(book.rules[1].fail.value().value.text == "\"No rule matches.\"");
  BOOST_TEST(
      (agent::tools_of(book) == std::vector<std::string>{"alertmanager.alerts", "probe.http",
                                                         "service.restart", "service.status"}));
}

BOOST_AUTO_TEST_CASE(each_fault_names_its_place_and_the_remedy) {
  const std::pair<const char*, const char*> table[] = {
      {"runbook: x\nrules: []", "book.yaml:2:8: `rules` must have at least one rule"},
      {"runbook: x\nrules: [{ id: r, output: {} }]\nchekcs: []",
       "book.yaml:3:1: unknown key `chekcs` in a runbook; did you mean `checks`?"},
      {"runbook: x\nrules: [{ id: r }]",
       "book.yaml:2:9: a rule must end in `output` or `fail`; `output: {}` has nothing to say"},
      {"runbook: x\nrules: [{ id: r, output: {}, fail: no }]",
       "book.yaml:2:30: a rule ends in `output` or in `fail`, not in both"},
      {"runbook: x\nrules:\n  - { id: a, output: {} }\n  - { id: b, output: {} }",
       "book.yaml:4:5: this rule can never fire, because `a` above it has no `match`; put that one "
       "last"},
      {"runbook: x\nrules: [{ id: r, match: true, output: {} }]",
       "book.yaml:2:25: `match` must be one ${{ }}"},
      {"runbook: x\nrules: [{ id: r, match: \"${{ checks.a.ok }}\", output: {} }]",
       "book.yaml:2:25: `checks.a` names no check above; there is none so far"},
      {"runbook: x\nchecks: [{ id: 1ab, tool: x.y }]\nrules: [{ id: r, output: {} }]",
       "book.yaml:2:16: id `1ab` must be a letter and then letters, digits, `_` or `-`, 64 "
       "characters at most"},
      {"runbook: x\nchecks: [{ id: a, tool: x.y }, { id: a, tool: x.y }]\n"
       "rules: [{ id: r, output: {} }]",
       "book.yaml:2:38: id `a` is taken; give this one another"},
      {"runbook: x\nchecks: [{ id: a, tool: xy }]\nrules: [{ id: r, output: {} }]",
       "book.yaml:2:25: tool `xy` must be written <toolkit>.<tool>"},
      {"runbook: x\nchecks: [{ id: a, tool: x.y, with: { v: \"${{ checks.a.b }}\" } }]\n"
       "rules: [{ id: r, output: {} }]",
       "book.yaml:2:41: `checks.a` names no check above; there is none so far"},
      {"runbook: x\nparallel: true\nchecks:\n  - { id: a, tool: x.y }\n"
       "  - { id: b, tool: x.y, with: { v: \"${{ checks.a.b }}\" } }\n"
       "rules: [{ id: r, output: {} }]",
       "book.yaml:5:36: `with` cannot use checks that run at the same time"},
      {"runbook: x\nrules: [{ id: r, output: \"${{ result.ok }}\" }]",
       "book.yaml:2:26: `result` is there only in `until`, and in what comes after a `verify`"},
      {"runbook: x\nrules: [{ id: r, output: \"${{ steps.a.output }}\" }]",
       "book.yaml:2:26: `steps` is no root here; templates start from task, context, checks, acts, "
       "verified, result"},
      {"runbook: x\nrules: [{ id: r, act: [{ id: a, tool: x.y }], output: \"${{ acts.b }}\" }]",
       "book.yaml:2:55: `acts.b` names no act above in this rule; there is a"},
      {"runbook: x\nrules: [{ id: r, verify: { tool: x.y, until: \"${{ result }}\", every: 1 }, "
       "output: {} }]",
       "book.yaml:2:70: `every` must be a duration such as 30s, 10m or 1h30m, not a number"},
      {"runbook: x\nrules: [{ id: r, verify: { tool: x.y, until: \"${{ result }}\", every: 1ms, "
       "within: 1h }, output: {} }]",
       "book.yaml:2:75: `within` is more than 1000 times `every`; poll less often"},
      {"runbook: x\nrules: [{ id: r, verify: { tool: x.y, until: \"${{ found == 1 }}\" }, "
       "output: {} }]",
       "book.yaml:2:46: `found` is there only in the `until` beside a `find`"},
      {"runbook: x\nrules: [{ id: r, verify: { tool: x.y, where: \"${{ item }}\", "
       "until: \"${{ found == 1 }}\" }, output: {} }]",
       "book.yaml:2:26: `find` is missing from a verify; it must be one ${{ }}"},
      {"- 1", "book.yaml:1:1: a runbook must be a map, not a list"},
  };
  for (const auto& [yaml, expected] : table)
    BOOST_TEST_CONTEXT(yaml) BOOST_TEST(faults_of(yaml) == expected);
}

BOOST_AUTO_TEST_CASE(all_faults_come_in_one_report_in_file_order) {
  BOOST_TEST(faults_of(R"(runbook: x
checks:
  - { id: a, tool: x.y, wiht: {} }
  - { id: a, find: "${{ nowhere.x }}", where: "plain" }
rules:
  - { id: r, match: "${{ == }}", output: "${{ item.x }}" }
)")
                 .starts_with("book.yaml:3:25: unknown key `wiht`"));
  const auto all = faults_of(R"(runbook: x
checks:
  - { id: a, tool: x.y, wiht: {} }
  - { id: a, find: "${{ nowhere.x }}", where: "plain" }
rules:
  - { id: r, match: "${{ == }}", output: "${{ item.x }}" }
)");
  BOOST_TEST(std::count(all.begin(), all.end(), '\n') == 5);
}

BOOST_AUTO_TEST_CASE(a_runbook_may_name_only_tools_of_its_role) {
  const std::string_view yaml = R"(runbook: x
checks: [{ id: a, tool: logs.tail }]
rules: [{ id: r, act: [{ id: b, tool: service.restart }], output: {} }]
)";
  BOOST_TEST(faults_of(yaml, {{"logs.*", "service.*"}}) == "");
  BOOST_TEST(
      faults_of(yaml, {{"logs.*"}}) ==
      "book.yaml:3:39: tool `service.restart` is none of the role's `tools`; add it there or "
      "take it out here");
}

BOOST_AUTO_TEST_CASE(a_pattern_allows_a_tool_a_toolkit_or_everything) {
  const std::tuple<const char*, const char*, bool> table[] = {
      {"probe.http", "probe.http", true}, {"probe.*", "probe.tcp", true},
      {"*", "probe.tcp", true},           {"probe.http", "probe.https", false},
      {"probe.*", "probes.tcp", false},   {"probe.*", "probe.", false},
      {"probe", "probe.http", false},     {"", "probe.http", false},
  };
  for (const auto& [pattern, tool, allowed] : table)
    BOOST_TEST(agent::allows({pattern}, tool) == allowed, pattern << " and " << tool);
  BOOST_TEST(!agent::allows({}, "probe.http"));
}

BOOST_AUTO_TEST_SUITE_END()
