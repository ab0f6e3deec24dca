// What the steps of a foreach, a repeat, a switch and an undo may wait for and read, and who may
// read them.
#include <boost/test/unit_test.hpp>

#include "tests/unit/plan/faults_of.hpp"

using namespace troupe::plan;

namespace {

constexpr std::string_view head = "plan: p\ninputs: { hosts: { type: array } }";

/// The faults of a plan with a step before, a group of each kind, and `last` behind them all; its
/// `steps` begin on line 4.
std::string faults_with(const std::string& steps) {
  return faults_of("  - { id: a, agent: w }\n" + steps, head);
}

} // namespace

BOOST_AUTO_TEST_SUITE(scopes)

BOOST_AUTO_TEST_CASE(the_item_and_the_index_are_read_inside_their_foreach_only) {
  const std::pair<const char*, const char*> table[] = {
      {"{ id: e, foreach: { in: '${{ inputs.hosts }}', as: host, do: { id: x, agent: w, when: '${{ "
       "host.up }}', task: ['${{ host }}', '${{ index }}', '${{ steps.a.output }}'] } } }",
       ""},
      {"{ id: e, when: '${{ item }}', foreach: { in: '${{ item }}', do: { id: x, agent: w } } }",
       "p:5:20: `item` is the item of the foreach `e`; only what stands under its `do` can read "
       "it\n"
       "p:5:50: `item` is the item of the foreach `e`; only what stands under its `do` can read "
       "it"},
      {"{ id: e, foreach: { in: '${{ index }}', do: { id: x, agent: w } } }",
       "p:5:29: `index` can be read inside a `foreach` or a `repeat` only"},
      {"{ id: e, foreach: { in: [1], as: host, do: { id: x, agent: w, task: '${{ hst }}' } } }",
       "p:5:73: a path cannot begin with `hst`; did you mean `host`?"},
      {"{ id: e, foreach: { in: [1], as: host, do: { id: x, agent: w, task: '${{ nope }}' } } }",
       "p:5:73: a path cannot begin with `nope`; it begins with `inputs`, `run`, `signals`, "
       "`steps`, `host` or `index`"},
      {"{ id: e, foreach: { in: [1], as: host, do: { id: x, sequence: [{ id: y, agent: w, task: "
       "'${{ host }}' }], output: '${{ host }} ${{ steps.y.output }}' } } }",
       ""},
      {"{ id: e, foreach: { in: [1], as: o, do: { id: f, foreach: { in: '${{ o }}', as: i, do: { "
       "id: x, approval: { role: r, message: '${{ o }} ${{ i }} ${{ index }}' } } } } } }",
       ""},
      {"{ id: e, foreach: { in: [1], do: { id: f, foreach: { in: [1], do: { id: x, agent: w } } } "
       "} }",
       "p:5:56: `item` already names the item of the foreach `e` around this one; give this one "
       "another `as`"},
      {"{ id: e, foreach: { in: [1], as: 'true', do: { id: x, agent: w } } }",
       "p:5:38: `as` names the item: a letter or `_`, then letters, digits, `_` and `-`, and no "
       "word that a template knows already; not `true`"},
  };
  for (auto [step, expected] : table)
    BOOST_TEST_CONTEXT(step) BOOST_TEST(faults_with("  - " + std::string{step}) == expected);
  // Beside each other two foreachs may use one name.
  BOOST_TEST(faults_with("  - { id: e, foreach: { in: [1], do: { id: x, agent: w } } }\n"
                         "  - { id: f, foreach: { in: [1], do: { id: y, agent: w, task: '${{ item "
                         "}}' } } }") == "");
}

