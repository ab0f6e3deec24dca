#include "runtime/agent/runbook_agent.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/agent/play.hpp"

using namespace troupe;
using namespace troupe::test;
using Log = std::vector<std::string>;

namespace {

void expect_log(const Played& played, const Log& expected) {
  BOOST_TEST(played.log == expected, boost::test_tools::per_element());
}

World always(message::ActivityOutcome outcome) {
  return [outcome](const std::string&, const std::string&, int) { return outcome; };
}

} // namespace

BOOST_AUTO_TEST_SUITE(runbook_agent)

BOOST_AUTO_TEST_CASE(checks_run_in_order_and_each_sees_what_came_before) {
  const auto played =
      play_runbook(R"(
runbook: look
checks:
  - { id: first, tool: a.one, with: { of: "${{ task.service }}" } }
  - { id: second, tool: b.two, with: { of: "${{ checks.first.by }}" } }
rules:
  - { id: told, output: "${{ checks }}" }
)",
                   R"({"service":"web"})", [](const std::string& tool, const std::string&, int) {
                     return returns("{\"by\":\"" + tool + "\"}");
                   });
  expect_log(played, {R"(a.one {"of":"web"})", R"(b.two {"of":"a.one"})", "note rule told fired",
                      R"(complete {"first":{"by":"a.one"},"second":{"by":"b.two"}})"});
}

BOOST_AUTO_TEST_CASE(parallel_checks_are_asked_at_once_and_bound_in_file_order) {
  const auto agent = agent::make_runbook_agent(runbook(R"(
runbook: look
parallel: true
checks:
  - { id: first, tool: a.one }
  - { id: second, tool: b.two }
  - { id: big, find: "${{ checks.second }}", where: "${{ item > 1 }}" }
rules:
  - { id: told, output: "${{ checks }}" }
)"),
                                               task_of("{}"));
  const auto asked = agent->on(agent::Started{}, start_of_play);
  BOOST_REQUIRE_EQUAL(asked.size(), 2u);
  const auto first = std::get<agent::CallTool>(asked[0]).call;
  const auto second = std::get<agent::CallTool>(asked[1]).call;
  BOOST_TEST(agent->on(agent::ToolAnswered{second, returns("[1,2,3]")}, start_of_play).empty());
  const auto told = agent->on(agent::ToolAnswered{first, returns("\"x\"")}, start_of_play);
  BOOST_REQUIRE_EQUAL(told.size(), 2u);
  BOOST_TEST(std::get<agent::Complete>(told[1]).output.text ==
             R"({"first":"x","second":[1,2,3],"big":2})");
}

BOOST_AUTO_TEST_CASE(of_parallel_checks_that_fail_the_first_in_file_order_counts) {
  const std::string_view yaml = R"(
runbook: look
parallel: true
checks:
  - { id: first, tool: a.one }
  - { id: second, tool: b.two }
rules:
  - { id: told, output: {} }
)";
  for (const bool second_answers_first : {false, true}) {
    const auto agent = agent::make_runbook_agent(runbook(yaml), task_of("{}"));
    agent->on(agent::Started{}, start_of_play);
    const agent::ToolAnswered answers[] = {{1, fails(ErrorClass::timeout, "slow")},
                                           {2, fails(ErrorClass::tool_failed, "broken")}};
    agent->on(answers[second_answers_first ? 1 : 0], start_of_play);
    const auto last = agent->on(answers[second_answers_first ? 0 : 1], start_of_play);
    BOOST_REQUIRE_EQUAL(last.size(), 1u);
    const auto error = std::get<agent::Fail>(last[0]).error;
    BOOST_TEST((error.error_class == ErrorClass::timeout));
    BOOST_TEST(error.message == "runbook `look`, check `first` (a.one): slow");
  }
}

