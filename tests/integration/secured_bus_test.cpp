// What the locked bus refuses, and that it refuses nothing else: three real servers, keys of
// `troupe keys`.
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <future>

#include "actors/clocks.hpp"
#include "net/bus/nats_link.hpp"
#include "net/keys/certificate.hpp"
#include "net/keys/nkey.hpp"
#include "runtime/intake/event_stream.hpp"
#include "tests/conformance/bus_world.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/secured_cluster.hpp"
#include "tests/support/troupe_process.hpp"

using namespace troupe;
using namespace troupe::test;
using namespace std::chrono_literals;
using support::eventually;
using support::SecuredCluster;

namespace {

/// One for all tests that only ask it.
SecuredCluster& shared() {
  static SecuredCluster cluster;
  return cluster;
}

bus::NatsOptions options_of(const SecuredCluster& cluster, const std::string& node) {
  bus::NatsOptions options;
  options.url = cluster.url();
  options.name = node;
  options.inbox_prefix = "_INBOX." + node;
  options.ca_file = cluster.ca();
  options.nkey_seed_file = cluster.seed(node);
  return options;
}

std::string refusal(const bus::NatsOptions& options) {
  const auto bus = bus::connect(options);
  if (bus.ok()) return "";
  BOOST_TEST((bus.error().error_class == ErrorClass::denied), bus.error().message);
  return bus.error().message;
}

BusHandle connected(const bus::NatsOptions& options) {
  auto bus = bus::connect(options);
  BOOST_REQUIRE_MESSAGE(bus.ok(), (bus.ok() ? "" : bus.error().message));
  return std::move(*bus);
}

void expect_words(const std::string& text, std::initializer_list<std::string> words) {
  for (const auto& word : words)
    BOOST_TEST(text.find(word) != std::string::npos, "no `" << word << "` in: " << text);
}

/// A connection of a node; what the server says to one thing on it. Empty: nothing against it.
class Line {
 public:
  Line(const SecuredCluster& cluster, const std::string& node) {
    auto options = options_of(cluster, node);
    const auto addresses = bus::parse_nats_url(options.url);
    auto link = bus::NatsLink::dial(options, addresses->at(0), [] {});
    BOOST_REQUIRE_MESSAGE(link.ok(), (link.ok() ? "" : link.error().message));
    link_ = *link;
  }
  std::string publish(const std::string& subject) {
    BOOST_REQUIRE(link_->send(message_to(subject, "forged")).ok());
    return verdict();
  }
  std::string subscribe(const std::string& subject, const std::string& queue_group) {
    auto handler = std::make_shared<bus::NatsLink::Handler>(subject, [](ports::BusMessage) {});
    const auto heard = link_->subscribe(subject, queue_group, handler, ports::Headers::dropped);
    BOOST_REQUIRE(heard.ok());
    return verdict();
  }

 private:
  std::string verdict() {
    const auto taken = link_->confirm(5s);
    return taken ? "" : taken.error().message;
  }
  std::shared_ptr<bus::NatsLink> link_;
};

struct Row {
  const char* node;
  const char* subject;
  const char* queue_group = "";
};

} // namespace

BOOST_AUTO_TEST_SUITE(secured_bus)