BOOST_AUTO_TEST_CASE(the_until_of_a_repeat_reads_its_round) {
  const std::pair<const char*, const char*> table[] = {
      {"do: { id: x, agent: w }, until: '${{ steps.x.output.ok && index > 1 }}'", ""},
      {"do: [{ id: x, agent: w }, { id: y, agent: w, task: '${{ index }} ${{ steps.x.output }}' "
       "}], "
       "until: '${{ steps.x.output.ok && steps.a.output.ok && steps.y.state }}'",
       ""},
      {"do: { id: x, agent: w }, until: '${{ item }}'",
       "p:5:56: a path cannot begin with `item`; it begins with `inputs`, `run`, `signals`, "
       "`steps` "
       "or `index`"},
      {"do: { id: x, agent: w }, until: '${{ steps.r.output }}'",
       "p:5:56: step `r` cannot read its own result"},
      {"do: { id: x, sequence: [{ id: y, agent: w }] }, until: '${{ steps.y.output }}'",
       "p:5:79: `y` stands inside the group `x`; read it as steps.x.output.y"},
      {"do: { id: x, agent: w }, until: '${{ steps.after.output }}'",
       "p:5:56: `after` comes later; a step reads only what it waits for"},
  };
  for (auto [repeat, expected] : table) BOOST_TEST_CONTEXT(repeat)
  BOOST_TEST(faults_with("  - { id: r, repeat: { " + std::string{repeat} +
                         " } }\n  - { id: after, agent: w }") == expected);
}

BOOST_AUTO_TEST_CASE(from_outside_only_the_result_of_the_whole_can_be_read) {
  const std::string groups = R"(  - id: one
    foreach: { in: [1], do: { id: x1, agent: w } }
  - id: many
    foreach: { in: [1], do: [{ id: x2, agent: w }, { id: y2, agent: w }] }
  - { id: poll, repeat: { do: [{ id: x3, agent: w }], until: "${{ true }}" } }
  - { id: poll1, repeat: { do: { id: x5, agent: w }, until: "${{ true }}" } }
  - id: pick
    switch: { on: "${{ 1 }}", cases: { 1: { id: x4, agent: w }, 2: [{ id: y4, agent: w }] } }
)";
  const std::pair<const char*, const char*> table[] = {
      {"steps.one.output[0].any", ""},
      {"steps.many.output[0].x2.any", ""},
      {"steps.many.output", ""},
      {"steps.poll.output.x3", ""},
      {"steps.poll1.output.any", ""},
      {"steps.pick.output.y4", ""},
      {"steps.x1.output", "`x1` stands inside the group `one`; read it as steps.one.output[0]"},
      {"steps.y2.output",
       "`y2` stands inside the group `many`; read it as steps.many.output[0].y2"},
      {"steps.x3.output", "`x3` stands inside the group `poll`; read it as steps.poll.output.x3"},
      {"steps.x5.output", "`x5` stands inside the group `poll1`; read it as steps.poll1.output"},
      {"steps.y4.output", "`y4` stands inside the group `pick`; read it as steps.pick.output.y4"},
      {"steps.one.output.x1",
       "the result of the foreach `one` is a list, one entry for each item; write "
       "steps.one.output[0]"},
      {"steps.many.output[0].z2", "the foreach `many` has no step `z2`; did you mean `x2`?"},
      {"steps.poll.output.y3", "the repeat `poll` has no step `y3`; did you mean `x3`?"},
      {"steps.pick.output.other", "the switch `pick` has no step `other`; it has `x4` or `y4`"},
  };
  for (auto [path, expected] : table) BOOST_TEST_CONTEXT(path) {
      const auto step = "  - { id: s, agent: w, task: '${{ " + std::string{path} + " }}' }";
      const std::string place = *expected == '\0' ? "" : "p:13:30: ";
      BOOST_TEST(faults_with(groups + step) == place + expected);
    }
}

BOOST_AUTO_TEST_CASE(what_stands_inside_is_read_only_by_who_waits_for_the_whole) {
  const std::string group = "  - { id: e, foreach: { in: [1], do: { id: x, agent: w } } }\n";
  BOOST_TEST(
      faults_with(group + "  - { id: s, agent: w, needs: [], task: '${{ steps.x.output }}' }") ==
      "p:6:41: `x` stands inside the group `e`, for which this step does not wait; add `e` to "
      "`needs`");
  BOOST_TEST(faults_of("  - { id: s, agent: w, task: '${{ steps.x.output }}' }\n" + group) ==
             "p:3:30: `x` comes later; a step reads only what it waits for");
}

