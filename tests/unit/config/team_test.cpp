// A team with all it names.
#include <boost/test/unit_test.hpp>

#include "runtime/hash.hpp"
#include "runtime/message/codec.hpp"
#include "tests/unit/config/team_files.hpp"

using namespace troupe;
using namespace troupe::config;

BOOST_AUTO_TEST_SUITE(team_)

BOOST_AUTO_TEST_CASE(a_team_is_loaded_with_all_it_names) {
  const Files files;
  const auto team = files.team();
  BOOST_TEST(team.name == "incident-response");
  BOOST_TEST(team.description == "Heals services.");
  BOOST_TEST(team.file == files.team_path());

  BOOST_TEST(team.roles.size() == 3u);
  const auto& triage = team.roles.at("triage");
  BOOST_TEST(triage.role == "triage");
  BOOST_TEST(triage.kind == "runbook");
  BOOST_TEST(triage.native == "");
  BOOST_TEST((triage.tools == std::vector<std::string>{"alertmanager.*"}));
  BOOST_TEST(triage.runbook.text.find(R"("n":1.50)") != std::string::npos);
  BOOST_TEST(team.roles.at("reporter").native == "reporter");
  BOOST_TEST(team.roles.at("reporter").runbook.text == "null");

  const auto& plan = team.plans.at("service-down");
  BOOST_TEST(plan.plan.name == "service-down");
  BOOST_TEST(plan.plan.root.children.size() == 3u);
  BOOST_TEST(plan.plan.hash == digest(plan.source));

  BOOST_REQUIRE(team.alert_routes.size() == 2u);
  const auto& route = team.alert_routes[0];
  BOOST_TEST((route.match ==
              std::map<std::string, std::string>{{"alertname", "ServiceDown"}, {"service", "*"}}));
  BOOST_TEST(route.plan == "service-down");
  BOOST_TEST((route.priority == message::Priority::critical));
  BOOST_TEST(route.inputs.value.text ==
             R"({"service":"${{ alert.labels.service }}","group":"${{ group }}"})");
  BOOST_TEST(team.alert_routes[1].match.empty());
  BOOST_TEST((team.alert_routes[1].priority == message::Priority::high));
}

BOOST_AUTO_TEST_CASE(a_foreign_role_says_only_what_it_may_call) {
  Files files;
  files.replace("teams/t.yaml", "{ kind: native, agent: reporter, tools: [workspace.write] }",
                "{ kind: foreign, tools: [workspace.write] }");
  const auto role = files.team().roles.at("reporter");
  BOOST_TEST(role.kind == "foreign");
  BOOST_TEST((role.tools == std::vector<std::string>{"workspace.write"}));
  BOOST_TEST(role.native == "");
}

BOOST_AUTO_TEST_CASE(a_role_is_named_by_the_hash_of_all_it_is) {
  Files files;
  const auto hash = [&] { return files.team().roles.at("triage").hash; };
  const auto first = hash();
  auto role = files.team().roles.at("triage");
  role.hash.clear();
  BOOST_TEST(first == digest(JsonText{message::encode_role(role)}));
  files.replace("runbooks/triage.yaml", "runbook: triage", "# a comment\nrunbook:   triage");
  BOOST_TEST(hash() == first);
  files.replace("runbooks/triage.yaml", "n: 1.50", "n: 2");
  const auto second = hash();
  BOOST_TEST(second != first);
  files.replace("teams/t.yaml", "[alertmanager.*]", "[alertmanager.*, x.y]");
  BOOST_TEST(hash() != second);
}