BOOST_AUTO_TEST_CASE(no_node_publishes_what_is_not_its_own_to_say) {
  const Row refused[] = {
      {"tool-1", "troupe.default.hb.all.agent-1"},             // in another's name
      {"tool-1", "troupe.default.run.orchestrator-1.agent-1"}, //
      {"tool-1", "troupe.default.tool.ledger.orchestrator-1"}, //
      {"tool-1", "troupe.default.tool.probe.tool-1"},          // calling another toolkit
      {"tool-1", "troupe.default.task.agent-1.tool-1"},        // a command
      {"tool-1", "_INBOX.agent-1.1f.7"},                       // an answer nobody asked for
      {"tool-1", "$JS.API.STREAM.LIST"},
      {"agent-1", "troupe.default.task.agent-1.orchestrator-1"},
      {"agent-1", "troupe.default.ctl.tool-1.agent-1"},
      {"agent-1", "troupe.default.evt.r1.agent-1"},
      {"orchestrator-1", "troupe.default.task.agent-1.orchestrator-2"},
      {"orchestrator-1", "troupe.other.task.agent-1.orchestrator-1"},
      {"orchestrator-1", "$JS.API.STREAM.DELETE.troupe-default-in"},
      {"gateway-1", "troupe.default.task.agent-1.gateway-1"},
      {"gateway-1", "troupe.default.run.orchestrator-1.gateway-1"},
      {"gateway-1", "$JS.API.STREAM.INFO.troupe-default-in"},
      {"injector-1", "troupe.default.task.agent-1.injector-1"},
      {"injector-1", "troupe.default.ctl.agent-1.injector-1"},
      {"injector-1", "troupe.default.in.other.injector-1"},
      {"injector-1", "troupe.default.hb.all.injector-1"},
      {"viewer-1", "troupe.default.hb.all.viewer-1"},
      {"viewer-1", "anything"},
  };
  for (const auto& row : refused) BOOST_TEST_CONTEXT(row.node << " to " << row.subject) {
      const auto said = Line{shared(), row.node}.publish(row.subject);
      expect_words(said, {"Permissions Violation for Publish to", row.subject, "troupe keys list"});
    }
  const Row allowed[] = {
      {"tool-1", "troupe.default.hb.all.tool-1"},
      {"tool-1", "troupe.default.run.orchestrator-1.tool-1"},
      {"agent-1", "troupe.default.tool.ledger.agent-1"},
      {"orchestrator-1", "troupe.default.task.agent-1.orchestrator-1"},
      {"orchestrator-1", "$JS.API.STREAM.INFO.troupe-default-in"},
      {"gateway-1", "troupe.default.in.billing.gateway-1"},
      {"injector-1", "troupe.default.in.billing.injector-1"},
  };
  for (const auto& row : allowed) BOOST_TEST_CONTEXT(row.node << " to " << row.subject)
  BOOST_TEST(Line(shared(), row.node).publish(row.subject) == "");
}

BOOST_AUTO_TEST_CASE(no_node_hears_what_is_meant_for_another) {
  const Row refused[] = {
      {"tool-1", "_INBOX.agent-1.>"},
      {"tool-1", "_INBOX.>"},
      {"tool-1", "troupe.>"},
      {"tool-1", "troupe.default.tool.probe.*", "tool_servers"},
      {"tool-1",
       "troupe.default.tool.ledger.*"}, // beside the queue group: every call to any server
      {"tool-1", "troupe.default.run.orchestrator-1.*"},
      {"agent-1", "troupe.default.task.agent-2.*"},
      {"agent-1", "troupe.default.task.*.*"},
      {"orchestrator-1", "troupe.default.run.orchestrator-2.*"},
      {"injector-1", "troupe.default.in.billing.*"},
      {"viewer-1", "_INBOX.>"},
      {"viewer-1", "troupe.default.run.*.*"},
  };
  for (const auto& row : refused) BOOST_TEST_CONTEXT(row.node << " on " << row.subject) {
      const auto said = Line{shared(), row.node}.subscribe(row.subject, row.queue_group);
      expect_words(said, {"Permissions Violation for Subscription to", row.subject});
    }
  const Row allowed[] = {
      {"tool-1", "_INBOX.tool-1.>"},
      {"tool-1", "troupe.default.tool.ledger.*", "tool_servers"},
      {"tool-1", "$SRV.*.troupe-tool-ledger"},
      {"agent-1", "troupe.default.task.agent-1.*"},
      {"orchestrator-1", "troupe.default.whois.any.*", "orchestrators"},
      {"viewer-1", "troupe.default.evt.*.*"},
      {"viewer-1", "troupe.default.hb.*.*"},
  };
  for (const auto& row : allowed) BOOST_TEST_CONTEXT(row.node << " on " << row.subject)
  BOOST_TEST(Line(shared(), row.node).subscribe(row.subject, row.queue_group) == "");
}

BOOST_AUTO_TEST_CASE(whoever_is_asked_may_answer_through_any_server) {
  auto at_first = options_of(shared(), "tool-1"), at_last = options_of(shared(), "orchestrator-1");
  at_first.url = shared().url_of(0);
  at_last.url = shared().url_of(2);
  const auto tool = connected(at_first), orchestrator = connected(at_last);
  const auto served = tool->subscribe(
      "troupe.default.tool.ledger.*", "tool_servers",
      [&](ports::BusMessage call) { (void)tool->publish(message_to(call.reply_to, "done")); });
  BOOST_REQUIRE(served.ok());
  std::string answer;
  const bool answered = eventually([&] { // once the servers have told each other who listens
    const auto said =
        ask(*orchestrator, message_to("troupe.default.tool.ledger.orchestrator-1"), 1s);
    answer = said ? said->payload : said.error().message;
    return said.ok();
  });
  BOOST_TEST(answered, answer);
  BOOST_TEST(answer == "done");
}

