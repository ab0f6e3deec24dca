// The sub-commands against a running dev, as a person or a script types them.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <sstream>

#include "tests/integration/cli_world.hpp"

using namespace troupe;
using namespace troupe::test;
namespace json = boost::json;

namespace {

const char* good_plan =
    "plan: look\ninputs: { note: { type: string, required: false, default: none } }\nsteps:\n"
    "  - { id: logs, tool: service.list, with: {} }\n"
    "output: { note: \"${{ inputs.note }}\" }\n";
const char* failing_plan =
    "plan: doomed\nsteps:\n"
    "  - { id: knock, tool: probe.tcp, with: { host: 127.0.0.1, port: 9, must: true } }\n";

} // namespace

BOOST_AUTO_TEST_CASE(a_plan_is_run_and_followed_in_plain_lines_and_its_end_is_the_exit_code) {
  Answer good = troupe_says({"run", cluster().plan("good.yaml", good_plan), "--input", "note=42"});
  BOOST_TEST(good.code == 0, good.text);
  BOOST_TEST(good.says("service.list  services=1"), good.text);
  BOOST_TEST(good.says("completed in"), good.text);
  BOOST_TEST(good.says(R"({"note":"42"})"), good.text);
  BOOST_TEST(!good.says("\x1b["), good.text);
  Answer failed = troupe_says({"run", cluster().plan("bad.yaml", failing_plan)});
  BOOST_TEST(failed.code == 1, failed.text);
  BOOST_TEST(failed.says("knock"), failed.text);
  BOOST_TEST(failed.says("tool_failed"), failed.text);
}

BOOST_AUTO_TEST_CASE(for_programs_every_answer_is_one_json_document) {
  const std::vector<std::string> submit{"run",      cluster().plan("good.yaml", good_plan),
                                        "--key",    "once",
                                        "--title",  "Look around",
                                        "--detach", "--json"};
  Answer submitted = troupe_says(submit);
  BOOST_TEST(submitted.code == 0, submitted.text);
  json::value first = submitted.parsed();
  std::string run{first.at("run").as_string()}, job{first.at("job").as_string()};
  BOOST_TEST(!first.at("duplicate").as_bool());
  json::value again = troupe_says(submit).parsed();
  BOOST_TEST(again.at("duplicate").as_bool());
  BOOST_TEST(again.at("job") == first.at("job"));

  Answer watched = troupe_says({"runs", "watch", run, "--json"});
  BOOST_TEST(watched.code == 0, watched.text);
  std::istringstream lines{watched.text};
  std::string last;
  for (std::string line; std::getline(lines, line);) last = line;
  BOOST_TEST(json::parse(last).at("type") == "run.finished");

  BOOST_TEST(troupe_says({"runs", "show", run, "--json"}).parsed().at("state") == "completed");
  BOOST_TEST(troupe_says({"jobs", "show", job, "--json"}).parsed().at("title") == "Look around");
  BOOST_TEST(troupe_says({"runs", "--json"}).parsed().at("runs").as_array().size() >= 1U);
  BOOST_TEST(troupe_says({"jobs", "list", "--limit", "1", "--json"})
                 .parsed()
                 .at("jobs")
                 .as_array()
                 .size() == 1U);
  BOOST_TEST(troupe_says({"nodes", "--json"}).parsed().at("nodes").as_array().size() == 2U);
  Answer tree = troupe_says({"runs", "show", run});
  BOOST_TEST(tree.says("Look around  completed"), tree.text);
  BOOST_TEST(tree.says("@agent-1"), tree.text);
}

BOOST_AUTO_TEST_CASE(an_alert_is_injected_once_however_often_it_is_sent) {
  std::string alert = source + "/ops/examples/alert.json";
  Answer first = troupe_says({"inject", alert, "--json"});
  BOOST_TEST(first.code == 0, first.text);
  BOOST_TEST(first.parsed().at("accepted").as_int64() == 1);
  json::value again = troupe_says({"inject", alert, "--json"}).parsed();
  BOOST_TEST(again.at("accepted").as_int64() == 0);
  BOOST_TEST(again.at("duplicates").as_int64() == 1);
  BOOST_TEST(again.at("jobs") == first.parsed().at("jobs"));
  Answer words = troupe_says({"inject", alert});
  BOOST_TEST(words.says("0 accepted, 1 duplicates"), words.text);
}

