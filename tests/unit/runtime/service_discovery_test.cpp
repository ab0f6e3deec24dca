#include "runtime/service_discovery.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace troupe;
namespace json = boost::json;

namespace {

const Service ledger{"troupe-tool-ledger",
                     "i-1",
                     "0.1.0",
                     "The toolkit ledger",
                     {{"cluster", "main"}, {"node", "agent-1"}},
                     *parse_iso8601("2026-11-20T18:46:51.123Z"),
                     {{"call", "troupe.main.tool.ledger.*", "tool_servers", {{"tools", "add"}}},
                      {"cancel", "troupe.main.tool.ledger-all.*", "", {}}}};

json::value ask(std::string_view subject, const std::vector<ServiceCount>& counts = {}) {
  const auto answer = discovery_answer(ledger, subject, counts);
  BOOST_REQUIRE_MESSAGE(answer, std::string{subject} + " is not answered");
  return json::parse(*answer);
}

} // namespace

BOOST_AUTO_TEST_SUITE(service_discovery)

BOOST_AUTO_TEST_CASE(a_service_answers_when_all_its_kind_or_itself_are_asked_and_else_not) {
  const std::pair<std::string_view, bool> table[] = {
      {"$SRV.PING", true},
      {"$SRV.INFO.troupe-tool-ledger", true},
      {"$SRV.STATS.troupe-tool-ledger.i-1", true},
      {"$SRV.PING.troupe-tool-ledge", false},
      {"$SRV.PING.troupe-tool-ledger2", false},
      {"$SRV.PING.troupe-tool-ledger.i-2", false},
      {"$SRV.PING.troupe-tool-ledger.i-1.more", false},
      {"$SRV.ping", false},
      {"$SRV.SCHEMA", false},
      {"$SRV", false},
      {"SRV.PING", false},
  };
  for (const auto& [subject, answered] : table)
    BOOST_TEST(discovery_answer(ledger, subject, {}).has_value() == answered, subject);
}

BOOST_AUTO_TEST_CASE(the_patterns_that_it_subscribes_to_match_what_it_answers) {
  const std::vector<std::string> expected{"$SRV.*", "$SRV.*.troupe-tool-ledger",
                                          "$SRV.*.troupe-tool-ledger.i-1"};
  BOOST_TEST(discovery_patterns(ledger) == expected);
}

BOOST_AUTO_TEST_CASE(a_ping_is_answered_with_the_standard_fields) {
  BOOST_TEST(*discovery_answer(ledger, "$SRV.PING", {}) ==
             R"({"type":"io.nats.micro.v1.ping_response","name":"troupe-tool-ledger","id":"i-1",)"
             R"("version":"0.1.0","metadata":{"cluster":"main","node":"agent-1"}})");
}

BOOST_AUTO_TEST_CASE(info_names_every_endpoint_with_its_subject_and_queue_group) {
  const auto answer = ask("$SRV.INFO");
  BOOST_TEST(answer.at("type") == "io.nats.micro.v1.info_response");
  BOOST_TEST(answer.at("description") == "The toolkit ledger");
  BOOST_TEST(
      json::serialize(answer.at("endpoints")) ==
      R"([{"name":"call","subject":"troupe.main.tool.ledger.*","queue_group":"tool_servers",)"
      R"("metadata":{"tools":"add"}},)"
      R"({"name":"cancel","subject":"troupe.main.tool.ledger-all.*","queue_group":"",)"
      R"("metadata":{}}])");
}

BOOST_AUTO_TEST_CASE(stats_count_and_average_and_nothing_asked_takes_no_time) {
  const auto answer =
      ask("$SRV.STATS.troupe-tool-ledger.i-1",
          {{3, 1, "tool_failed: the disk is full", std::chrono::nanoseconds{10'000'001}}});
  BOOST_TEST(answer.at("type") == "io.nats.micro.v1.stats_response");
  BOOST_TEST(answer.at("started") == "2026-11-20T18:46:51.123Z");
  BOOST_TEST(
      json::serialize(answer.at("endpoints")) ==
      R"([{"name":"call","subject":"troupe.main.tool.ledger.*","queue_group":"tool_servers",)"
      R"("num_requests":3,"num_errors":1,"last_error":"tool_failed: the disk is full",)"
      R"("processing_time":10000001,"average_processing_time":3333333},)"
      R"({"name":"cancel","subject":"troupe.main.tool.ledger-all.*","queue_group":"",)"
      R"("num_requests":0,"num_errors":0,"last_error":"","processing_time":0,)"
      R"("average_processing_time":0}])");
}

BOOST_AUTO_TEST_SUITE_END()
