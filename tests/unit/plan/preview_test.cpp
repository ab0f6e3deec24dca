// A preview says what would happen; previews/x.json and previews/x.mmd hold all of it.
#include "runtime/plan/preview.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "runtime/hash.hpp"
#include "tests/support/preview_world.hpp"

using namespace troupe;
using namespace troupe::plan;

namespace {

std::string golden(const std::string& name) {
  std::ifstream file{TROUPE_SOURCE_DIR "/tests/unit/plan/previews/" + name};
  BOOST_REQUIRE_MESSAGE(file, name);
  return {std::istreambuf_iterator<char>{file}, {}};
}

Plan parsed(const std::string& text) {
  auto result = parse_plan("p.yaml", text);
  BOOST_REQUIRE_MESSAGE(result.faults.empty(), render(result.faults, "p.yaml"));
  return std::move(result.plan);
}

Plan with_steps(const std::string& steps) { return parsed("plan: p\nsteps:\n" + steps); }

/// In words, with every reason why there is no bound.
std::string longest_of(const std::string& steps, const LongestContext& context = {}) {
  const auto plan = with_steps(steps);
  const auto result = longest(plan.root, context);
  std::string text = to_words(result);
  for (const auto& reason : result.unbounded) text += "; " + reason;
  return text;
}

std::string waves_of(const std::string& text) {
  std::string waves;
  for (const auto& wave : preview(parsed(text), {}).waves) {
    waves += waves.empty() ? "" : " | ";
    for (const auto& id : wave) waves += (&id == &wave[0] ? "" : " ") + id;
  }
  return waves;
}

} // namespace

BOOST_AUTO_TEST_SUITE(preview_)

BOOST_AUTO_TEST_CASE(everything_that_is_known_stands_in_the_json) {
  const support::PreviewWorld world;
  const auto text = to_json(preview(world.plan, world.surroundings)).text;
  BOOST_TEST(canonical(JsonText{text}) == canonical(JsonText{golden("stack.json")}));
}

BOOST_AUTO_TEST_CASE(groups_are_subgraphs_and_needs_are_arrows) {
  const support::PreviewWorld world;
  BOOST_TEST(to_mermaid(preview(world.plan, world.surroundings)) == golden("stack.mmd"));
}

BOOST_AUTO_TEST_CASE(texts_do_not_break_out_of_the_graph) {
  const auto plan = with_steps(
      "  - { id: end, approval: { role: r }, when: \"${{ run.id == 'a\\\"]; <b>#' }}\" }");
  BOOST_TEST(to_mermaid(preview(plan, {})) ==
             "flowchart TD\n"
             "  n1{{\"end<br/>approval by r, expires after 1d<br/>if run.id == "
             "'a#quot;]; #lt;b#gt;#35;'\"}}\n");
}

BOOST_AUTO_TEST_CASE(what_may_run_at_once_is_in_the_same_wave) {
  const std::pair<const char*, const char*> table[] = {
      {"plan: p\nsteps: [{ id: a, agent: w }, { id: b, agent: w }, { id: c, agent: w, needs: [a] "
       "}]",
       "a | b c"},
      {"plan: p\nstrategy: parallel\nsteps: [{ id: a, agent: w }, { id: b, agent: w }]", "a b"},
      {"plan: p\nsteps: [{ id: a, agent: w }, { id: g, parallel: [{ id: b, agent: w }, { id: s, "
       "sequence: [{ id: c, agent: w }, { id: d, agent: w }] }] }, { id: e, agent: w }]",
       "a | b c | d | e"},
      {"plan: p\nsteps: [{ id: a, agent: w }, { id: f, foreach: { in: [1], do: [{ id: b, agent: w "
       "}, { id: c, agent: w }] } }, { id: d, agent: w, needs: [a] }]",
       "a | b d | c"},
      {"plan: p\nsteps: [{ id: s, switch: { on: '${{ 1 }}', cases: { a: [{ id: a, agent: w }, { "
       "id: "
       "b, agent: w }], c: { id: c, agent: w } } } }, { id: d, agent: w }]",
       "a c | b | d"},
  };
  for (auto [text, expected] : table)
    BOOST_TEST_CONTEXT(text) BOOST_TEST(waves_of(text) == expected);
}

