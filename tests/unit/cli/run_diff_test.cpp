#include "ops/cli/view/run_diff.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/cli/view/approval.hpp"
#include "ops/cli/view/fork.hpp"

using namespace troupe;
namespace json = boost::json;

namespace {

const json::value run_a = json::parse(R"({"id":"A","plan":"p","plan_hash":"1","state":"completed",
 "inputs":{"size":1,"same":2},"tree":{"path":"","children":[
  {"path":"one","state":"completed","output":5,"attempts":[{}],
   "started_at":"2026-11-20T18:46:50.000Z","finished_at":"2026-11-20T18:46:51.500Z"},
  {"path":"two","state":"completed","output":"x","attempts":[{}]},
  {"path":"gone","state":"completed","attempts":[]}]}})");
const json::value run_b = json::parse(R"({"id":"B","plan":"p","plan_hash":"2","state":"failed",
 "inputs":{"size":2,"same":2,"new":true},"tree":{"path":"","children":[
  {"path":"one","state":"completed","output":5,"attempts":[{}],
   "started_at":"2026-11-20T18:46:50.000Z","finished_at":"2026-11-20T18:46:59.000Z"},
  {"path":"two","state":"failed","output":null,"attempts":[{},{},{}],
   "error":{"class":"timeout","message":"late"}},
  {"path":"fresh","state":"blocked","attempts":[]}]}})");

} // namespace

BOOST_AUTO_TEST_CASE(two_runs_differ_in_what_is_not_their_time) {
  const json::value difference = view::compare_runs(run_a, run_b);
  BOOST_TEST(!difference.at("same").as_bool());
  BOOST_TEST(
      json::serialize(difference.at("run")) ==
      R"([{"what":"plan_hash","a":"1","b":"2"},{"what":"state","a":"completed","b":"failed"}])");
  BOOST_TEST(json::serialize(difference.at("inputs")) ==
             R"([{"name":"size","a":1,"b":2},{"name":"new","a":null,"b":true}])");
  const json::array& steps = difference.at("steps").as_array();
  BOOST_REQUIRE(steps.size() == 4u);
  BOOST_TEST(steps[0].at("same").as_bool());
  BOOST_TEST(json::serialize(steps[1].at("differs")) == R"(["state","attempts","output","error"])");
  BOOST_TEST(steps[2].at("b").is_null());
  BOOST_TEST(steps[3].at("a").is_null());
  BOOST_TEST(view::compare_runs(run_a, run_a).at("same").as_bool());
}

BOOST_AUTO_TEST_CASE(differences_are_a_table_for_people) {
  view::Style style;
  const std::string text = view::render_diff(view::compare_runs(run_a, run_b), style, false);
  for (const char* words : {"A A\nB B\n", "input size  1", "plan_hash", "failed, 3 attempts",
                            "state, attempts, output, error", "not there", "one has it"})
    BOOST_TEST(text.find(words) != std::string::npos, text << " lacks " << words);
  BOOST_TEST(text.find("\none") == std::string::npos); // the same in both
  const std::string all = view::render_diff(view::compare_runs(run_a, run_b), style, true);
  BOOST_TEST(all.find("\none ") != std::string::npos);
  BOOST_TEST(all.find("1.5s") != std::string::npos);
  BOOST_TEST(
      view::render_diff(view::compare_runs(run_a, run_a), style, false).find("the same inputs") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_approval_shows_its_message_first_and_what_it_binds) {
  const json::value approval = json::parse(
      R"({"run":"R","step":"ok","role":"admin","digest":"9f3c","requested_by":"ann",
          "subject":{"run":"R","step":"ok","iteration":0,"plan_hash":"77","role":"admin","message":"Go?"},
          "expires_at":"2026-11-20T19:46:54.200Z"})");
  const Instant now = *parse_iso8601("2026-11-20T18:46:54.200Z");
  BOOST_TEST(view::render_approval(approval, {}, now) ==
             "ok asks for approval by role admin\n"
             "\n"
             "  Go?\n"
             "\n"
             "  run         R\n"
             "  asked by    ann\n"
             "  iteration   0\n"
             "  plan_hash   77\n"
             "  expires     2026-11-20T19:46:54.200Z (in 1h00m)\n"
             "  digest      9f3c\n");
}

BOOST_AUTO_TEST_CASE(a_fork_says_what_it_keeps_and_what_happens_once_more) {
  const json::value fork = json::parse(
      R"({"job":"J","run":null,"kept":["one","each"],"again":["two"],"repeats":[{"step":"two",
          "tool":"bank.pay","effect":"once","state":"unknown","arguments":{"to":"ann"},"undone":false}]})");
  const std::string text = view::render_fork(fork, {});
  for (const char* words : {"keeps  one, each\n", "again  two\n", "Effects that happen once more",
                            "bank.pay", "unknown", "to=ann"})
    BOOST_TEST(text.find(words) != std::string::npos, text << " lacks " << words);
  BOOST_TEST(text.find("started") == std::string::npos);
}
