#include "tests/simulation/plan_generator.hpp"

#include <stdexcept>

#include "runtime/plan/parse.hpp"
#include "runtime/plan/source.hpp"
#include "runtime/simulation/simulation.hpp"
#include "runtime/simulation/weather.hpp"

namespace troupe::simulation {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : entropy_{seed} {}

  std::string plan() {
    text_ = "---\nplan: generated\nsteps:\n";
    steps(1 + below(4), 2, 0);
    return text_;
  }

 private:
  bool coin(double probability) { return entropy_.uniform() < probability; }
  int below(int bound) { return static_cast<int>(entropy_.uniform() * bound); }
  std::string pick(std::initializer_list<const char*> words) {
    return words.begin()[below(static_cast<int>(words.size()))];
  }

  void steps(int count, int indent, int depth) {
    std::string before; // an earlier sibling
    for (int i = 0; i < count; ++i) before = step(indent, depth, before);
  }

  std::string step(int indent, int depth, const std::string& before) {
    const std::string id = "s" + std::to_string(++last_);
    const std::string margin(static_cast<std::size_t>(indent), ' ');
    text_ += margin + "- id: " + id + '\n';
    const std::string inner = margin + "  ";
    if (depth < 2 && coin(0.25)) {
      text_ += inner + (coin(0.5) ? "parallel" : "sequence") + ":\n";
      steps(1 + below(3), indent + 4, depth + 1);
    } else {
      leaf(inner);
    }
    if (!before.empty() && coin(0.2))
      text_ += inner + "needs: [" + (coin(0.5) ? before : "") + "]\n";
    if (coin(0.1)) text_ += inner + "always: true\n";
    if (coin(0.1)) text_ += inner + "when: \"${{ signals.s0 == null }}\"\n";
    return id;
  }

  void leaf(const std::string& margin) {
    if (coin(0.3)) {
      text_ += margin + "tool: " + pick({"near", "far"}) + '.' +
               pick({"pure", "idempotent", "keyed", "once"}) + "\n" + margin +
               "with: {n: " + std::to_string(below(3)) + "}\n";
    } else {
      text_ += margin + "agent: " + pick({"a", "b", "c"}) + '\n';
    }
    if (coin(0.4)) text_ += margin + "timeout: " + pick({"5s", "20s", "60s"}) + '\n';
    if (coin(0.5))
      text_ += margin + "retry: [{max_attempts: " + std::to_string(1 + below(4)) +
               ", interval: 500ms, max_delay: 5s}]\n";
  }

  SeededEntropy entropy_;
  std::string text_;
  int last_ = 0;
};

/// What the first one collects the second one goes over.
constexpr auto* goes_over_lists = R"(
  - id: each
    tolerate_failures: 100%
    foreach:
      in: [{ n: one of them }, { n: two of them }, { n: three of them }, { n: the last of them }]
      concurrency: 2
      do: { id: go, agent: a, task: "${{ item.n }}", retry: [{ max_attempts: 2, interval: 500ms }], undo: { tool: near.idempotent, with: { of: "${{ item.n }}" } } }
  - id: again
    foreach: { in: "${{ steps.each.output }}", do: { id: once_more, agent: b, task: "${{ item }}" } }
)";

plan::Plan parse(const std::string& text) {
  auto parsed = plan::parse_plan("plan.yaml", text);
  if (!parsed.faults.empty())
    throw std::runtime_error(plan::render(parsed.faults, "plan.yaml") + text);
  return std::move(parsed.plan);
}

} // namespace

std::string generate_plan(std::uint64_t seed) { return Generator{seed}.plan(); }

Scenario scenario_for(const std::string& plan, const std::string& child) {
  auto bundle = std::make_shared<config::UnpackedBundle>();
  bundle->plan = parse(plan);
  if (!child.empty()) {
    bundle->plans["other"] = parse(child);
    bundle->plan_sources["other"] = plan::read_source("plan.yaml", child).source.root.to_json();
  }
  for (const auto* role : {"a", "b", "c"}) {
    auto& definition = bundle->roles[role];
    definition.role = role;
    definition.kind = "native";
    definition.tools = {"near.*", "far.*"};
  }
  Scenario scenario;
  scenario.bundle = std::move(bundle);
  scenario.tools = sample_tools();
  return scenario;
}

Scenario generate_scenario(std::uint64_t seed) {
  SeededEntropy entropy{seed * 2 + 1};
  std::string plan = generate_plan(seed), child;
  if (entropy.uniform() < 0.15) {
    plan += "  - {id: child, plan: other";
    plan += entropy.uniform() < 0.3 ? ", deadline: 15s}\n" : "}\n";
    child = generate_plan(~seed);
  }
  if (entropy.uniform() < 0.1) plan += "  - {id: pause, wait: {for: 2m}}\n";
  if (entropy.uniform() < 0.1) plan += "  - {id: gate, wait: {signal: go}, timeout: 20m}\n";
  const bool lists = seed % 8 == 5; // of foreachs, that are artifacts
  if (lists) plan += goes_over_lists;
  Scenario scenario = scenario_for(plan, child);
  if (lists) scenario.inline_bytes_max = 32;
  set_weather(scenario, seed);
  if (seed % 4 == 0) scenario.attempts_max = 1 + seed / 4 % 3;
  return scenario;
}

} // namespace troupe::simulation
