#include "runtime/plan/parse.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/hash.hpp"
#include "runtime/limits.hpp"
#include "tests/unit/plan/faults_of.hpp"

using namespace troupe;
using namespace troupe::plan;

namespace {

std::string needs_of(const Plan& plan, std::size_t step) {
  std::string text;
  for (const auto& need : plan.root.children[step].needs) text += need + " ";
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(parse)

BOOST_AUTO_TEST_CASE(needs_replace_the_link_to_the_step_before) {
  const auto steps = R"(
steps:
  - { id: a, agent: w }
  - { id: b, agent: w }
  - { id: c, agent: w, needs: [a] }
  - { id: d, agent: w, needs: [] }
  - { id: e, parallel: [{ id: f, agent: w }, { id: g, agent: w, needs: [f, a] }] }
  - { id: h, agent: w }
)";
  const auto hybrid = parse_plan("p.yaml", "plan: p" + std::string{steps});
  BOOST_REQUIRE_MESSAGE(hybrid.faults.empty(), render(hybrid.faults, "p"));
  const char* expected[] = {"", "a ", "a ", "", "d ", "e "};
  for (std::size_t i = 0; i < 6; ++i) BOOST_TEST(needs_of(hybrid.plan, i) == expected[i]);

  const auto parallel = parse_plan("p.yaml", "plan: p\nstrategy: parallel" + std::string{steps});
  BOOST_REQUIRE_MESSAGE(parallel.faults.empty(), render(parallel.faults, "p"));
  const char* unchained[] = {"", "", "a ", "", "", ""};
  for (std::size_t i = 0; i < 6; ++i) BOOST_TEST(needs_of(parallel.plan, i) == unchained[i]);
  BOOST_TEST(std::holds_alternative<Parallel>(parallel.plan.root.kind));
}

BOOST_AUTO_TEST_CASE(needs_name_earlier_steps_beside_the_step_or_beside_a_group_around_it) {
  const std::pair<const char*, const char*> table[] = {
      {R"(
  - { id: a, agent: w }
  - { id: g, sequence: [{ id: x, agent: w }, { id: h, parallel: [{ id: y, agent: w, needs: [a, x] }] }] }
)",
       ""},
      {"  - { id: a, agent: w, needs: [a] }", "p:3:32: a step cannot need itself"},
      {"  - { id: a, agent: w, needs: [b] }\n  - { id: b, agent: w }",
       "p:3:32: `b` comes later in the file; `needs` names earlier steps, so move it up"},
      {"  - { id: deploy, agent: w }\n  - { id: b, agent: w, needs: [deplyo] }",
       "p:4:32: there is no step `deplyo`; did you mean `deploy`?"},
      {"  - { id: g, sequence: [{ id: x, agent: w, needs: [g] }] }",
       "p:3:52: `g` is the group around this step, which is not done before it"},
      {"  - { id: g, needs: [x], sequence: [{ id: x, agent: w }] }",
       "p:3:22: `x` stands inside this group, which cannot wait for it"},
      {"  - { id: g, sequence: [{ id: x, agent: w }] }\n  - { id: b, agent: w, needs: [x] }",
       "p:4:32: `x` stands inside another group; need the group `g` itself"},
      {"  - { id: g, sequence: [{ id: h, sequence: [{ id: x, agent: w }] }, { id: y, agent: w, "
       "needs: [x] }] }",
       "p:3:96: `x` stands inside another group; need the group `h` itself"},
      {"  - { id: g, sequence: [{ id: x, agent: w, needs: [b] }] }\n  - { id: b, agent: w }",
       "p:3:52: `b` comes later in the file; `needs` names earlier steps, so move it up"},
      {"  - { id: a, agent: w }\n  - { id: b, agent: w, needs: a }",
       "p:4:31: `needs` must be a list, not text"},
      {"  - { id: a, agent: w }\n  - { id: b, agent: w, needs: [a, a] }",
       "p:4:35: `a` stands twice in `needs`"},
      {"  - { id: a, agent: w }\n  - { id: b, agent: w, needs: [{}] }",
       "p:4:32: `needs` must hold ids of steps, not a map"},
  };
  for (auto [steps, expected] : table)
    BOOST_TEST_CONTEXT(steps) BOOST_TEST(faults_of(steps) == expected);
}

