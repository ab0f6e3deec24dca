#include "runtime/config/settings.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/support/temporary_folder.hpp"

using namespace troupe;
using namespace troupe::config;

namespace {

std::string faults_of(std::string_view text, const std::string& file = "/etc/troupe/node.yaml") {
  return plan::render(parse_settings(file, text).faults, "node.yaml");
}

Settings settings_of(std::string_view text) {
  const auto result = parse_settings("/etc/troupe/node.yaml", text);
  BOOST_REQUIRE_MESSAGE(result.faults.empty(), plan::render(result.faults, "node.yaml"));
  return result.settings;
}

void write(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  BOOST_REQUIRE(file.flush());
}

/// An environment variable that lives as long as the object.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_{name} {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(every_key_is_read) {
  const auto settings = settings_of(R"(
cluster: eu-1
node:
  name: node-1
  orchestrator: false
  agent: true
  roles: [triage, reporter]
  labels: [gpu=1, zone=a]
  slots: 1024
  drain: 90s
nats: { url: "nats://a:4222,nats://b:4222", tls_ca: ca.crt, nkey_seed_file: /run/nkey.seed }
postgres: { url: "host=/run/pg dbname=troupe" }
http: { listen: "[::1]:9000", url: "https://t.example:443", hosts: [Troupe.example.org] }
log: { level: debug, file: ../log/troupe.log }
retention: { archive_after: 2d, purge_after: 30d, teams: { web: { purge_after: never } } }
data_dir: data
teams: [teams/a.yaml, /srv/b.yaml, ./teams/../c.yaml]
toolkits:
  probe:
  workspace: {}
  service: { services: { nginx: { start: [nginx, -g, "daemon off;"] } } }
breakers: { probe: { failures: 3, within: 1m, open_for: 5s }, workspace: {} }
limits: [{ key: "host/*", concurrency: 1 }, { key: customer, concurrency: 20, rate: 100/1m }]
)");
  const std::vector<std::string> roles{"triage", "reporter"}, labels{"gpu=1", "zone=a"},
      teams{"/etc/troupe/teams/a.yaml", "/srv/b.yaml", "/etc/troupe/c.yaml"};
  const std::map<std::string, JsonText> toolkits{
      {"probe", JsonText{"{}"}},
      {"workspace", JsonText{"{}"}},
      {"service", JsonText{R"({"services":{"nginx":{"start":["nginx","-g","daemon off;"]}}})"}}};
  BOOST_TEST(settings.cluster == "eu-1");
  BOOST_TEST(settings.node == "node-1");
  BOOST_TEST(!settings.orchestrator);
  BOOST_TEST(settings.agent);
  BOOST_TEST(settings.tools);
  BOOST_TEST((settings.roles == roles));
  BOOST_TEST((settings.labels == labels));
  BOOST_REQUIRE(settings.retention.size() == 2u);
  BOOST_TEST((settings.retention[0].archive_after == std::chrono::hours{48}));
  BOOST_TEST((settings.retention[0].purge_after == Millis{std::chrono::hours{720}}));
  BOOST_TEST(settings.retention[1].team == "web");
  BOOST_TEST((settings.retention[1].archive_after == std::chrono::hours{48}));
  BOOST_TEST(!settings.retention[1].purge_after.has_value());
  BOOST_TEST(settings.slots == 1024u);
  BOOST_TEST((settings.drain == std::chrono::seconds{90}));
  BOOST_REQUIRE(settings.breakers.size() == 2u);
  const placement::BreakerPolicy policy{3, std::chrono::minutes{1}, std::chrono::seconds{5}};
  BOOST_TEST((settings.breakers.at("probe") == policy));
  BOOST_TEST((settings.breakers.at("workspace") == placement::BreakerPolicy{}));
  const std::vector<placement::LimitRule> limits{
      {"host/*", {1, {}}}, {"customer", {20, ports::Rate{100, std::chrono::minutes{1}}}}};
  BOOST_TEST((settings.limits == limits));
  BOOST_TEST(settings.nats_url == "nats://a:4222,nats://b:4222");
  BOOST_TEST(settings.nats_ca_file == "/etc/troupe/ca.crt");
  BOOST_TEST(settings.nats_nkey_seed_file == "/run/nkey.seed");
  BOOST_TEST(settings.postgres_url == "host=/run/pg dbname=troupe");
  BOOST_TEST(settings.listen == "[::1]:9000");
  BOOST_TEST(settings.http_url == "https://t.example:443");
  BOOST_TEST((settings.hosts == std::vector<std::string>{"troupe.example.org"}));
  BOOST_TEST(settings.log_level == "debug");
  BOOST_TEST(settings.log_file == "/etc/log/troupe.log");
  BOOST_TEST(settings.data_dir == "/etc/troupe/data");
  BOOST_TEST((settings.team_files == teams));
  BOOST_TEST((settings.toolkits == toolkits));
}