BOOST_AUTO_TEST_CASE(the_longest_time_counts_every_try_and_every_wait) {
  const std::pair<const char*, const char*> table[] = {
      {"  - { id: a, agent: w, timeout: 1m }\n  - { id: b, agent: w, timeout: 2m }", "at most 3m"},
      {"  - { id: g, parallel: [{ id: a, agent: w, timeout: 1m }, { id: b, agent: w, timeout: 2m "
       "}] }",
       "at most 2m"},
      {"  - { id: a, agent: w }", "no bound; agent `a` has no `timeout`"},
      {"  - { id: a, agent: w, deadline: 5m }", "at most 5m"},
      // three tries, and the waits 1s and 2s between them
      {"  - { id: a, agent: w, timeout: 1m, retry: [{ max_attempts: 3 }] }", "at most 3m3s"},
      {"  - { id: a, agent: w, timeout: 1m, retry: [{ max_attempts: 3 }], fallback: v }",
       "at most 6m6s"},
      {"  - { id: a, agent: w, timeout: 1m, retry: [{ on: [timeout], max_attempts: 2 }, { "
       "max_attempts: 2 }] }",
       "at most 3m2s"},
      {"  - { id: a, agent: w, timeout: 1h, retry: [{ max_attempts: 3 }], deadline: 2h }",
       "at most 2h"},
      {"  - { id: a, approval: { role: r } }\n  - { id: b, wait: { for: 5m } }", "at most 1d5m"},
      {"  - { id: a, wait: { signal: x } }",
       "no bound; wait `a` for the signal `x` has no `timeout`"},
      {"  - { id: a, wait: { signal: x }, timeout: 1h }", "at most 1h"},
      {"  - { id: a, wait: { for: '${{ run.id }}' } }",
       "no bound; wait `a` is as long as its `for` says then"},
      {"  - { id: a, wait: { until: 2026-12-01T08:00:00Z } }",
       "no bound; wait `a` ends at a time of the clock"},
      {"  - { id: e, foreach: { in: [1, 2, 3], concurrency: 2, do: { id: a, agent: w, timeout: 1m "
       "} "
       "} }",
       "at most 2m"},
      {"  - { id: e, foreach: { in: '${{ run.id }}', do: { id: a, agent: w, timeout: 1m } } }",
       "no bound; foreach `e` has as many items as its list has then"},
      {"  - { id: r, repeat: { until: '${{ true }}', max: 4, do: { id: a, agent: w, timeout: 1m } "
       "} }",
       "at most 4m"},
      {"  - { id: s, switch: { on: '${{ 1 }}', cases: { a: { id: a, agent: w, timeout: 1m }, b: { "
       "id: "
       "b, agent: w, timeout: 3m } } } }",
       "at most 3m"},
      {"  - { id: g, sequence: [{ id: a, agent: w, timeout: 1m }], restart: { intensity: 1 } }",
       "no bound; sequence `g` restarts what fails in it, and has no `deadline`"},
      {"  - { id: g, sequence: [{ id: a, agent: w }], restart: { intensity: 1 }, deadline: 1h }",
       "at most 1h"},
      {"  - { id: c, plan: child }", "no bound; how long the plan `child` takes is not known"},
      {"  - { id: t, tool: x.y }", "no bound; tool `t` has no `timeout`"},
      // no figure overflows
      {"  - { id: r, repeat: { until: '${{ true }}', max: 10000, do: { id: s, repeat: { until: "
       "'${{ "
       "true }}', max: 10000, do: { id: a, agent: w, timeout: 30d } } } } }",
       "at most 365000d"},
  };
  for (auto [steps, expected] : table)
    BOOST_TEST_CONTEXT(steps) BOOST_TEST(longest_of(steps) == expected);

  const auto child = with_steps("  - { id: a, agent: w, timeout: 10m }");
  const LongestContext context{{{"child", &child}}, {{"x.y", Millis{30'000}}}};
  BOOST_TEST(longest_of("  - { id: c, plan: child, retry: [{ max_attempts: 2 }] }", context) ==
             "at most 20m1s");
  BOOST_TEST(longest_of("  - { id: t, tool: x.y }\n  - { id: u, tool: x.y, timeout: 10s }",
                        context) == "at most 40s");
}

BOOST_AUTO_TEST_CASE(without_a_team_and_a_server_it_says_what_it_did_not_look_at) {
  const support::PreviewWorld world;
  const auto result = preview(world.plan, {});
  BOOST_TEST(result.remarks.size() == 2u);
  BOOST_TEST(result.permissions.empty());
  BOOST_TEST(result.holes.empty());
  BOOST_TEST(result.warnings.empty());
  BOOST_TEST(result.plans.empty());
}

BOOST_AUTO_TEST_CASE(effects_that_nothing_takes_back_and_restarts_that_cannot_be_are_warned_of) {
  Surroundings surroundings;
  surroundings.tools = {{"t.read", {"read", "pure"}},
                        {"t.set", {"write", "idempotent"}},
                        {"t.send", {"write", "once"}}};
  surroundings.roles.emplace();
  (*surroundings.roles)["reader"] = {"t.read"};
  (*surroundings.roles)["sender"] = {"t.*"};
  const std::pair<const char*, std::vector<std::string>> table[] = {
      {"  - { id: a, tool: t.read }\n  - { id: b, agent: reader }", {}},
      {"  - { id: a, tool: t.set }",
       {"`a` (write, idempotent) has no `undo`: what it does stays when the run fails"}},
      {"  - { id: a, agent: sender }",
       {"`a` (write, once) has no `undo`: what it does stays when the run fails"}},
      {"  - { id: a, agent: reader, fallback: sender }",
       {"`a` (write, once) has no `undo`: what it does stays when the run fails"}},
      {"  - { id: a, tool: t.set, undo: { tool: t.set } }\n  - { id: b, tool: t.send, always: true "
       "}",
       {}},
      {"  - { id: g, sequence: [{ id: a, tool: t.send, always: true }], restart: { intensity: 1 } "
       "}",
       {"`g` cannot restart `a`, which has no `undo` and effects that no repeat may double: its "
        "failure goes up instead"}},
      {"  - { id: g, sequence: [{ id: a, agent: reader }], restart: { strategy: one_for_all } }",
       {"`g` says how to restart, but its `intensity` is 0: it never does"}},
  };
  for (const auto& [steps, expected] : table) BOOST_TEST_CONTEXT(steps)
  BOOST_TEST(preview(with_steps(steps), surroundings).warnings == expected,
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