BOOST_AUTO_TEST_CASE(a_sequential_plan_has_no_needs_and_no_parallel_groups) {
  BOOST_TEST(faults_of("  - { id: a, agent: w }\n  - { id: b, agent: w, needs: [] }\n"
                       "  - { id: c, sequence: [{ id: d, parallel: [{ id: e, agent: w }] }] }",
                       "plan: p\nstrategy: sequential") ==
             "p:5:24: `needs` has no place in a `sequential` plan; remove it, or make the strategy "
             "`hybrid`\n"
             "p:6:34: `parallel` has no place in a `sequential` plan; remove it, or make the "
             "strategy `hybrid`");
}

BOOST_AUTO_TEST_CASE(a_template_reads_only_what_its_step_waits_for) {
  const std::string before = R"(  - { id: a, agent: w }
  - { id: g, parallel: [{ id: x, agent: w }, { id: y, sequence: [{ id: z, agent: w }] }] }
  - { id: free, agent: w, needs: [] }
)";
  const auto step = [&](const std::string& rest) {
    return before + "  - { id: s, agent: w, needs: [g], " + rest +
           " }\n  - { id: last, agent: w }\n";
  };
  const std::pair<std::string, const char*> table[] = {
      {step("task: '${{ steps.a.output.anything[0] }} ${{ steps.a.state }}'"), ""},
      {step("task: '${{ steps.g.output.x.deep }} ${{ steps.g.output.y.z }}'"), ""},
      {step("task: '${{ steps.a.error.class }} ${{ signals.resolved }} ${{ run.id }}'"), ""},
      {step("task: '$${{ steps.nobody }}'"), ""},
      {step("when: '${{ steps.a.output.ok }}'"), ""},
      {step("task: '${{ steps.free.output }}'"),
       "p:6:42: this step does not wait for `free`; add it, or what leads to it, to `needs`"},
      {step("task: '${{ steps.last.output }}'"),
       "p:6:42: `last` comes later; a step reads only what it waits for"},
      {step("task: '${{ steps.s.output }}'"), "p:6:42: step `s` cannot read its own result"},
      {step("task: '${{ steps.x.output }}'"),
       "p:6:42: `x` stands inside the group `g`; read it as steps.g.output.x"},
      {step("task: '${{ steps.z.output }}'"),
       "p:6:42: `z` stands inside the group `g`; read it as steps.g.output.y.z"},
      {step("task: '${{ steps.fre.output }}'"),
       "p:6:42: there is no step `fre`; did you mean `free`?"},
      {step("task: '${{ steps.g.output.xx }}'"),
       "p:6:42: the group `g` has no step `xx`; it has `x` or `y`"},
      {step("task: '${{ steps.g.output.other }}'"),
       "p:6:42: the group `g` has no step `other`; it has `x` or `y`"},
      {step("task: '${{ steps }}'"),
       "p:6:42: `steps` cannot be read as a whole; name one: steps.<id>.output"},
      {step("task: '${{ steps.a }}'"),
       "p:6:42: `steps.a`: a step has steps.a.state, steps.a.output and steps.a.error.class"},
      {step("task: '${{ steps.a.result }}'"),
       "p:6:42: `steps.a.result`: a step has steps.a.state, steps.a.output and "
       "steps.a.error.class"},
      {step("task: '${{ steps.a.state.x }}'"),
       "p:6:42: `steps.a.state.x`: a state is a plain word"},
      {step("task: '${{ steps.a.error }}'"),
       "p:6:42: `steps.a.error`: of an error only steps.a.error.class can be read"},
      {step("task: '${{ steps.a.error.message }}'"),
       "p:6:42: `steps.a.error.message`: of an error only steps.a.error.class can be read"},
      {step("task: '${{ run.name }}'"), "p:6:42: of `run` only `run.id` can be read"},
      {step("task: '${{ signals }}'"),
       "p:6:42: `signals` cannot be read as a whole; name one: signals.<name>"},
      {step("task: '${{ inputs.url }}'"),
       "p:6:42: the plan has no input `url`; declare it under `inputs`"},
      {step("task: '${{ self.output }}'"),
       "p:6:42: `self` can be read in an `undo` only, where it is the step that is undone"},
      {step("task: '${{ step.a.output }}'"),
       "p:6:42: a path cannot begin with `step`; did you mean `steps`?"},
      {step("when: '${{ steps.a.output'"),
       "p:6:42: expression `steps.a.output` is not closed with }} (check its quotes; a literal ${{ "
       "is written $${{)"},
      {step("when: 'steps.a.output'"),
       "p:6:42: `when` must be one ${{ }} and nothing else, such as \"${{ inputs.enabled }}\""},
      {step("when: true"),
       "p:6:42: `when` must be one ${{ }} and nothing else, such as \"${{ inputs.enabled }}\""},
      {step("task: '${{ nope.a }} ${{ nope.b }}'"),
       "p:6:42: a path cannot begin with `nope`; it begins with `inputs`, `run`, `signals` or "
       "`steps`"},
  };
  for (const auto& [steps, expected] : table)
    BOOST_TEST_CONTEXT(steps) BOOST_TEST(faults_of(steps) == expected);
}