BOOST_AUTO_TEST_CASE(a_run_that_waits_can_be_cancelled) {
  std::string waits =
      "plan: patient\nsteps:\n  - { id: knock, tool: probe.tcp, with: { host: 127.0.0.1, port: 9, "
      "must: true }, retry: [{ on: [tool_failed], max_attempts: 9, interval: 1h, max_delay: 1h }] "
      "}\n";
  json::value submitted =
      troupe_says({"run", cluster().plan("waits.yaml", waits), "--detach", "--json"}).parsed();
  std::string run{submitted.at("run").as_string()};
  BOOST_TEST(troupe_says({"runs", "cancel", run, "--reason", "enough"}).code == 0);
  Answer watched = troupe_says({"runs", "watch", run});
  BOOST_TEST(watched.code == 1, watched.text);
  BOOST_TEST(watched.says("cancelled"), watched.text);
}

BOOST_AUTO_TEST_CASE(wrong_input_gets_one_clear_error_and_its_documented_exit_code) {
  std::string faulty = cluster().plan("faulty.yaml", "plan: x\nsteps:\n  - { id: a, agnet: b }\n");
  std::string stranger =
      cluster().plan("stranger.yaml", "plan: x\nsteps:\n  - { id: a, agent: nobody }\n");
  std::string typed = cluster().plan(
      "typed.yaml",
      "plan: x\ninputs: { n: { type: integer } }\nsteps:\n  - { id: a, agent: validator }\n");
  std::string broken = cluster().plan("broken.json", "{\n \"a\": }");
  const std::string good = cluster().plan("good.yaml", good_plan);
  const char* nobody = "01a1fa9a-d527-7a9f-a24f-000000000000";
  struct Row {
    std::vector<std::string> arguments;
    int code;
    std::string words;
  };
  const Row table[] = {
      {{"plna"}, 64, "did you mean `plan`"},
      {{"runs", "show"}, 64, "RUN"},
      {{"run", faulty, "--input", "x"}, 65, "faulty.yaml:3:"},
      {{"run", good, "--input", "x"}, 64, "name=value"},
      {{"run", stranger}, 65, "nobody"},
      {{"run", typed, "--input", "n=many"}, 65, "declares `n` as integer"},
      {{"run", typed}, 65, "n"},
      {{"run", "/no/such/plan.yaml"}, 66, "/no/such/plan.yaml"},
      {{"run", "nosuchplan"}, 65, "nosuchplan"},
      {{"inject", broken}, 65, "broken.json:2:"},
      {{"inject", cluster().plan("list.json", "[]")}, 65, ""},
      {{"runs", "show", nobody}, 66, nobody},
      {{"jobs", "show", nobody}, 66, nobody},
      {{"why", nobody}, 66, nobody},
      {{"runs", "pause", nobody}, 66, nobody},
      {{"runs", "retry", nobody}, 66, nobody},
      {{"runs", "resolve", nobody, "pay"}, 64, "--happened or --did-not-happen"},
      {{"approve", nobody}, 66, nobody},
      {{"events", nobody}, 66, nobody},
      {{"diff", nobody, nobody}, 66, nobody},
      {{"replay", "/no/such/file"}, 66, "no run and no file `/no/such/file`"},
      {{"replay", broken}, 65, "broken.json:1: not a JSON object"},
      {{"nodes", "--server", "localhost"}, 64, "--server"},
      {{"nodes", "--server", "http://127.0.0.1:9"}, 69, "no answer from http://127.0.0.1:9"},
      {{"plan", "check", faulty}, 65, "did you mean `agent`"},
      {{"plan", "preview", faulty}, 65, "did you mean `agent`"},
      {{"plan", "preview", good, "--format", "poem"}, 64, "mermaid"},
      {{"plan", "check", stranger, "--team", source + "/configs/teams/incident-response.yaml"},
       65,
       "nobody"},
      {{"config", "check", faulty}, 78, "faulty.yaml:1:1"},
      {{"config", "check", cluster().data.path() / "settings.json"}, 0, "ok"},
      {{"config", "check", source + "/configs/teams/incident-response.yaml"}, 0, "ok"},
      {{"node", "--config", faulty}, 78, "faulty.yaml:1:1"},
      {{"help", "exit-codes"}, 0, "78"},
      {{"help", "nothing"}, 64, "exit-codes"},
  };
  for (const Row& row : table) BOOST_TEST_CONTEXT(row.arguments.front() << " " << row.words) {
      Answer answer = troupe_says(row.arguments);
      BOOST_TEST(answer.code == row.code, answer.text);
      BOOST_TEST(answer.says(row.words), answer.text);
    }
}