BOOST_AUTO_TEST_CASE(what_is_not_said_has_its_default) {
  const auto settings = settings_of("{}");
  const Settings expected;
  BOOST_TEST(settings.cluster == expected.cluster);
  BOOST_TEST(settings.node == "");
  BOOST_TEST((settings.orchestrator && settings.agent && settings.tools));
  BOOST_TEST(!settings_of("node: { agent: false }").tools);
  BOOST_TEST(settings_of("node: { agent: false, orchestrator: false, tools: true }").tools);
  BOOST_TEST(settings.nats_ca_file + settings.nats_nkey_seed_file == "");
  BOOST_TEST((settings.roles == std::vector<std::string>{"*"}));
  BOOST_TEST(settings.nats_url == expected.nats_url);
  BOOST_TEST(settings.postgres_url == "");
  BOOST_TEST(settings.listen == "127.0.0.1:8420");
  BOOST_TEST(settings.data_dir == "");
  BOOST_TEST(settings_of("http: { listen: '' }").listen == "");
}

BOOST_AUTO_TEST_CASE(json_is_as_good_as_yaml) {
  BOOST_TEST(settings_of(R"({"node":{"slots":3}})").slots == 3u);
  BOOST_TEST(faults_of(R"({"node":{"slots":0}})", "/etc/node.json") ==
             "node.yaml:/node/slots: `slots` must be a whole number from 1 to 1024, not 0\n");
}

BOOST_AUTO_TEST_CASE(each_fault_is_named_with_its_place_and_the_remedy) {
  const std::pair<const char*, const char*> table[] = {
      {"[]", "1:1: the settings must be a map, not a list\n"},
      {"clustre: a", "1:1: unknown key `clustre` in the settings; did you mean `cluster`?\n"},
      {"cluster: A",
       "1:10: `cluster` must be lower-case letters, digits and dashes (64 at most)\n"},
      {"cluster: 7", "1:10: `cluster` must be text, not a number\n"},
      {"node: a", "1:7: `node` must be a map, not text\n"},
      {"node: { name: a.b }",
       "1:15: `name` must be letters, digits, `_` and `-` (64 at most, a letter or digit first)\n"},
      {"node: { nmae: a }", "1:9: unknown key `nmae` in `node`; did you mean `name`?\n"},
      {"node: { agent: yes }", "1:16: `agent` must be true or false, not text\n"},
      {"node: { agent: false, orchestrator: false }",
       "1:9: a node that is neither `orchestrator`, `agent` nor `gateway` and has no `tools` has "
       "nothing to do; "
       "set one of them "
       "to true\n"},
      {"node: { slots: 1025 }", "1:16: `slots` must be a whole number from 1 to 1024, not 1025\n"},
      {"breakers: { probe: {} }",
       "1:20: `breakers` names `probe`, which is not among the `toolkits` of this node\n"},
      {"toolkits: { probe: {} }\nbreakers: { probe: { failures: 0 } }",
       "2:32: `failures` must be a whole number from 1 to 1000, not 0\n"},
      {"retention: { archive_after: 10m }", "1:29: `archive_after` must be 1h or more\n"},
      {"retention: { purge_after: 1d }",
       "1:14: `purge_after` (1d) must not be shorter than `archive_after` (7d), or `never`\n"},
      {"retention: { teams: { web: { purge: 1d } } }",
       "1:30: unknown key `purge` in `retention` of team `web`\n"},
      {"limits: [{ concurrency: 1 }]",
       "1:10: `key` is missing from a rule of `limits`; say what it is about, such as `key: "
       "host/*`\n"},
      {"limits: [{ key: a/, concurrency: 1 }]",
       "1:17: `key` must be a path, such as customer, host/* or tool/service/restart, where `*` is "
       "any one part; not `a/`\n"},
      {"limits: [{ key: a, concurrency: 0 }]",
       "1:33: `concurrency` must be a whole number from 1 to 1000000, not 0\n"},
      {"limits: [{ key: a, rate: 5/day }]",
       "1:26: `rate` is written as 100/1m: so many in a time between 1s and 1h; not `5/day`\n"},
      {"limits: [{ key: a, rate: 1/2h }]",
       "1:26: `rate` is written as 100/1m: so many in a time between 1s and 1h; not `1/2h`\n"},
      {"limits: [{ key: a, rate: 1/1s }, { key: a, rate: 1/1m }]",
       "1:41: `limits` has a rule for `a` before; give it both limits there\n"},
      {"limits: [{ key: a }]",
       "1:10: give a rule of `limits` a limit: `concurrency`, `rate`, or both\n"},
      {"node: { roles: x }", "1:16: `roles` must be a list of texts, not text\n"},
      {"node: { roles: [a, ''] }",
       "1:20: the name of a role must not be empty; \"*\" means every role\n"},
      {"node: { labels: ['gpu 1'] }",
       "1:18: a label must be a name or name=value, such as gpu=1, without spaces or commas; not "
       "`gpu 1`\n"},
      {"nats: { url: 'localhost:4222' }",
       "1:14: `url` must be nats://host:port or tls://host:port, several separated by commas\n"},
      {"postgres: { url: troupe }",
       "1:18: `url` must be postgresql://user@host:port/database or \"host=.. dbname=..\"\n"},
      {"http: { listen: 8420 }", "1:17: `listen` must be text, not a number\n"},
      {"http: { hosts: ['https://a.example', 'a:80'] }",
       "1:17: a host must be a name without scheme and port, such as troupe.example.org; not "
       "`https://a.example`\n"
       "node.yaml:1:38: a host must be a name without scheme and port, such as troupe.example.org; "
       "not "
       "`a:80`\n"},
      {"http: { url: 'troupe.example.org' }",
       "1:14: `url` must be http://host:port or https://host, without a path\n"},
      {"http: { listen: ':8420' }",
       "1:17: `listen` must be an address and a port, such as 127.0.0.1:8420 or [::1]:8420, or "
       "\"\" for no HTTP\n"},
      {"log: { level: inof }",
       "1:15: `level` must be `debug`, `info`, `warn` or `error`, not `inof`; did you mean "
       "`info`?\n"},
      {"log: { file: '' }", "1:8: `file` must not be empty\n"},
      {"teams: a.yaml", "1:8: `teams` must be a list, not text\n"},
      {"teams: [a.yaml, 1]", "1:17: `teams` must hold the paths of team files\n"},
      {"teams: [a.yaml, ./a.yaml]", "1:17: the team file `/etc/troupe/a.yaml` is named twice\n"},
      {"toolkits: { probe: true }",
       "1:20: the settings of the toolkit `probe` must be a map, not a boolean; {} if there is "
       "nothing to say\n"},
      {"toolkits: [probe]", "1:11: `toolkits` must be a map, not a list\n"},
  };
  for (auto [text, expected] : table) BOOST_TEST_CONTEXT(text)
  BOOST_TEST(faults_of(text) == std::string{"node.yaml:"} + expected);
}

