#include "net/http/api_parameters.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::http;

namespace {

template <class T>
void expect_fault(const Result<T>& result, const std::string& words) {
  BOOST_REQUIRE_MESSAGE(!result.ok(), words);
  BOOST_TEST((result.error().error_class == ErrorClass::invalid_input));
  BOOST_TEST(result.error().message.find(words) != std::string::npos,
             result.error().message << " lacks " << words);
}

} // namespace

BOOST_AUTO_TEST_SUITE(api_parameters)

BOOST_AUTO_TEST_CASE(a_filter_has_defaults_and_bounds) {
  const auto none = parse_filter({}, true);
  BOOST_REQUIRE(none.ok());
  BOOST_TEST(none->team.empty());
  BOOST_TEST(!none->state.has_value());
  BOOST_TEST(none->limit == 50u);

  const auto all = parse_filter({{"team", "ops"},
                                 {"state", "needs_person"},
                                 {"limit", "1000"},
                                 {"before", "018bcfe5-6800-7000-8000-000000000000"}},
                                true);
  BOOST_REQUIRE(all.ok());
  BOOST_TEST(all->team == "ops");
  BOOST_TEST((all->state == ports::RunState::needs_person));
  BOOST_TEST(all->limit == 1000u);
  BOOST_TEST(to_string(*all->before) == "018bcfe5-6800-7000-8000-000000000000");

  const std::pair<Fields, const char*> table[] = {
      {{{"limit", "0"}}, "?limit=0: expected a number from 1 to 1000"},
      {{{"limit", "1001"}}, "?limit=1001: expected a number from 1 to 1000"},
      {{{"limit", "-1"}}, "expected a number"},
      {{{"limit", "5x"}}, "expected a number"},
      {{{"limit", ""}}, "expected a number"},
      {{{"state", "done"}},
       "?state=done: expected running, completed, failed, cancelled or needs_"},
      {{{"before", "7"}}, "?before=7: expected a job's id"},
      {{{"tem", "a"}}, "?tem=: unknown; expected team, state, label, limit, before"},
      {{{"team", "a"}, {"team", "b"}}, "?team=: given twice"},
      {{{"label", "env"}}, "?label=: `env` is no label; expected name=value"},
      {{{"label", "a b=c"}}, "?label=: the name of a label must be 1 to 64 letters"},
      {{{"label", "a=b"}, {"label", "a=c"}}, "`a` cannot be both `b` and `c`"},
  };
  for (const auto& [query, words] : table) expect_fault(parse_filter(query, true), words);
  expect_fault(parse_filter({{"before", "x"}}, false), "?before=: unknown");
}

BOOST_AUTO_TEST_CASE(every_label_that_is_asked_for_counts) {
  const auto filter = parse_filter({{"label", "env=prod"}, {"label", "q=a=b"}}, false);
  BOOST_REQUIRE(filter.ok());
  BOOST_TEST((filter->labels == Labels{{"env", "prod"}, {"q", "a=b"}}));
}

BOOST_AUTO_TEST_CASE(a_job_is_asked_for_with_labels) {
  const auto job = parse_job_request(R"({"plan_name":"p","labels":{"env":"prod"}})", std::nullopt);
  BOOST_REQUIRE(job.ok());
  BOOST_TEST((job->labels == Labels{{"env", "prod"}}));
  const std::pair<std::string, const char*> table[] = {
      {R"(["env"])", "/labels: expected an object of texts"},
      {R"({"env":7})", "/labels/env: expected a string"},
      {R"({"":"x"})", "/labels: the name of a label must be"},
  };
  for (const auto& [labels, words] : table)
    expect_fault(parse_job_request(R"({"plan_name":"p","labels":)" + labels + "}", std::nullopt),
                 words);
}

BOOST_AUTO_TEST_CASE(a_page_of_events_begins_after_a_cursor) {
  BOOST_TEST(!parse_events_page({})->after.has_value());
  const auto page = parse_events_page({{"after", "0"}, {"limit", "7"}});
  BOOST_REQUIRE(page.ok());
  BOOST_TEST(*page->after == 0u);
  BOOST_TEST(page->limit == 7u);
  expect_fault(parse_events_page({{"after", "-1"}}), "?after=-1: expected a number from 0");
  expect_fault(parse_events_page({{"after", "9223372036854775808"}}), "?after=");
  expect_fault(parse_events_page({{"state", "x"}}), "expected after, limit");
}

