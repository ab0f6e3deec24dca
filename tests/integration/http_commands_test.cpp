// What people do to a run, over a real server, with an engine that the test plays.
#include <boost/test/unit_test.hpp>

#include "tests/integration/api_world.hpp"

using namespace troupe;
using namespace troupe::test;

BOOST_AUTO_TEST_SUITE(http_commands)

BOOST_AUTO_TEST_CASE(each_command_reaches_the_engine_with_its_words) {
  ApiWorld world;
  const auto post = [&](const std::string& verb, const std::string& body) {
    const auto answer = world.ask("POST", "/v1/runs/" + run_text + "/" + verb, body);
    BOOST_TEST(answer.status == 200, answer.body);
    BOOST_TEST(answer.body == R"({"recorded":true})");
    return world.engine.last_command;
  };
  BOOST_TEST(std::get<ports::Kill>(post("kill", R"({"reason":"enough"})")).reason == "enough");
  BOOST_TEST(std::get<ports::Pause>(post("pause", R"({"by":"ann"})")).by == "ann");
  BOOST_TEST(std::get<ports::Resume>(post("resume", "")).by.empty());
  BOOST_TEST(std::get<ports::SkipWait>(post("skip", R"({"step":"each[3]/go"})")).step ==
             "each[3]/go");
  const auto resolved = std::get<ports::Resolve>(
      post("resolve", R"({"step":"pay","tool":"bank.pay","happened":true,"output":{"id":7}})"));
  BOOST_TEST(resolved.happened);
  BOOST_TEST(resolved.output.text == R"({"id":7})");
  const auto decided = std::get<ports::Decide>(post(
      "approvals/services/go_live", R"({"digest":"d","approved":false,"by":"ann","reason":"no"})"));
  BOOST_TEST(decided.step == "services/go_live");
  BOOST_TEST(!decided.approved);
  BOOST_TEST(decided.digest == "d");
  BOOST_TEST(
      std::get<ports::Decide>(post("approvals/services%2Fgo_live", R"({"approved":true})")).step ==
      "services/go_live");
}

BOOST_AUTO_TEST_CASE(questions_about_a_run_are_answered) {
  ApiWorld world;
  const std::string run = "/v1/runs/" + run_text;
  const std::pair<std::string, std::string> table[] = {
      {"/why", R"({"why":"because of ''"})"},
      {"/why?step=each%5B3%5D", R"({"why":"because of 'each[3]'"})"},
      {"/approvals", R"({"approvals":[]})"},
      {"/instances?step=each", R"({"step":"each","from":0,"limit":100})"},
      {"/instances?step=each&from=50&limit=7", R"({"step":"each","from":50,"limit":7})"},
      {"/bundle", R"({"plan":{}})"},
      {"/events?after=3&wait=20s", R"({"after":"3","limit":256,"wait":20000})"},
      {"/events?wait=10m", R"({"after":"none","limit":256,"wait":25000})"},
  };
  BOOST_TEST(world.ask("GET", "/v1/approvals").body == R"({"approvals":[],"limit":50})");
  for (const auto& [path, body] : table) {
    const auto answer = world.ask("GET", run + path);
    BOOST_TEST(answer.status == 200, answer.body);
    BOOST_TEST(answer.body == body);
  }
}

BOOST_AUTO_TEST_CASE(a_run_is_forked_with_edits_or_only_previewed) {
  ApiWorld world;
  const std::string path = "/v1/runs/" + run_text + "/fork";
  BOOST_TEST(world.ask("POST", path, "").status == 201);
  BOOST_TEST(world.engine.last_fork.keep);
  const auto preview = world.ask(
      "POST", path,
      R"({"from":"two","inputs":{"size":5},"with":{"n":1},"preview":true,"keep":false,"by":"ann"})");
  BOOST_TEST(preview.status == 200);
  const auto& asked = world.engine.last_fork;
  BOOST_TEST(asked.from == "two");
  BOOST_TEST(asked.inputs.text == R"({"size":5})");
  BOOST_TEST(asked.with->text == R"({"n":1})");
  BOOST_TEST(!asked.task.has_value());
  BOOST_TEST(asked.preview);
  BOOST_TEST(!asked.keep);
  BOOST_TEST(!asked.retry);
  world.ask("POST", path, R"({"retry":true})");
  BOOST_TEST(asked.retry);
  world.engine.fault = make_error(ErrorClass::effect_conflict, "2 effects would happen once more");
  expect_problem(world.ask("POST", path, "{}"), 409, "2 effects would happen once more");
}

BOOST_AUTO_TEST_CASE(what_is_wrong_with_a_command_is_named) {
  ApiWorld world;
  const std::string run = "/v1/runs/" + run_text;
  const struct {
    const char* method;
    std::string path, body;
    int status;
    const char* words;
  } table[] = {
      {"POST", "/v1/runs/" + nobody + "/kill", "", 404, "there is no run"},
      {"POST", "/v1/runs/x/pause", "", 404, "there is no run x"},
      {"GET", "/v1/runs/" + nobody + "/why", "", 404, "there is no run"},
      {"POST", run + "/kill", R"({"why":1})", 400, "/why: unknown; expected reason"},
      {"POST", run + "/pause", R"({"by":1})", 400, "/by: expected a string"},
      {"POST", run + "/resolve", "{}", 400, "/step: expected the step"},
      {"POST", run + "/resolve", R"({"step":"a"})", 400, "/happened: expected true or false"},
      {"POST", run + "/approvals/a", "{}", 400, "/approved: expected true or false"},
      {"POST", run + "/approvals/", "{}", 404, "there is nothing at"},
      {"POST", run + "/fork", R"({"inputs":[]})", 400, "/inputs: expected an object"},
      {"POST", run + "/fork", R"({"keep":1})", 400, "/keep: expected true or false"},
      {"GET", run + "/instances", "", 400, "?step=: expected the path"},
      {"GET", run + "/events?wait=soon", "", 400, "?wait=soon: expected a duration"},
      {"GET", run + "/why?stop=a", "", 400, "?stop=: unknown"},
  };
  for (const auto& row : table) BOOST_TEST_CONTEXT(row.method << " " << row.path) {
      expect_problem(world.ask(row.method, row.path, row.body), row.status, row.words);
    }
  world.engine.fault = make_error(ErrorClass::denied, "ann asked for this run");
  expect_problem(world.ask("POST", run + "/approvals/a", R"({"approved":true})"), 403, "ann asked");
  world.engine.fault = make_error(ErrorClass::effect_conflict, "run is over");
  expect_problem(world.ask("POST", run + "/resume"), 409, "run is over");
}

BOOST_AUTO_TEST_SUITE_END()