BOOST_AUTO_TEST_CASE(each_fault_is_named_with_its_place_and_the_remedy) {
  struct Case {
    std::string what, by, expected; // in teams/t.yaml
  };
  const Case table[] = {
      {"team: incident-response", "description: x",
       "teams/t.yaml:1:1: `team` is missing from the team; give it a name: `team: "
       "incident-response`\nteams/t.yaml:2:1: the key `description` stands twice in this map; it "
       "was first given at 1:1; keep one\n"},
      {"team: incident-response", "team: a/b",
       "teams/t.yaml:1:7: `team` must be letters, digits, `_` and `-` (64 at most, a letter or "
       "digit first)\n"},
      {"description:", "descripton:",
       "teams/t.yaml:2:1: unknown key `descripton` in the team; did you mean `description`?\n"},
      {"  triage: {", "  tri age: {",
       "teams/t.yaml:4:3: the name of a role must be letters, digits, `_` and `-` (64 at most, a "
       "letter or digit first); not `tri age`\n"
       "plans/service-down.yaml:6:26: the team has no role `triage`; did you mean `tri age`?\n"},
      {"{ kind: native, agent: reporter, tools: [workspace.write] }", "reporter",
       "teams/t.yaml:6:13: role `reporter` must be a map, not text\n"},
      {"kind: native, agent", "agent",
       "teams/t.yaml:6:13: `kind` is missing from role `reporter`; say `kind: runbook`, `kind: "
       "native` or `kind: foreign`\n"},
      {"kind: native", "kind: natve",
       "teams/t.yaml:6:21: `kind` must be `runbook`, `native` or `foreign`, not `natve`; did you "
       "mean "
       "`native`?\n"},
      {"agent: reporter", "agent: reportr",
       "teams/t.yaml:6:36: there is no built-in agent `reportr`; did you mean `reporter`?; known "
       "are "},
      {"agent: reporter, ", "",
       "teams/t.yaml:6:13: `agent` is missing from role `reporter`; name one of the built-in "
       "agents: "},
      {"kind: native, agent: reporter", "kind: foreign, agent: reporter",
       "teams/t.yaml:6:30: unknown key `agent` in role `reporter`\n"},
      {"agent: reporter", "agent: reporter, runbook: ../runbooks/fix.json",
       "teams/t.yaml:6:46: unknown key `runbook` in role `reporter`\n"},
      {"runbook: ../runbooks/fix.json, ", "",
       "teams/t.yaml:5:10: `runbook` is missing from role `fixer`; name its file: `runbook: "
       "../runbooks/triage.yaml`\n"},
      {"../runbooks/fix.json", "../runbooks/fixx.json",
       "teams/t.yaml:5:36: the runbook `runbooks/fixx.json` cannot be read: No such file or "
       "directory\n"},
      {"[workspace.write]", "[workspace]",
       "teams/t.yaml:6:54: a tool must be written as probe.http, probe.* (all of a toolkit) or "
       "\"*\"; not `workspace`\n"},
      {"[workspace.write]", "workspace.write",
       "teams/t.yaml:6:53: `tools` must be a list of texts, not text\n"},
      {"[alertmanager.*]", "[prometheus.*]", "runbooks/triage.yaml:3:25: "},
      {"../plans/service-down.yaml", "[]",
       "teams/t.yaml:7:24: the plan `service-down` must be the path of its file\n"},
      {"../plans/service-down.yaml", "nowhere.yaml",
       "teams/t.yaml:7:24: the plan `teams/nowhere.yaml` cannot be read: No such file or "
       "directory\n"},
      {"match: { alertname: ServiceDown, ", "match: { alertname: 7, ",
       "teams/t.yaml:9:25: the label `alertname` must be matched by text (\"*\": any), not a "
       "number\n"},
      {"    plan: service-down\n    priority", "    plan: service-dwn\n    priority",
       "teams/t.yaml:10:11: the team has no plan `service-dwn`; did you mean `service-down`?\n"},
      {"    plan: service-down\n    priority", "    priority",
       "teams/t.yaml:9:5: `plan` is missing from a route of `alerts`; name one of the team's "
       "`plans`\n"},
      {"priority: critical", "priority: urgent",
       "teams/t.yaml:11:15: `priority` must be `low`, `normal`, `high` or `critical`, not "
       "`urgent`\n"},
      {"inputs: { service: nginx }", "inputs: { servce: nginx }",
       "teams/t.yaml:14:5: the plan asks for the input `service`; add it to `inputs`\n"
       "teams/t.yaml:14:15: the plan has no input `servce`; did you mean `service`?\n"},
      {"    inputs: { service: nginx }\n", "",
       "teams/t.yaml:13:5: the plan asks for the input `service`; add it to `inputs`\n"},
      {"${{ group }}", "${{ inputs.x }}",
       "teams/t.yaml:12:62: `inputs` is not known here; start from `alert` (the first firing "
       "alert) or `group` (the whole webhook)\n"},
      {"${{ group }}", "${{ group", "teams/t.yaml:12:62: "},
      {"  - plan: service-down", "  - paln: x\n    plan: service-down",
       "teams/t.yaml:13:5: unknown key `paln` in a route of `alerts`; did you mean `plan`?\n"},
  };
  for (const auto& [what, by, expected] : table) BOOST_TEST_CONTEXT(by) {
      Files files;
      files.replace("teams/t.yaml", what, by);
      const auto faults = files.faults();
      // Texts of other parts are theirs to test: here the place is enough.
      if (expected.ends_with("\n"))
        BOOST_TEST(faults == expected);
      else
        BOOST_TEST(faults.substr(0, expected.size()) == expected, faults);
    }
}

BOOST_AUTO_TEST_CASE(all_faults_of_all_files_come_at_once) {
  Files files;
  files.replace("teams/t.yaml", "description", "descr");
  files.replace("teams/t.yaml", "triage: { kind: runbook, runbook: ../runbooks/triage.yaml",
                "triage: { kind: runbook, runbook: ../runbooks/fix.json");
  files.replace("runbooks/fix.json", "\"runbook\"", "\"zebra\"");
  files.replace("plans/service-down.yaml", "agent: triage", "agent: nobody");
  files.replace("plans/service-down.yaml", "tool: probe.http", "tool: moon.landing");
  std::vector<std::string> places;
  std::istringstream lines{files.faults()};
  for (std::string line; std::getline(lines, line);)
    places.push_back(line.substr(0, line.find(": ")));
  const std::vector<std::string> expected{
      "teams/t.yaml:2:1",                      // unknown key
      "runbooks/fix.json",                     // no `runbook`: the whole document
      "runbooks/fix.json:/zebra",              // unknown key
      "runbooks/fix.json:/rules/0/act/0/tool", // triage may not call it; fixer may
      "plans/service-down.yaml:6:26",          // no such role
      "plans/service-down.yaml:8:24"};         // no role brings such a tool
  BOOST_TEST(places == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_runbook_too_large_for_an_assignment_is_refused_although_its_yaml_is_not) {
  Files files;
  files.write("runbooks/triage.yaml",
              "description: '" + std::string(200'000, '"') + "'\n" + std::string{good_triage});
  BOOST_TEST(files.faults() ==
             "runbooks/triage.yaml:1:1: the runbook has 400136 bytes as JSON; at most 262144, for "
             "it travels in each assignment\n");
}

BOOST_AUTO_TEST_CASE(a_fault_of_syntax_comes_alone_in_its_file) {
  Files files;
  files.write("plans/service-down.yaml", "plan: [\n");
  BOOST_TEST(files.faults().starts_with("plans/service-down.yaml:2:1: "));
  files.write("teams/t.yaml", "team: [\n");
  BOOST_TEST(files.faults().starts_with("teams/t.yaml:2:1: "));
  BOOST_TEST(load_team("/nowhere/t.yaml").faults.at(0).fault.message ==
             "cannot be read: No such file or directory");
}

BOOST_AUTO_TEST_SUITE_END()