BOOST_AUTO_TEST_CASE(needs_stay_inside_the_body_or_lead_to_what_stands_beside_a_group_around_it) {
  const std::pair<const char*, const char*> table[] = {
      {"foreach: { in: [1], do: [{ id: x, agent: w, needs: [a] }, { id: y, agent: w, needs: [x, a] "
       "}] }",
       ""},
      {"foreach: { in: [1], do: { id: x, agent: w, needs: [a], task: '${{ steps.a.output }}' } }",
       ""},
      {"foreach: { in: [1], do: { id: x, agent: w, needs: [e] } }",
       "p:5:65: `e` is the group around this step, which is not done before it"},
      {"switch: { on: '${{ 1 }}', cases: { 1: [{ id: x, agent: w }], 2: { id: y, agent: w, needs: "
       "[x], task: '${{ steps.x.output }}' } } }",
       "p:5:105: `x` stands in another case of the switch `e`, of which only one is run\n"
       "p:5:115: `x` stands in another case of the switch `e`, of which only one is run"},
      {"foreach: { in: [1], do: { id: x, agent: w } } }\n  - { id: s, agent: w, needs: [x]",
       "p:6:32: `x` stands inside another group; need the group `e` itself"},
      {"foreach: { in: [1], do: { id: x, agent: w } } }\n  - { id: x, agent: w",
       "p:6:11: the id `x` stands twice in the plan; it was first given at 5:44; ids are unique in "
       "a plan"},
  };
  for (auto [group, expected] : table) BOOST_TEST_CONTEXT(group)
  BOOST_TEST(faults_with("  - { id: e, " + std::string{group} + " }") == expected);
}

BOOST_AUTO_TEST_CASE(an_undo_reads_what_its_step_was_given_and_yielded) {
  const std::pair<const char*, const char*> table[] = {
      {"{ id: s, tool: t.v, undo: { tool: t.u, with: { x: '${{ self.with.x }} ${{ self.output.y }} "
       "${{ steps.a.output }} ${{ inputs.hosts }}' } } }",
       ""},
      {"{ id: s, agent: w, undo: { agent: w, task: '${{ self.task }}' } }", ""},
      {"{ id: s, plan: q, undo: { agent: w, task: '${{ self.with }}' } }", ""},
      {"{ id: e, foreach: { in: [1], do: { id: s, agent: w, undo: { agent: w, task: '${{ item }} "
       "${{ index }}' } } } }",
       ""},
      {"{ id: s, agent: w, undo: { agent: w, task: '${{ self.with }}' } }",
       "p:5:48: `self.with`: of this step an undo reads self.task and self.output"},
      {"{ id: s, agent: w, undo: { agent: w, task: '${{ self }}' } }",
       "p:5:48: `self`: of this step an undo reads self.task and self.output"},
      {"{ id: s, agent: w, undo: { agent: w, task: '${{ steps.s.output }}' } }",
       "p:5:48: step `s` cannot read its own result; in its undo that is self.output"},
      {"{ id: s, agent: w, undo: { agent: w, task: '${{ selff.output }}' } }",
       "p:5:48: a path cannot begin with `selff`; did you mean `self`?"},
      {"{ id: s, agent: w, undo: { agent: w, task: '${{ item }}' } }",
       "p:5:48: a path cannot begin with `item`; it begins with `inputs`, `run`, `signals`, "
       "`steps` "
       "or `self`"},
      {"{ id: s, agent: w, task: '${{ self.output }}' }",
       "p:5:30: `self` can be read in an `undo` only, where it is the step that is undone"},
  };
  for (auto [step, expected] : table)
    BOOST_TEST_CONTEXT(step) BOOST_TEST(faults_with("  - " + std::string{step}) == expected);
}

BOOST_AUTO_TEST_CASE(a_sequential_plan_does_one_thing_at_a_time) {
  const auto faults = [](const std::string& foreach) {
    return faults_of("  - { id: e, foreach: { in: [1], do: { id: x, agent: w }" + foreach + " } }",
                     "plan: p\nstrategy: sequential");
  };
  BOOST_TEST(faults(", concurrency: 1") == "");
  BOOST_TEST(faults("") ==
             "p:4:23: a `sequential` plan does one thing at a time, and this foreach 10; give it "
             "`concurrency: 1`, or make the strategy `hybrid`");
  BOOST_TEST(faults(", concurrency: 2") ==
             "p:4:59: a `sequential` plan does one thing at a time, and this foreach 2; give it "
             "`concurrency: 1`, or make the strategy `hybrid`");
}

BOOST_AUTO_TEST_SUITE_END()
