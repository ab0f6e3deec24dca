#include "runtime/agent/native.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/play.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

const World no_world = [](const std::string& tool, const std::string&, int) {
  return fails(ErrorClass::internal, "nobody serves " + tool);
};

Played validate(const char* task) { return play(*agent::make_validator(task_of(task)), no_world); }

} // namespace

BOOST_AUTO_TEST_SUITE(native_agents)

BOOST_AUTO_TEST_CASE(a_caller_calls_its_tool_and_answers_as_the_tool_does) {
  const auto call = [](message::ActivityOutcome outcome) {
    const World world = [&](const std::string&, const std::string&, int) { return outcome; };
    return play(*agent::make_caller(task_of(R"({"tool":"probe.http","with":{"url":"u"}})")), world);
  };
  const auto fine = call(returns(R"({"ok":true})"));
  BOOST_TEST(fine.log[0] == R"(probe.http {"url":"u"})");
  BOOST_TEST(fine.output == R"({"ok":true})");
  const auto failed = call(fails(ErrorClass::timeout, "slow"));
  BOOST_REQUIRE(failed.error);
  BOOST_TEST((*failed.error == Error{ErrorClass::timeout, "slow"}));
}

BOOST_AUTO_TEST_CASE(a_caller_refuses_a_task_that_names_no_tool) {
  for (const auto* task : {"null", "{}", R"({"tool":7})", R"("probe.http")"}) {
    const auto played = play(*agent::make_caller(task_of(task)), no_world);
    BOOST_TEST_CONTEXT(task) {
      BOOST_REQUIRE(played.error);
      BOOST_TEST((played.error->error_class == ErrorClass::invalid_input));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_validator_compares_as_its_words_say) {
  const std::pair<const char*, bool> table[] = {
      {R"("is":1,"equals":1.0)", true},
      {R"("is":{"a":[1,{"b":2}]},"equals":{"a":[1.0,{"b":2}]})", true},
      {R"("is":{"a":1},"equals":{"a":1,"b":null})", false},
      {R"("is":"x","equals":"y")", false},
      {R"("equals":null)", true}, // a missing `is` is null
      {R"("is":"x","not":null)", true},
      {R"("is":null,"not":null)", false},
      {R"("is":5,"at_least":5,"at_most":5)", true},
      {R"("is":4.9,"at_least":5)", false},
      {R"("is":"5","at_least":5)", false},
      {R"("is":6,"at_most":5)", false},
      {R"("is":"nginx is up","contains":"is up")", true},
      {R"("is":["a",1],"contains":1.0)", true},
      {R"("is":{"k":1},"contains":"k")", true},
      {R"("is":{"k":1},"contains":"z")", false},
      {R"("is":"b","one_of":["a","b"])", true},
      {R"("is":"c","one_of":["a","b"])", false},
  };
  for (const auto& [expectation, holds] : table) {
    const auto played = validate(("{\"expect\":[{" + std::string{expectation} + "}]}").c_str());
    BOOST_TEST(!played.error.has_value() == holds, expectation);
  }
}

BOOST_AUTO_TEST_CASE(a_validator_names_every_expectation_that_is_not_met) {
  const auto played = validate(R"({"expect":[
    {"name":"health","is":false,"equals":true},
    {"name":"fine","is":1,"equals":1},
    {"is":900,"at_most":500}]})");
  BOOST_REQUIRE(played.error);
  BOOST_TEST((played.error->error_class == ErrorClass::task_failed));
  BOOST_TEST(played.error->message ==
             "expectations that are not met:\n- health: is false, expected equals true\n"
             "- expect[2]: is 900, expected at_most 500");
  BOOST_TEST(validate(R"({"expect":[{"name":"a","is":1,"equals":1},{"is":2,"not":3}]})").output ==
             R"({"met":["a","expect[1]"]})");
}

