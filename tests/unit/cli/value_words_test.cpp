#include "ops/cli/view/value_words.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/cli/view/terminal.hpp"

using namespace troupe;

BOOST_AUTO_TEST_CASE(what_a_tool_said_becomes_its_verdict_and_its_own_words_or_what_else_it_told) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"ok":false,"status":null,"duration_ms":3,"detail":"cannot connect"})",
       "ok=false  cannot connect"},
      {R"({"service":"web","pid":7,"running":true,"summary":"it lives"})",
       "running=true  it lives"},
      {R"({"alerts":[{}],"total":1,"truncated":false})", "alerts=1 total=1"},
      {R"({"result_type":"vector","value":0.0,"series":[],"note":""})",
       "result_type=vector value=0 series=0"},
      {R"({"service":"web","action":"restart","changed":true,"stages":[1,2],"pid":null})",
       "changed=true  service=web action=restart stages=2"},
      {R"({"path":"report.md","content":"# Incident report: web is down\nand more of it"})",
       "path=report.md content=# Incident report: web is dow…"},
      {R"({"health":{"ok":true}})", ""},
      {R"({})", ""},
      {"null", ""},
      {"[1,2]", "2 items"},
      {R"("plain\nwords")", "plain words"},
      {"0.5", "0.5"},
  };
  for (auto [value, words] : table)
    BOOST_TEST(view::value_words(boost::json::parse(value)) == words);
}

BOOST_AUTO_TEST_CASE(what_a_tool_said_never_takes_more_than_sixty_columns) {
  boost::json::object said{{"ok", true}, {"detail", std::string(500, 'x')}};
  BOOST_TEST(view::display_width(view::value_words(said)) == 60U);
}