BOOST_AUTO_TEST_CASE(find_takes_the_first_item_that_matches_or_null) {
  const std::string_view yaml = R"(
runbook: look
checks:
  - { id: all, tool: a.list }
  - { id: mine, find: "${{ checks.all.items }}", where: "${{ item.name == task.name }}" }
rules:
  - { id: told, output: "${{ checks.mine }}" }
)";
  const auto world = always(returns(R"({"items":[{"name":"a"},{"name":"b","n":1},{"name":"b"}]})"));
  BOOST_TEST(play_runbook(yaml, R"({"name":"b"})", world).output == R"({"name":"b","n":1})");
  BOOST_TEST(play_runbook(yaml, R"({"name":"z"})", world).output == "null");
  BOOST_TEST(play_runbook(yaml, R"({"name":"b"})", always(returns(R"({"items":null})"))).output ==
             "null");
  const auto no_list = play_runbook(yaml, R"({"name":"z"})", always(returns(R"({"items":7})")));
  BOOST_REQUIRE(no_list.error);
  BOOST_TEST(no_list.error->message ==
             "runbook `look`, check `mine`: `checks.all.items` is no list");
}

BOOST_AUTO_TEST_CASE(the_first_rule_whose_match_is_true_fires_and_no_other) {
  const std::string_view yaml = R"(
runbook: choose
rules:
  - { id: one, match: "${{ task.n == 1 }}", output: one }
  - { id: two, match: "${{ task.n <= 2 }}", output: two }
  - { id: otherwise, output: other }
)";
  const std::pair<int, const char*> table[] = {{1, "one"}, {2, "two"}, {3, "other"}};
  for (const auto& [n, output] : table)
    BOOST_TEST(
        play_runbook(yaml, "{\"n\":" + std::to_string(n) + "}", always(returns("1"))).output ==
        "\"" + std::string{output} + "\"");
}

BOOST_AUTO_TEST_CASE(a_rule_acts_in_order_and_tells_what_its_acts_came_to) {
  expect_log(
      play_runbook(R"(
runbook: heal
rules:
  - id: gone
    act:
      - { id: stop, tool: service.stop, with: { service: "${{ task.service }}" } }
      - { id: start, tool: service.start, with: { after: "${{ acts.stop.pid }}" } }
    output: { pid: "${{ acts.start.pid }}" }
)",
                   R"({"service":"web"})",
                   [](const std::string& tool, const std::string&, int) {
                     return returns(tool == "service.stop" ? R"({"pid":1})" : R"({"pid":2})");
                   }),
      {"note rule gone fired", R"(service.stop {"service":"web"})", R"(service.start {"after":1})",
       R"(complete {"pid":2})"});
}

BOOST_AUTO_TEST_CASE(what_is_tolerated_binds_its_error_and_what_is_not_fails_with_its_class) {
  const std::string yaml = R"(
runbook: look
checks:
  - { id: logs, tool: logs.tail, tolerate: TOLERATE }
rules:
  - { id: told, output: "${{ checks.logs }}" }
)";
  const auto with = [&](const char* tolerate) {
    auto text = yaml;
    text.replace(text.find("TOLERATE"), 8, tolerate);
    return play_runbook(text, "{}", always(fails(ErrorClass::rate_limited, "later")));
  };
  BOOST_TEST(with("true").output ==
             R"({"ok":false,"error":{"class":"rate_limited","message":"later"}})");
  const auto failed = with("false");
  BOOST_REQUIRE(failed.error);
  BOOST_TEST((failed.error->error_class == ErrorClass::rate_limited));
  BOOST_TEST(failed.error->message == "runbook `look`, check `logs` (logs.tail): later");
}

BOOST_AUTO_TEST_CASE(a_failed_act_fails_the_task_and_ends_the_acting) {
  expect_log(play_runbook(R"(
runbook: heal
rules:
  - id: gone
    act: [{ id: stop, tool: service.stop }, { id: start, tool: service.start }]
    output: {}
)",
                          "{}", always(fails(ErrorClass::tool_failed, "no such pid"))),
             {"note rule gone fired", "service.stop {}",
              "fail tool_failed: runbook `heal`, rule `gone`, act `stop` (service.stop): "
              "no such pid"});
}

BOOST_AUTO_TEST_CASE(verify_polls_until_it_holds) {
  const auto played = play_runbook(
      R"(
runbook: verify
rules:
  - id: healed
    verify:
      - { id: probe, tool: probe.http, with: { url: "${{ task.url }}" }, until: "${{ result.ok }}",
          every: 2s, within: 10s }
      - { tool: alertmanager.alerts, until: "${{ result.count == 0 }}", every: 1s, within: 5s }
    output: { probe: "${{ verified.probe }}", last: "${{ result }}" }
)",
      R"({"url":"http://h/"})", [](const std::string& tool, const std::string&, int call) {
        if (tool == "alertmanager.alerts") return returns(R"({"count":0})");
        if (call == 1) return fails(ErrorClass::timeout, "slow");
        return returns(call < 3 ? R"({"ok":false})" : R"({"ok":true})");
      });
  const std::string probe = R"(probe.http {"url":"http://h/"})";
  expect_log(played,
             {"note rule healed fired", probe, "wait 2s", probe, "wait 2s", probe, "wait 2s", probe,
              "note probe.http: `result.ok` holds after 4 polls", "alertmanager.alerts {}",
              "note alertmanager.alerts: `result.count == 0` holds after 1 poll",
              R"(complete {"probe":{"ok":true},"last":{"count":0}})"});
  BOOST_TEST(played.took.count() == 6000);
}