BOOST_AUTO_TEST_CASE(a_validator_refuses_what_it_cannot_judge) {
  const std::pair<const char*, const char*> table[] = {
      {"{}", "the task of a validator must be"},
      {R"({"expect":[]})", "with at least one item"},
      {R"({"expect":[7]})", "- expect[0] must be a map"},
      {R"({"expect":[{"name":"a","is":1}]})", "- a: says not what to expect; add `equals`"},
      {R"({"expect":[{"name":"a","is":1,"equal":1}]})", "- a: unknown key `equal`"},
      {R"({"expect":[{"name":"a","is":1,"at_most":"2"}]})",
       "- a: `at_most` must be a number, not \"2\""},
      {R"({"expect":[{"name":"a","is":1,"one_of":2}]})", "- a: `one_of` must be a list, not 2"},
  };
  for (const auto& [task, expected] : table) BOOST_TEST_CONTEXT(task) {
      const auto played = validate(task);
      BOOST_REQUIRE(played.error);
      BOOST_TEST((played.error->error_class == ErrorClass::invalid_input));
      BOOST_TEST(played.error->message.find(expected) != std::string::npos, played.error->message);
    }
}

BOOST_AUTO_TEST_CASE(agents_take_tasks_that_nest_as_deep_as_the_limit_allows) {
  const auto deep = std::string(60, '[') + std::string(60, ']');
  const World world = [](const std::string&, const std::string&, int) { return returns("1"); };
  BOOST_TEST(
      play(*agent::make_caller(task_of(R"({"tool":"a.b","with":{"v":)" + deep + "}}")), world)
          .output == "1");
  BOOST_TEST(
      validate((R"({"expect":[{"is":)" + deep + R"(,"equals":)" + deep + "}]}").c_str()).output ==
      R"({"met":["expect[0]"]})");
  BOOST_TEST(
      play(*agent::make_reporter(task_of(R"({"steps":[{"step":"a","output":)" + deep + "}]}")),
           world)
          .output.find("report.md") != std::string::npos);
  BOOST_TEST(
      play_runbook("runbook: x\nrules: [{ id: r, output: \"${{ task }}\" }]", deep, world).output ==
      deep);
}

BOOST_AUTO_TEST_CASE(make_agent_knows_its_kinds_and_says_what_it_does_not_know) {
  auto task = task_of(R"({"tool":"probe.http"})");
  task.role.kind = "native";
  for (const auto& name : agent::native_agents()) {
    task.role.native = name;
    BOOST_TEST(agent::make_agent(task).ok(), name);
  }
  task.role.native = "juggler";
  BOOST_TEST(agent::make_agent(task).error().message ==
             "role `tester`: no native agent is called `juggler`; there is caller, echo, reporter, "
             "validator");
  task.role.kind = "model";
  BOOST_TEST(agent::make_agent(task).error().message ==
             "role `tester`: this build runs agents of kind runbook and native, not `model`");
}

BOOST_AUTO_TEST_CASE(make_agent_follows_the_runbook_a_role_carries) {
  auto task = task_of(R"({"n":4})");
  task.role.kind = "runbook";
  task.role.tools = {"a.*"};
  task.role.runbook = JsonText{R"({"runbook":"x","checks":[{"id":"c","tool":"a.one"}],
                   "rules":[{"id":"r","output":"${{ task.n }}"}]})"};
  auto made = agent::make_agent(task);
  BOOST_REQUIRE(made.ok());
  const World world = [](const std::string&, const std::string&, int) { return returns("1"); };
  BOOST_TEST(play(**made, world).output == "4");
}

BOOST_AUTO_TEST_CASE(make_agent_names_every_fault_of_a_runbook) {
  auto task = task_of("{}");
  task.role.kind = "runbook";
  task.role.runbook =
      JsonText{R"({"runbook":"x","checks":[{"id":"c","tool":"a.one"}],"rules":[{"id":"r"}]})"};
  const auto made = agent::make_agent(task);
  BOOST_REQUIRE(!made.ok());
  BOOST_TEST((made.error().error_class == ErrorClass::invalid_input));
  const auto& text = made.error().message;
  BOOST_TEST(text.find("tester.json:/checks/0/tool: tool `a.one` is none of the role's `tools`") !=
                 std::string::npos,
             text);
  BOOST_TEST(text.find("tester.json:/rules/0: a rule must end in") != std::string::npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