BOOST_AUTO_TEST_CASE(an_orchestrator_keeps_a_stream_of_what_injectors_send_and_reads_it) {
  const auto orchestrator = connected(options_of(shared(), "orchestrator-1")),
             injector = connected(options_of(shared(), "injector-1"));
  const std::string inbox = ports::inbox_of("orchestrator-1") + ".events";
  std::promise<ports::BusMessage> came;
  const auto heard = orchestrator->subscribe(
      inbox, "", [&](ports::BusMessage message) { came.set_value(std::move(message)); });
  intake::EventStream stream{"default", 3};
  std::string answer;
  const auto opens = [&] { // JetStream chooses its leader first
    const auto todo = stream.next(actors::monotonic_time());
    const auto* asked = std::get_if<intake::EventStream::Ask>(&todo);
    if (asked == nullptr) return false;
    const auto told = ask(*orchestrator, message_to(asked->subject, asked->payload), 2s);
    answer = told ? told->payload : told.error().message;
    stream.answered(told ? Result<std::string>{answer} : told.error(), actors::monotonic_time());
    return stream.open();
  };
  BOOST_TEST_REQUIRE(eventually(opens, 60s), answer);
  const auto keeps = [&] {
    const auto told = ask(*injector, message_to("troupe.default.in.billing.injector-1", "{}"), 2s);
    answer = told ? told->payload : told.error().message;
    return answer.find(R"("stream":"troupe-default-in")") != std::string::npos;
  };
  BOOST_TEST_REQUIRE(eventually(keeps), answer);

  const auto pull = std::get<intake::EventStream::Pull>(stream.next(actors::monotonic_time()));
  BOOST_REQUIRE(orchestrator->publish({pull.subject, inbox, {}, pull.payload}).ok());
  auto future = came.get_future();
  BOOST_REQUIRE((future.wait_for(10s) == std::future_status::ready));
  const auto message = future.get();
  BOOST_TEST(stream.came(message, actors::monotonic_time())->sender == "injector-1");
  const std::string taken{intake::event_taken};
  BOOST_REQUIRE(orchestrator->publish({message.reply_to, "", {}, taken}).ok());
  const auto acknowledged = [&] {
    const auto told =
        ask(*orchestrator, message_to("$JS.API.STREAM.INFO.troupe-default-in", ""), 2s);
    return told && told->payload.find("\"messages\":0") != std::string::npos;
  };
  BOOST_TEST(eventually(acknowledged));
}

BOOST_AUTO_TEST_CASE(without_the_key_or_the_authority_nobody_gets_in) {
  const support::TemporaryFolder folder;
  const auto unknown = (folder.path() / "nkey.seed").string();
  const auto key = keys::make_nkey();
  std::ofstream{unknown} << key->seed;

  auto wrong = options_of(shared(), "tool-1");
  wrong.nkey_seed_file = unknown;
  expect_words(refusal(wrong), {"refused us (Authorization Violation)", key->public_key, unknown});
  wrong.nkey_seed_file = "";
  expect_words(refusal(wrong), {"refused us", "nats.nkey_seed_file"});

  auto plain = options_of(shared(), "tool-1");
  plain.url = shared().url_of(0, "nats");
  plain.ca_file = "";
  expect_words(refusal(plain), {"no encrypted connection"});
  plain.ca_file = shared().ca();
  connected(plain); // whoever names the authority wants no plain connection, whatever the URL says

  auto foreign = options_of(shared(), "tool-1");
  foreign.ca_file = (folder.path() / "ca.crt").string();
  const auto now = SystemClock{}.now();
  std::ofstream{foreign.ca_file}
      << keys::make_authority("other", {now - 1h, now + 1h})->certificate;
  expect_words(refusal(foreign), {"no encrypted connection", "its certificate: ", foreign.ca_file});

  auto other = options_of(shared(), "tool-1"); // agent-1 with the key of tool-1
  other.inbox_prefix = "_INBOX.agent-1";
  expect_words(refusal(other), {"Permissions Violation for Subscription to", "_INBOX.agent-1"});

  wrong.nkey_seed_file = "/no/such.seed";
  const auto none = bus::connect(wrong);
  BOOST_REQUIRE(!none.ok());
  BOOST_TEST((none.error().error_class == ErrorClass::invalid_input));
  expect_words(none.error().message, {"/no/such.seed", "No such file"});
}