BOOST_AUTO_TEST_CASE(all_faults_come_at_once_in_file_order) {
  BOOST_TEST(faults_of("log: { level: loud }\n"
                       "cluster: B\n"
                       "cluster: c\n"
                       "node: { name: '${env:TROUPE_TEST_NOT_SET}', slots: 0 }\n"
                       "zebra: 1\n") ==
             "node.yaml:1:15: `level` must be `debug`, `info`, `warn` or `error`, not `loud`\n"
             "node.yaml:2:10: `cluster` must be lower-case letters, digits and dashes (64 at "
             "most)\n"
             "node.yaml:3:1: the key `cluster` stands twice in this map; it was first given at "
             "2:1; keep one\n"
             "node.yaml:4:15: the environment variable `TROUPE_TEST_NOT_SET` is not set\n"
             "node.yaml:4:52: `slots` must be a whole number from 1 to 1024, not 0\n"
             "node.yaml:5:1: unknown key `zebra` in the settings\n");
}

BOOST_AUTO_TEST_CASE(a_syntax_error_comes_alone) {
  const auto faults = parse_settings("n.yaml", "cluster: A\nnode: [\n").faults;
  BOOST_REQUIRE(faults.size() == 1u);
  BOOST_TEST(faults[0].place.line > 1u);
}

BOOST_AUTO_TEST_CASE(variables_and_files_are_filled_in_wherever_a_string_stands) {
  const support::TemporaryFolder folder;
  const auto file = (folder.path() / "node.yaml").string();
  write(folder.path() / "password", "s3cret\n");
  write(folder.path() / "crlf", "x\r\n");
  const Variable host{"TROUPE_TEST_HOST", "db.example"}, hostile{"TROUPE_TEST_NEST", "${env:HOME}"};
  const auto result = parse_settings(file, R"(
postgres: { url: "postgresql://troupe:${file:password}@${env:TROUPE_TEST_HOST}/troupe" }
toolkits:
  http:
    headers: [ { token: "${file:crlf}|${env:TROUPE_TEST_NEST}" } ]
    plain: "$${env:A} $5 ${{ a }} $"
)");
  BOOST_TEST(plan::render(result.faults, "n") == "");
  BOOST_TEST(result.settings.postgres_url == "postgresql://troupe:s3cret@db.example/troupe");
  BOOST_TEST(result.settings.toolkits.at("http").text ==
             R"({"headers":[{"token":"x|${env:HOME}"}],"plain":"${env:A} $5 ${{ a }} $"})");
}