BOOST_AUTO_TEST_CASE(verify_may_look_for_an_item_of_its_result) {
  const auto played = play_runbook(
      R"(
runbook: verify
rules:
  - id: gone
    verify:
      tool: alertmanager.alerts
      find: "${{ result.alerts }}"
      where: "${{ item.fingerprint == task.fingerprint }}"
      until: "${{ found == null }}"
    output: { alert: gone }
)",
      R"({"fingerprint":"b"})", [](const std::string&, const std::string&, int call) {
        return returns(call < 2 ? R"({"alerts":[{"fingerprint":"a"},{"fingerprint":"b"}]})"
                                : R"({"alerts":[{"fingerprint":"a"}]})");
      });
  BOOST_TEST(played.calls().size() == 3u);
  BOOST_TEST(played.output == R"({"alert":"gone"})");
}

BOOST_AUTO_TEST_CASE(a_verify_that_does_not_hold_in_time_fails_and_says_what_it_saw_last) {
  const auto played = play_runbook(R"(
runbook: verify
rules:
  - id: healed
    verify: { tool: probe.http, until: "${{ result.ok }}", every: 1s, within: 3s }
    output: {}
)",
                                   "{}", always(returns(R"({"ok":false,"status":502})")));
  BOOST_REQUIRE(played.error);
  BOOST_TEST((played.error->error_class == ErrorClass::task_failed));
  BOOST_TEST(played.error->message ==
             "runbook `verify`, rule `healed`, verify by probe.http: `result.ok` did not hold "
             "within 3s (4 polls); the last result was {\"ok\":false,\"status\":502}");
  BOOST_TEST(played.took.count() == 3000);
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_never_counts_as_verified) {
  const auto with = [](ErrorClass error_class) {
    return play_runbook(R"(
runbook: verify
rules:
  - id: gone
    verify: { tool: alertmanager.alerts, until: "${{ default(result.alerts[0], null) == null }}",
              every: 1s, within: 2s }
    output: {}
)",
                        "{}", always(fails(error_class, "connection refused")));
  };
  const auto refused = with(ErrorClass::tool_failed);
  BOOST_TEST(refused.calls().size() == 3u);
  BOOST_REQUIRE(refused.error);
  BOOST_TEST(refused.error->message.find("tool_failed: connection refused") != std::string::npos);
  const auto denied = with(ErrorClass::denied); // asking again cannot help
  BOOST_TEST(denied.calls().size() == 1u);
  BOOST_REQUIRE(denied.error);
  BOOST_TEST((denied.error->error_class == ErrorClass::denied));
}

BOOST_AUTO_TEST_CASE(a_rule_may_fail_with_a_text_of_its_own) {
  const auto played = play_runbook(R"(
runbook: triage
rules:
  - { id: known, match: "${{ task.known }}", output: {} }
  - { id: otherwise, fail: "nobody knows ${{ task.service }}" }
)",
                                   R"({"known":false,"service":"web"})", always(returns("1")));
  expect_log(played, {"note rule otherwise fired",
                      "fail task_failed: runbook `triage`, rule `otherwise`: nobody knows web"});
}

BOOST_AUTO_TEST_CASE(no_rule_that_matches_is_a_failure) {
  const auto played = play_runbook(R"(
runbook: triage
rules: [{ id: never, match: "${{ 1 == 2 }}", output: {} }]
)",
                                   "{}", always(returns("1")));
  expect_log(played, {"fail task_failed: runbook `triage`: no rule matches"});
}

