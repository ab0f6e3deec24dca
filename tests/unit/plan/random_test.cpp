// Whatever bytes come in, reading answers with a value or with faults. The seed is printed; set
// TROUPE_TEST_SEED to run one again.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <vector>

#include "runtime/ids.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/source.hpp"
#include "runtime/plan/template.hpp"

using namespace troupe;
using namespace troupe::plan;

namespace {

std::uint64_t choose_seed() {
  if (const char* chosen = std::getenv("TROUPE_TEST_SEED"))
    return std::strtoull(chosen, nullptr, 10);
  return SystemEntropy{}.next();
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : entropy_{seed} {}

  std::size_t below(std::size_t bound) { return entropy_.next() % bound; }

  std::string bytes(std::size_t longest) {
    std::string text(below(longest), '\0');
    for (auto& c : text) c = static_cast<char>(entropy_.next());
    return text;
  }

  std::string words(const std::vector<std::string>& vocabulary, std::size_t most) {
    std::string text;
    for (auto count = below(most); count > 0; --count) text += vocabulary[below(vocabulary.size())];
    return text;
  }

  /// `text` with a few bytes dropped, doubled or replaced.
  std::string damaged(std::string text) {
    for (auto edits = 1 + below(4); edits > 0 && !text.empty(); --edits) {
      const auto at = below(text.size());
      switch (below(3)) {
        case 0: text.erase(at, 1 + below(3)); break;
        case 1: text.insert(at, 1, "{}[]:,-#&*!|>'\"%@`\n\t ~<?$"[below(26)]); break;
        default: text.insert(at, text.substr(at, below(8))); break;
      }
    }
    return text;
  }

 private:
  SeededEntropy entropy_;
};

const std::vector<std::string> expression_words{
    "${{", "}}", "$${{",   "inputs", ".",    "[",     "]",   "(",  ")",  "0",  "1.5",   "-1",
    "'a'", "\"", "'",      "\\",     "==",   "!=",    "<",   "<=", "&&", "||", "!",     "default(",
    ",",   " ",  "slice(", "null",   "true", "steps", "a-b", "é",  "\n", "e9", "\"x\"", "signals"};

const std::string yaml_sample = R"(plan: demo
inputs: { domain: { type: string, default: "x" }, n: { type: integer } }
steps:
  - id: a
    agent: worker
    task: |
      Prepare ${{ inputs.domain }}
    retry: &policy [{ on: [timeout], max_attempts: 5, interval: 1s }]
  - { id: b, tool: probe.http, with: { url: 'http://x', n: 0x1F }, retry: *policy }
  - id: c
    parallel:
      - { id: d, agent: "w", needs: [a] }
      - { id: e, sequence: [{ id: f, agent: w }] }
    when: "${{ steps.a.output.x > 1.5e3 }}"
)";

const std::string whole_sample = R"(plan: demo
restart: { strategy: one_for_all, intensity: 2 }
steps:
  - { id: ask, approval: { role: admin, expires: 1h, message: "${{ run.id }}" } }
  - { id: nap, wait: { for: 5m } }
  - { id: heal, wait: { signal: resolved }, timeout: 1h, output_schema: { type: object } }
  - { id: sub, plan: child, with: { x: 1 }, undo: { agent: w, task: "${{ self.with.x }}" } }
  - id: each
    foreach: { in: [1, 2], as: host, concurrency: 5, do: [{ id: r, tool: t.v, with: { h: "${{ host }}" } }] }
    tolerate_failures: 5%
  - { id: poll, repeat: { do: { id: c, agent: w }, until: "${{ steps.c.output.ok }}", max: 3 } }
  - id: pick
    switch: { on: "${{ run.id }}", cases: { a: { id: x, agent: w }, b: [{ id: y, agent: w }] }, default: { id: z, agent: w } }
  - { id: n, agent: w, fallback: v, deadline: 1h, start_within: 5m, labels: [gpu=1] }
)";

const std::string json_sample = R"({"plan":"demo","inputs":{"n":{"type":"integer"}},
"steps":[{"id":"a","agent":"w","task":{"x":[1,-2.5e3,true,null,"\u00e9\ud83d\ude00"]}}]})";

} // namespace

BOOST_AUTO_TEST_SUITE(random_)