BOOST_AUTO_TEST_CASE(a_reference_that_leads_nowhere_is_a_fault_that_names_it) {
  const support::TemporaryFolder folder;
  const auto file = (folder.path() / "node.yaml").string();
  write(folder.path() / "binary", "\xff\xfe");
  write(folder.path() / "large", std::string(64 * 1024 + 1, 'x'));
  const auto there = folder.path().string();
  const std::string remedy = "; write ${env:NAME}, ${file:PATH}, or $${ for a plain ${\n";
  const std::pair<std::string, std::string> table[] = {
      {"${env:TROUPE_TEST_NOT_SET}", "the environment variable `TROUPE_TEST_NOT_SET` is not set\n"},
      {"${file:missing}", "`" + there + "/missing` cannot be read: No such file or directory\n"},
      {"${file:.}", "`" + there + "/` cannot be read: Is a directory\n"},
      {"${file:large}", "`" + there + "/large` cannot be read: more than 65536 bytes\n"},
      {"${file:binary}", "the value of `${file:binary}` is not UTF-8 text\n"},
      {"${vault:x}", "`${vault:x}` is no reference" + remedy},
      {"${HOME}", "`${HOME}` is no reference" + remedy},
      {"${env:}", "`${env:}` is no reference" + remedy},
      {"${env:HOME", "`${` without its `}`" + remedy},
  };
  for (const auto& [reference, expected] : table)
    BOOST_TEST(
        plan::render(parse_settings(file, "toolkits: { t: { a: '" + reference + "' } }").faults,
                     "n") == "n:1:21: " + expected);
}

BOOST_AUTO_TEST_CASE(a_fault_does_not_tell_what_a_reference_stands_for) {
  const Variable secret{"TROUPE_TEST_SECRET", "hunter2 hunter2"};
  for (auto text :
       {"nats: { url: '${env:TROUPE_TEST_SECRET}' }",
        "postgres: { url: '${env:TROUPE_TEST_SECRET}' }", "cluster: '${env:TROUPE_TEST_SECRET}'",
        "node: { name: '${env:TROUPE_TEST_SECRET}' }",
        "http: { listen: '${env:TROUPE_TEST_SECRET}' }"}) {
    const auto faults = faults_of(text);
    BOOST_TEST(faults != "");
    BOOST_TEST(faults.find("hunter2") == std::string::npos, faults);
  }
}

BOOST_AUTO_TEST_CASE(a_fault_that_a_toolkit_finds_gets_its_line_and_column) {
  const auto result = parse_settings("n.yaml",
                                     "toolkits:\n"
                                     "  probe: { allow: [localhost, 7] }\n"
                                     "  logs: { files: { a/b~c: x } }\n");
  const std::pair<const char*, const char*> table[] = {
      {"/toolkits/probe/allow/1: expected a string", "n.yaml:2:31: "},
      {"/toolkits/probe/allow: expected more", "n.yaml:2:19: "},
      {"/toolkits/probe/zebra: unknown", "n.yaml:2:10: "}, // what is not there: what lacks it
      {"/toolkits/probe: `allow` is missing", "n.yaml:2:10: "},
      {"/toolkits/logs/files/a~1b~0c: not absolute", "n.yaml:3:27: "},
      {"/elsewhere: x", "n.yaml: "},
  };
  for (auto [text, place] : table)
    BOOST_TEST(plan::to_string(place_toolkit_fault(result, text), "n.yaml") ==
               std::string{place} + text);
}

BOOST_AUTO_TEST_CASE(a_settings_file_is_loaded_or_said_to_be_unreadable) {
  const support::TemporaryFolder folder;
  const auto path = (folder.path() / "node.yaml").string();
  const auto missing = load_settings(path);
  BOOST_TEST(plan::render(missing.faults, "n") == "n: cannot be read: No such file or directory\n");
  write(path, "data_dir: here\n");
  const auto loaded = load_settings(path);
  BOOST_TEST(loaded.faults.empty());
  BOOST_TEST(loaded.settings.data_dir == (folder.path() / "here").string());
}

BOOST_AUTO_TEST_SUITE_END()