BOOST_AUTO_TEST_CASE(a_preview_tells_where_steps_could_run_if_a_server_answers) {
  const std::string plan =
      cluster().plan("preview.yaml",
                     "plan: look\nsteps:\n  - { id: logs, tool: service.list }\n"
                     "  - { id: far, tool: service.list, labels: [moon] }\n");
  Answer answer = troupe_says({"plan", "preview", plan, "--json"});
  BOOST_TEST(answer.code == 0, answer.text);
  json::value preview = answer.parsed();
  const json::array& steps = preview.at("tree").at("children").as_array();
  BOOST_TEST(!steps[0].at("hole").as_bool(), answer.text);
  BOOST_TEST(steps[0].at("where").is_string(), answer.text);
  BOOST_TEST(steps[1].at("hole").as_bool(), answer.text);
  BOOST_TEST(preview.at("holes").as_array().size() == 1u, answer.text);
  BOOST_TEST(answer.says("role tool:service, label moon: 0 of "), answer.text);

  Answer offline = troupe_says({"plan", "preview", plan, "--server", "http://127.0.0.1:9"});
  BOOST_TEST(offline.code == 0, offline.text);
  BOOST_TEST(offline.says("no server was reached"), offline.text);
  BOOST_TEST(troupe_says({"plan", "preview", plan, "--format", "mermaid"}).says("flowchart TD\n"));
}

BOOST_AUTO_TEST_CASE(every_command_explains_itself_with_an_example) {
  for (const char* name : {"dev", "demo", "run", "runs", "jobs", "inject", "nodes", "node",
                           "version", "help", "approve", "why", "events", "diff", "replay"}) {
    Answer help = troupe_says({name, "--help"});
    BOOST_TEST(help.code == 0);
    BOOST_TEST(help.says("Examples:\n  troupe"), help.text);
  }
  for (const char* verb :
       {"cancel", "kill", "pause", "resume", "skip", "signal", "resolve", "retry", "fork"})
    BOOST_TEST(troupe_says({"runs", verb, "--help"}).says("Examples:\n  troupe"), verb);
  for (const char* group : {"plan", "config"})
    BOOST_TEST(troupe_says({group, "check", "--help"}).says("Examples:\n  troupe"));
}

BOOST_AUTO_TEST_CASE(simulate_tells_whether_every_promise_was_kept) {
  const std::string plan = source + "/configs/plans/service-down.yaml";
  expect({"simulate", plan, "--seeds", "10"}, 0, "every promise was kept under 10 seeds");
  const Answer kept = troupe_says({"simulate", plan, "--seeds", "10", "--json"});
  BOOST_TEST(json::serialize(kept.parsed()) == R"({"seeds":10,"failed":0,"first_failed":null})");

  std::vector<std::string> broken{"simulate", plan,      "--seeds",
                                  "3",        "--break", "append_before_performing"};
  expect(broken, 1, "violated seed 1: nothing_is_done_before_it_is_durable");
  broken.push_back("--json");
  const Answer failed = troupe_says(broken);
  BOOST_TEST(failed.code == 1);
  BOOST_TEST(json::serialize(failed.parsed()) == R"({"seeds":3,"failed":3,"first_failed":1})");

  const std::string parent = source + "/configs/plans/restart-and-wait.yaml";
  expect({"simulate", parent}, 64, "name the team that has that plan with --team");
  expect({"simulate", parent, "--seeds", "10", "--team",
          source + "/configs/teams/examples/operations.yaml"},
         0, "every promise was kept");
  expect({"simulate", plan, "--seeds", "0"}, 64, "--seeds");
}