BOOST_AUTO_TEST_CASE(no_bytes_break_the_expression_parser) {
  const auto seed = choose_seed();
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random{seed};
  const Scope scope{JsonText{R"({"inputs":{"a-b":1},"steps":{},"signals":{}})"}};
  for (int i = 0; i < 20'000; ++i) {
    const auto text = i % 2 == 0 ? random.bytes(60) : random.words(expression_words, 20);
    BOOST_TEST_CONTEXT("seed " << seed << ", round " << i << ": " << text) {
      const Expression expression{text};
      const auto fault = syntax_fault(expression);
      const auto value = evaluate(expression, scope);
      if (!fault.empty()) BOOST_REQUIRE(!value.ok());
      if (!value.ok()) BOOST_REQUIRE((value.error().error_class == ErrorClass::invalid_input));
      if (!fault.empty()) BOOST_REQUIRE(paths_of(expression).empty());

      SourceNode node;
      node.type = SourceNode::Type::string;
      node.scalar = random.words(expression_words, 20);
      const Template whole{node.to_json()};
      const auto filled = evaluate(whole, scope);
      if (!syntax_fault(whole).empty()) BOOST_REQUIRE(!filled.ok());
      (void)paths_of(whole);
    }
  }
}

BOOST_AUTO_TEST_CASE(no_bytes_break_the_readers_and_what_is_read_is_read_again) {
  const auto seed = choose_seed();
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random{seed};
  std::size_t good = 0;
  for (int i = 0; i < 4'000; ++i) {
    const auto text = i % 3 == 0   ? random.bytes(80)
                      : i % 3 == 1 ? random.damaged(yaml_sample)
                                   : random.damaged(json_sample);
    BOOST_TEST_CONTEXT("seed " << seed << ", round " << i << ": " << text) {
      const auto result = read_source(i % 3 == 2 ? "a.json" : "a.yaml", text);
      if (!result.faults.empty()) continue;
      ++good;
      const auto json = result.source.root.to_json().text;
      const auto again = read_source("again.json", json);
      BOOST_REQUIRE(again.faults.empty());
      BOOST_REQUIRE(again.source.root.to_json().text == json);
    }
  }
  BOOST_TEST(good > 100u); // else the samples say nothing about reading again
}

BOOST_AUTO_TEST_CASE(no_damage_to_a_plan_breaks_the_parser) {
  const auto seed = choose_seed();
  BOOST_TEST_MESSAGE("seed " << seed);
  Random random{seed};
  const std::vector<std::string> plan_words{"plan: p\n",
                                            "steps:\n",
                                            "- ",
                                            "  ",
                                            "    ",
                                            "\n",
                                            "id: a\n",
                                            "id: b\n",
                                            "agent: w\n",
                                            "tool: t.v\n",
                                            "with: ",
                                            "needs: ",
                                            "[a]",
                                            "[b, a]",
                                            "when: ",
                                            "retry: ",
                                            "parallel:\n",
                                            "sequence:\n",
                                            "{}",
                                            "[]",
                                            "foreach: ",
                                            "task: ",
                                            "'${{ steps.a.output }}'",
                                            "output: ",
                                            "inputs: ",
                                            "x: ",
                                            "5",
                                            "&a ",
                                            "*a",
                                            "strategy: parallel\n",
                                            "repeat: ",
                                            "switch: ",
                                            "{ in: [1], do: ",
                                            "{ until: '${{ index > 1 }}', do: ",
                                            "{ on: '${{ run.id }}', cases: { a: ",
                                            "{ id: c, agent: w }",
                                            "[{ id: d, agent: w }]",
                                            "}\n",
                                            "} }\n",
                                            "approval: { role: r }\n",
                                            "wait: { for: 5m }\n",
                                            "undo: { tool: t.v }\n",
                                            "restart: { intensity: 1 }\n",
                                            "tolerate_failures: 5%\n"};
  for (int i = 0; i < 4'000; ++i) {
    const auto text = i % 3 == 0   ? random.damaged(yaml_sample)
                      : i % 3 == 1 ? random.damaged(whole_sample)
                                   : random.words(plan_words, 40);
    BOOST_TEST_CONTEXT("seed " << seed << ", round " << i << ": " << text) {
      const auto result = parse_plan("p.yaml", text);
      BOOST_REQUIRE(result.faults.empty() != result.plan.hash.empty());
      if (!result.faults.empty()) continue;
      const auto source = read_source("p.yaml", text).source;
      const auto again = parse_plan("p.json", source.root.to_json().text);
      BOOST_REQUIRE(again.plan.hash == result.plan.hash);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