BOOST_AUTO_TEST_CASE(a_step_in_a_group_reads_what_its_group_waits_for) {
  BOOST_TEST(faults_of(R"(  - { id: a, agent: w }
  - id: g
    when: "${{ steps.a.output.go }}"
    parallel:
      - { id: x, agent: w, task: "${{ steps.a.output }}" }
      - { id: y, agent: w, needs: [x], task: "${{ steps.x.output }} ${{ steps.a.state }}" }
      - { id: z, agent: w, task: "${{ steps.x.output }} ${{ steps.g.output }}" }
    output: { y: "${{ steps.y.output }}", a: "${{ steps.a.output }}", free: "${{ steps.x }}" }
  - { id: after, agent: w, task: "${{ steps.g.output.whatever }}" }
)") == "p:9:34: this step does not wait for `x`; add it, or what leads to it, to `needs`\n"
       "p:9:34: `g` is the group around this step; its result comes later\n"
       "p:10:77: `steps.x`: a step has steps.x.state, steps.x.output and "
       "steps.x.error.class");
  BOOST_TEST(
      faults_of("  - { id: g, when: '${{ steps.x.output }}', sequence: [{ id: x, agent: w }] "
                "}") == "p:3:20: `x` stands inside this group; its result comes later");
}

BOOST_AUTO_TEST_CASE(the_output_of_a_plan_reads_its_steps) {
  const auto steps = "  - { id: a, agent: w }\n  - { id: g, sequence: [{ id: x, agent: w }] }";
  BOOST_TEST(faults_of(steps,
                       "plan: p\noutput: ['${{ steps.a.output }}', '${{ "
                       "steps.g.output.x }}', '${{ inputs }}']") == "");
  BOOST_TEST(faults_of(steps, "plan: p\noutput: '${{ steps.x.output }}'") ==
             "p:2:9: `x` stands inside the group `g`; read it as steps.g.output.x");
}

BOOST_AUTO_TEST_CASE(each_step_does_one_thing_and_carries_only_what_belongs_on_it) {
  const std::pair<const char*, const char*> table[] = {
      {"  - { id: a, agnet: w }",
       "p:3:5: step `a` does not say what to do; give it `agent`, `tool`, `approval`, `wait`, "
       "`plan`, `sequence`, `parallel`, `foreach`, `repeat` or `switch`\n"
       "p:3:14: unknown key `agnet` in step `a`; did you mean `agent`?"},
      {"  - { id: a, agent: w, foreach: {} }",
       "p:3:24: step `a` is both `agent` and `foreach`; make two steps of it"},
      {"  - { id: a, agent: w, with: {} }",
       "p:3:24: `with` does not belong on `agent`: it holds the arguments of a `tool` or the "
       "inputs of a `plan`; an `agent` takes `task`"},
      {"  - { id: a, tool: t.v, output: 1 }",
       "p:3:25: `output` does not belong on `tool`: it shapes the result of a `sequence`, of a "
       "`parallel` group or of the plan; any other result is what the step yields"},
      {"  - { id: a, sequence: [{ id: b, agent: w }], task: x }",
       "p:3:47: `task` does not belong on `sequence`: it is what an `agent` is told; a `tool` and "
       "a `plan` take `with`"},
      {"  - { id: 5, agent: w }", "p:3:11: `id` must be text, not a number"},
      {"  - { id: a.b, agent: w }",
       "p:3:11: an `id` begins with a letter or `_` and goes on with letters, digits, `_` and `-`, "
       "128 at most; `a.b` does not"},
      {"  - { id: a, agent: [w] }", "p:3:21: `agent` must be text, not a list"},
      {"  - { id: a, tool: probe }",
       "p:3:20: `tool` names a tool as <toolkit>.<verb>, such as `probe.http`; a template cannot "
       "choose it"},
      {"  - { id: a, tool: a..b }",
       "p:3:20: `tool` names a tool as <toolkit>.<verb>, such as `probe.http`; a template cannot "
       "choose it"},
      {"  - { id: a, tool: t.v, with: 'x ${{ run.id }}' }",
       "p:3:31: `with` must be a map of arguments, or one ${{ }} that yields one, not text"},
      {"  - { id: a, agent: w, retry: [] }",
       "p:3:31: `retry` holds no retrier; leave it out for no retry"},
      {"  - { id: a, agent: w, retry: [{ on: [] }] }",
       "p:3:38: `on` names no error class; leave it out to match any that is retried by default"},
      {"  - { id: a, agent: w, retry: [{ on: [nothing_like_it] }] }",
       "p:3:39: there is no error class `nothing_like_it`; there are `timeout`, `agent_down`, "
       "`no_capacity`, `rate_limited`, `invalid_input`, `invalid_output`, `denied`, "
       "`budget_exceeded`, `task_failed`, `tool_failed`, `effect_conflict`, `outcome_unknown`, "
       "`cancelled` or `internal`"},
      {"  - { id: a, agent: w, retry: [{ interval: 5s, max_delay: 1s }] }",
       "p:3:48: `interval` 5s is longer than `max_delay` 1s; raise `max_delay`"},
      {"  - { id: a, agent: w, retry: [{ tries: 1 }] }",
       "p:3:34: unknown key `tries` in a retrier"},
      {"  - { id: a, agent: w, timeout: 31d }",
       "p:3:24: `timeout` is at most 30d; it bounds one attempt, not the run"},
      {"  - { id: g, parallel: { id: b } }",
       "p:3:24: `parallel` must be a list of steps, not a map"},
      {"  {}", "p:3:3: `steps` must be a list of steps, not a map"},
      {"  []", "p:3:3: `steps` holds no step; give it one or remove it"},
  };
  for (auto [steps, expected] : table)
    BOOST_TEST_CONTEXT(steps) BOOST_TEST(faults_of(steps) == expected);
}