BOOST_AUTO_TEST_CASE(a_server_that_cannot_prove_who_it_is_is_not_talked_to) {
  const auto now = SystemClock{}.now();
  const auto authority = keys::make_authority("test", {now - 48h, now + 48h});
  const support::TemporaryFolder folder;
  const auto path = [&](const char* name) { return (folder.path() / name).string(); };
  std::ofstream{path("ca.crt")} << authority->certificate;
  const auto refusal_of = [&](const std::string& host, keys::Validity validity) {
    const auto server = keys::certify_server(*authority, "server", {host}, validity);
    std::ofstream{path("server.crt")} << server->certificate;
    std::ofstream{path("server.key")} << server->key;
    const support::NatsServer nats{"tls { cert_file: \"" + path("server.crt") + "\", key_file: \"" +
                                   path("server.key") + "\" }"};
    bus::NatsOptions options;
    options.url = "tls://127.0.0.1:" + std::to_string(nats.port());
    options.ca_file = path("ca.crt");
    return refusal(options);
  };
  BOOST_TEST(refusal_of("127.0.0.1", {now - 1h, now + 1h}) == "");
  expect_words(refusal_of("127.0.0.1", {now - 2h, now - 1h}), {"certificate has expired"});
  expect_words(refusal_of("127.0.0.1", {now + 1h, now + 2h}), {"certificate is not yet valid"});
  expect_words(refusal_of("127.0.0.2", {now - 1h, now + 1h}), {"mismatch"});
  expect_words(refusal_of("nats.example.org", {now - 1h, now + 1h}), {"mismatch"});
}

BOOST_AUTO_TEST_CASE(a_key_is_rotated_without_a_gap_and_revoked_with_effect) {
  SecuredCluster cluster;
  const support::TemporaryFolder folder;
  auto old_key = options_of(cluster, "tool-1"), new_key = old_key;
  old_key.nkey_seed_file = (folder.path() / "old.seed").string();
  std::filesystem::copy_file(cluster.seed("tool-1"), old_key.nkey_seed_file);
  const auto node = connected(old_key);
  const auto bystander = connected(options_of(cluster, "agent-1"));
  const auto get_in = [&](const bus::NatsOptions& options) { return bus::connect(options).ok(); };

  cluster.keys({"rotate", "tool-1"});
  BOOST_TEST(!get_in(new_key)); // the servers have not heard of it
  cluster.reload();
  BOOST_TEST(eventually([&] { return get_in(new_key); }));
  BOOST_TEST(get_in(old_key));
  BOOST_TEST(node->up()); // through it all

  cluster.keys({"retire", "tool-1"});
  cluster.reload();
  BOOST_TEST(eventually([&] { return !get_in(old_key); }));
  BOOST_TEST(eventually([&] { return !node->up(); })); // it is thrown out
  std::filesystem::copy_file(new_key.nkey_seed_file, old_key.nkey_seed_file,
                             std::filesystem::copy_options::overwrite_existing);
  BOOST_TEST(eventually([&] { return node->up(); })); // its file has the new key, so it is back

  cluster.keys({"revoke", "tool-1"});
  cluster.reload();
  BOOST_TEST(eventually([&] { return !node->up(); }));
  BOOST_TEST(eventually([&] { return !get_in(old_key); }));
  BOOST_TEST(!node->up());
  BOOST_TEST(bystander->up());
}

BOOST_AUTO_TEST_CASE(keys_are_listed_and_secrets_are_for_their_owner_alone) {
  const auto& cluster = shared();
  const auto listed = cluster.keys({"list"});
  expect_words(listed, {"\"node\":\"injector-1\"", "\"sources\":[\"billing\"]", "\"valid_until\""});
  BOOST_TEST(listed.find("\"SU") == std::string::npos);
  const std::string secrets[] = {cluster.seed("tool-1"), cluster.folder() / "ca.key",
                                 cluster.folder() / "servers/nats-1/server.key"};
  for (const auto& file : secrets) {
    struct stat status {};
    BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0600, file);
  }
  const std::pair<std::vector<std::string>, const char*> wrong[] = {
      {{"init", "--server", "nats-9"}, "has the keys of a cluster already"},
      {{"add", "tool-1", "--role", "tool", "--toolkits", "probe"}, "the node tool-1 has a key"},
      {{"add", "tool-2", "--role", "tool"}, "name them with --toolkits"},
      {{"add", "tool-2", "--role", "tool", "--toolkits", "probe-at-agent-1"}, "cannot be the name"},
      {{"add", "a.b", "--role", "agent"}, "cannot be the name of a node"},
      {{"add", "tool-2", "--role", "king"}, "no role `king`"},
      {{"revoke", "nobody"}, "no key was made for a node `nobody`"},
      {{"rotate"}, "name one node, or --servers"},
  };
  for (auto [arguments, words] : wrong) {
    arguments.insert(arguments.begin(), "keys");
    arguments.insert(arguments.end(), {"--dir", cluster.folder()});
    support::TroupeProcess process{arguments};
    BOOST_TEST(process.exit_code() != 0);
    expect_words(process.output(), {words});
  }
}

BOOST_AUTO_TEST_SUITE_END()