BOOST_AUTO_TEST_CASE(a_template_that_misses_its_path_or_type_is_invalid_input_wherever_it_stands) {
  const std::pair<const char*, const char*> table[] = {
      {"check `a`, with",
       "checks: [{ id: a, tool: x.y, with: { v: \"${{ task.no }}\" } }]\n"
       "rules: [{ id: r, output: {} }]"},
      {"check `a`",
       "checks: [{ id: a, find: \"${{ task.no }}\", where: \"${{ true }}\" }]\n"
       "rules: [{ id: r, output: {} }]"},
      {"rule `r`, match", "rules: [{ id: r, match: \"${{ task.no }}\", output: {} }]"},
      {"rule `r`, match", "rules: [{ id: r, match: \"${{ task.text }}\", output: {} }]"},
      {"rule `r`, act `a`, with",
       "rules: [{ id: r, act: [{ id: a, tool: x.y, with: { v: \"${{ task.no }}\" } }], "
       "output: {} }]"},
      {"rule `r`, verify by x.y, with",
       "rules: [{ id: r, verify: { tool: x.y, with: { v: \"${{ task.no }}\" }, "
       "until: \"${{ true }}\" }, output: {} }]"},
      {"rule `r`, verify by x.y, until",
       "rules: [{ id: r, verify: { tool: x.y, until: \"${{ result.no }}\" }, output: {} }]"},
      {"rule `r`, output", "rules: [{ id: r, output: \"${{ task.no }}\" }]"},
      {"rule `r`, fail", "rules: [{ id: r, fail: \"${{ task.no }}\" }]"},
  };
  for (const auto& [place, yaml] : table) BOOST_TEST_CONTEXT(yaml) {
      const auto played = play_runbook("runbook: wrong\n" + std::string{yaml}, R"({"text":"x"})",
                                       always(returns("{}")));
      BOOST_REQUIRE(played.error);
      BOOST_TEST((played.error->error_class == ErrorClass::invalid_input));
      BOOST_TEST(played.error->message.starts_with("runbook `wrong`, " + std::string{place} + ":"));
    }
}

BOOST_AUTO_TEST_CASE(a_template_of_parallel_checks_that_fails_leaves_no_call_behind) {
  const auto played = play_runbook(R"(
runbook: look
parallel: true
checks:
  - { id: first, tool: a.one }
  - { id: second, tool: b.two, with: { v: "${{ task.no.such }}" } }
rules: [{ id: told, output: {} }]
)",
                                   "{}", always(returns("1")));
  BOOST_TEST(played.log.size() == 1u);
  BOOST_TEST(played.calls().empty());
  BOOST_TEST(played.error.has_value());
}

BOOST_AUTO_TEST_CASE(the_same_events_give_the_same_actions) {
  const std::string_view yaml = R"(
runbook: heal
checks: [{ id: status, tool: service.status }]
rules:
  - id: gone
    act: [{ id: restart, tool: service.restart }]
    verify: { tool: probe.http, until: "${{ result.ok }}", every: 1s, within: 5s }
    output: "${{ acts.restart }}"
)";
  const World world = [](const std::string&, const std::string&, int call) {
    return returns(call < 2 ? R"({"ok":false})" : R"({"ok":true})");
  };
  const auto first = play_runbook(yaml, "{}", world);
  expect_log(play_runbook(yaml, "{}", world), first.log);
  BOOST_TEST(first.log.size() == 10u);
}

BOOST_AUTO_TEST_CASE(answers_and_timers_nobody_waits_for_change_nothing) {
  const auto agent = agent::make_runbook_agent(runbook(R"(
runbook: look
checks: [{ id: a, tool: x.y }]
rules: [{ id: told, output: {} }]
)"),
                                               task_of("{}"));
  BOOST_TEST(agent->on(agent::TimerFired{1}, start_of_play).empty());
  BOOST_TEST(agent->on(agent::Started{}, start_of_play).size() == 1u);
  BOOST_TEST(agent->on(agent::Started{}, start_of_play).empty());
  BOOST_TEST(agent->on(agent::ToolAnswered{99, returns("1")}, start_of_play).empty());
  BOOST_TEST(agent->on(agent::ToolAnswered{1, returns("1")}, start_of_play).size() == 2u);
  BOOST_TEST(agent->on(agent::ToolAnswered{1, returns("1")}, start_of_play).empty());
  BOOST_TEST(agent->on(agent::TimerFired{1}, start_of_play).empty());
}

BOOST_AUTO_TEST_SUITE_END()