BOOST_AUTO_TEST_CASE(inputs_are_declared_strictly) {
  const std::pair<const char*, const char*> table[] = {
      {"x: {}", ""},
      {"x:", "p:2:14: input `x` must be a map, not null"},
      {"x: { type: text }",
       "p:2:22: `type` must be `string`, `number`, `integer`, `boolean`, "
       "`object` or `array`, not `text`"},
      {"x: { type: integer, default: 1.5 }",
       "p:2:40: the default of input `x` must be an integer, not a number"},
      {"x: { default: 1, required: true }",
       "p:2:28: a required input has no use for a `default`; drop one of the two"},
      {"x: { default: 'a ${{ run.id }}' }",
       "p:2:25: a default is taken as it is; it cannot hold a template"},
      {"x y: {}",
       "p:2:11: the name of an input begins with a letter or `_` and goes on with "
       "letters, digits, `_` and `-`, 128 at most; `x y` does not"},
  };
  for (auto [inputs, expected] : table) BOOST_TEST_CONTEXT(inputs)
  BOOST_TEST(faults_of("  - { id: a, agent: w }",
                       "plan: p\ninputs: { " + std::string{inputs} + " }") == expected);
}

BOOST_AUTO_TEST_CASE(the_plan_itself_is_read_strictly) {
  const std::pair<const char*, const char*> table[] = {
      {"", "p:1:1: the plan must be a map, not null\n"},
      {"[]", "p:1:1: the plan must be a map, not a list\n"},
      {"plan: ''",
       "p:1:1: `plan` must not be empty\n"
       "p:1:1: `steps` is missing from the plan; a plan is a list of steps\n"},
      {"plan: p\nsteps: [{id: a, agent: w}]\nretry: []",
       "p:3:1: unknown key `retry` in the plan\n"},
      {"plan: p\nsteps: [{id: a, agent: w}]\ninputs: []",
       "p:3:9: `inputs` must be a map, not a list\n"},
      {"plan: p\nsteps: [{id: a, agent: w}]\nstrategy: [hybrid]",
       "p:3:11: `strategy` must be `hybrid`, `sequential` or `parallel`, not a list\n"},
  };
  for (auto [text, expected] : table)
    BOOST_TEST_CONTEXT(text) BOOST_TEST(render(parse_plan("p", text).faults, "p") == expected);
}

BOOST_AUTO_TEST_CASE(faults_of_the_text_and_of_the_plan_come_together) {
  BOOST_TEST(
      faults_of("  - { id: a, agent: w, agent: v, timeout: 5 }\n  - { id: a, agent: !x w }") ==
      "p:3:24: the key `agent` stands twice in this map; it was first given at 3:14; keep "
      "one\n"
      "p:3:43: `timeout` must be a duration such as 30s, 10m or 1h30m, not a number\n"
      "p:4:11: the id `a` stands twice in the plan; it was first given at 3:11; ids are "
      "unique in a plan\n"
      "p:4:21: the tag `!x` is not supported; write the value plainly, or quote it to make it "
      "text");
  BOOST_TEST(faults_of("  - { id: a, agent: w }\n  - [") ==
             "p:4:1: not valid YAML: end of sequence flow not found");
}

