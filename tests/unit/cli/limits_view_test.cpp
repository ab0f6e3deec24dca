#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/cli/view/limits.hpp"

using namespace troupe;

BOOST_AUTO_TEST_SUITE(limits_view)

BOOST_AUTO_TEST_CASE(what_is_used_stands_before_the_rules) {
  const auto answer = boost::json::parse(
      R"({"rules":[{"key":"host/*","concurrency":1,"rate":null}],"limits":[)"
      R"({"key":"api","concurrency":null,"rate":"100/1m","in_use":3,"waiting":0,"tokens":97,"nodes":[]},)"
      R"({"key":"host/x","concurrency":1,"rate":null,"in_use":1,"waiting":3,"tokens":null,)"
      R"("nodes":[{"node":"a","in_use":1,"waiting":0},{"node":"b","in_use":0,"waiting":3}]}]})");
  BOOST_TEST(view::render_limits(answer, {}) ==
             "LIMIT   IN USE  WAIT  RATE    LEFT  NODES\n"
             "api     3       0     100/1m  97\n"
             "host/x  1 of 1  3                   a 1, b 0+3\n"
             "\n"
             "RULE    CONCURRENCY  RATE\n"
             "host/*  1\n");
}

BOOST_AUTO_TEST_CASE(without_rules_it_says_where_they_would_stand) {
  const auto text = view::render_limits(boost::json::parse(R"({"rules":[],"limits":[]})"), {});
  BOOST_TEST(text.starts_with("no limit is in use\n"), text);
  BOOST_TEST(text.find("`limits` of a node's settings") != std::string::npos, text);
}

BOOST_AUTO_TEST_SUITE_END()