BOOST_AUTO_TEST_CASE(a_job_is_asked_for_by_its_plan_or_the_plans_name) {
  const auto by_text = parse_job_request(
      R"({"plan":"plan: x","plan_file":"x.yaml","team":"ops","title":"T","inputs":{"a":[1,"é"]},
          "idempotency_key":"k","priority":"high"})",
      std::nullopt);
  BOOST_REQUIRE(by_text.ok());
  BOOST_TEST(by_text->plan_text == "plan: x");
  BOOST_TEST(by_text->plan_file == "x.yaml");
  BOOST_TEST(by_text->team == "ops");
  BOOST_TEST(by_text->title == "T");
  BOOST_TEST(by_text->inputs.text == R"({"a":[1,"é"]})");
  BOOST_TEST(by_text->idempotency_key == "k");
  BOOST_TEST((by_text->priority == message::Priority::high));
  BOOST_TEST(by_text->source == "http");

  const auto by_name = parse_job_request(R"({"plan_name":"p","team":null})", "from the header");
  BOOST_REQUIRE(by_name.ok());
  BOOST_TEST(by_name->plan_name == "p");
  BOOST_TEST(by_name->inputs.text == "{}");
  BOOST_TEST(by_name->idempotency_key == "from the header");
  BOOST_TEST(parse_job_request(R"({"plan_name":"p","idempotency_key":"k"})", "k").ok());
}

BOOST_AUTO_TEST_CASE(a_wrong_request_for_a_job_is_told_where_it_is_wrong) {
  const std::pair<std::string, const char*> table[] = {
      {"", "the body is not JSON"},
      {"plan: x", "the body is not JSON: syntax error"},
      {R"({"plan_name":"p"} x)", "the body is not JSON"},
      {"{\"plan_name\":\"\xff\"}", "the body is not JSON"},
      {std::string(200, '['), "the body is not JSON"},
      {R"(["p"])", "expected a JSON object with plan, plan_name"},
      {"{}", "expected one of /plan"},
      {R"({"plan":"a","plan_name":"b"})", "expected one of /plan"},
      {R"({"plan":{"plan":"x"}})", "/plan: expected a string"},
      {R"({"plan_name":"p","team":7})", "/team: expected a string"},
      {R"({"plan_name":"p","inputs":[]})", "/inputs: expected an object"},
      {R"({"plan_name":"p","priority":"urgent"})", "/priority: expected low, normal, high or"},
      {R"({"plan_name":"p","input":{}})", "/input: unknown; expected plan, plan_name"},
  };
  for (const auto& [body, words] : table)
    expect_fault(parse_job_request(body, std::nullopt), words);
  expect_fault(parse_job_request(R"({"plan_name":"p","idempotency_key":"a"})", "b"), "differ");
  expect_fault(parse_job_request(R"({"plan_name":"p"})", std::string(256, 'k')),
               "the idempotency key has 256 bytes: expected at most 255");
}

BOOST_AUTO_TEST_CASE(a_cancel_may_say_why) {
  BOOST_TEST(*parse_cancel("") == "");
  BOOST_TEST(*parse_cancel(" \n") == "");
  BOOST_TEST(*parse_cancel("{}") == "");
  BOOST_TEST(*parse_cancel(R"({"reason":"enough"})") == "enough");
  expect_fault(parse_cancel(R"({"reason":1})"), "/reason: expected a string");
  expect_fault(parse_cancel(R"({"why":"x"})"), "/why: unknown; expected reason");
  expect_fault(parse_cancel("enough"), "the body is not JSON");
}

BOOST_AUTO_TEST_CASE(a_signal_has_a_name_and_any_json) {
  BOOST_TEST(parse_signal_body("")->text == "null");
  BOOST_TEST(parse_signal_body(R"( {"a": 0.2} )")->text == R"( {"a": 0.2} )");
  expect_fault(parse_signal_body("{a}"), "the body is not JSON");
  for (const auto* name : {"a", "go-on_2", "resolved"}) BOOST_TEST(check_signal_name(name).ok());
  for (const auto* name : {"", "a b", "a/b", "a.b", "caf\xc3\xa9"})
    expect_fault(check_signal_name(name), "is not the name of a signal");
  expect_fault(check_signal_name(std::string(65, 'a')), "is not the name of a signal");
}

BOOST_AUTO_TEST_SUITE_END()