BOOST_AUTO_TEST_CASE(a_plan_is_bounded) {
  std::string steps;
  for (std::size_t i = 0; i <= limits::plan_steps_max; ++i)
    steps += "  - {id: s" + std::to_string(i) + ", agent: w}\n";
  BOOST_TEST(faults_of(steps) ==
             "p:10003:5: the plan has 10001 steps and groups; at most 10000 are taken");

  const auto nested = [](std::size_t depth) {
    std::string text = "  - ";
    for (std::size_t i = 1; i < depth; ++i) text += "{ id: g" + std::to_string(i) + ", sequence: [";
    text += "{ id: a, agent: w }";
    for (std::size_t i = 1; i < depth; ++i) text += "] }";
    return text;
  };
  BOOST_TEST(faults_of(nested(limits::plan_depth_max)) == "");
  const auto deeper = faults_of(nested(limits::plan_depth_max + 3));
  BOOST_TEST(deeper.find("groups nest deeper than 24 levels; flatten the plan") !=
             std::string::npos);
  BOOST_TEST(std::count(deeper.begin(), deeper.end(), '\n') == 0); // said once

  BOOST_TEST(faults_of("  - { id: a, agent: w, task: '" +
                       std::string(limits::template_bytes_max, 'x') + "${{ run.id }}' }") ==
             "p:3:30: a template has at most 65536 bytes");
  BOOST_TEST(faults_of("  - { id: a, agent: w, task: [" + std::string(500'000, ',') + "] }") ==
             "p:1:1: as JSON the plan has 2500054 bytes; at most 1048576 are taken");
}

BOOST_AUTO_TEST_CASE(a_large_plan_is_read_in_good_time) {
  std::string steps;
  for (std::size_t i = 0; i < limits::plan_steps_max; ++i)
    steps += "  - {id: s" + std::to_string(i) + ", agent: w, task: '${{ steps.s" +
             std::to_string(i / 2) + ".output }}'}\n";
  const auto good = faults_of(steps);
  BOOST_TEST(good == "p:3:30: step `s0` cannot read its own result");

  std::string wrong; // ten thousand faults, each with ten thousand words to compare with
  for (std::size_t i = 0; i < limits::plan_steps_max; ++i)
    wrong +=
        "  - {id: s" + std::to_string(i) + ", agent: w, needs: [t" + std::to_string(i) + "]}\n";
  const auto faults = faults_of(wrong);
  BOOST_TEST(std::count(faults.begin(), faults.end(), '\n') == 1'000);
  BOOST_TEST(faults.ends_with("p:1002:34: and 9000 more faults"));
}

BOOST_AUTO_TEST_CASE(a_plan_of_a_thousand_steps_of_every_kind_is_read_at_once) {
  std::string steps;
  for (int i = 0; i < 334; ++i) {
    const auto n = std::to_string(i);
    steps += "  - { id: a" + n +
             ", agent: w, undo: { tool: t.v, with: { x: '${{ self.output }}' } } }\n";
    steps += "  - { id: e" + n + ", foreach: { in: '${{ steps.a" + n + ".output }}', do: { id: f" +
             n + ", agent: w, task: '${{ item }} ${{ steps.a0.output }}' } } }\n";
  }
  const auto begun = std::chrono::steady_clock::now();
  BOOST_TEST(faults_of(steps) == "");
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
  BOOST_TEST_MESSAGE("1002 steps and groups took " << taken.count() << " s");
}

BOOST_AUTO_TEST_CASE(the_hash_is_that_of_the_canonical_source) {
  const auto yaml = parse_plan("p.yaml", "plan: p\nsteps:\n  - { id: a, agent: w } # why\n");
  const auto json = parse_plan("p.json", R"({"steps":[{"agent":"w","id":"a"}],"plan":"p"})");
  BOOST_TEST(yaml.plan.hash ==
             digest(JsonText{R"({"plan":"p","steps":[{"id":"a","agent":"w"}]})"}));
  BOOST_TEST(yaml.plan.hash == json.plan.hash);
  BOOST_TEST(parse_plan("p.yaml", "plan: q\nsteps:\n  - { id: a, agent: w }\n").plan.hash !=
             yaml.plan.hash);
}

BOOST_AUTO_TEST_SUITE_END()
