// The `events` of a team's file.
#include <boost/test/unit_test.hpp>

#include "tests/unit/config/team_files.hpp"

using namespace troupe;
using namespace troupe::config;

namespace {

/// The good team with routes of events behind it: they begin at line 15.
struct EventFiles : Files {
  explicit EventFiles(const std::string& routes) {
    write("teams/t.yaml", std::string{good_team} + "events:\n" + routes);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(events_of_a_team)

BOOST_AUTO_TEST_CASE(a_route_says_from_where_which_events_start_which_plan) {
  const auto team =
      EventFiles{
          "  - in: ci\n"
          "    match: { type: build.*, subject: web }\n"
          "    plan: service-down\n"
          "    priority: low\n"
          "    labels: { build: \"${{ event.id }}\" }\n"
          "    inputs: { service: \"${{ event.data.service }}\" }\n"}
          .team();
  BOOST_REQUIRE(team.event_routes.size() == 1u);
  const auto& route = team.event_routes[0];
  BOOST_TEST(route.channel == "ci");
  BOOST_TEST(route.match.at("type") == "build.*");
  BOOST_TEST(route.match.at("subject") == "web");
  BOOST_TEST(route.plan == "service-down");
  BOOST_TEST((route.priority == message::Priority::low));
  BOOST_TEST(route.labels.at("build").value.text == R"("${{ event.id }}")");
}

BOOST_AUTO_TEST_CASE(each_fault_of_a_route_stands_where_it_belongs) {
  const std::string rest = ", plan: service-down, inputs: { service: web } }\n";
  const std::pair<std::string, std::string> table[] = {
      {"  - { match: {}" + rest,
       "teams/t.yaml:16:5: `in` is missing from a route of `events`; name the source that may "
       "start it: `in: ci` is troupe.<cluster>.in.ci\n"},
      {"  - { in: a.b" + rest,
       "teams/t.yaml:16:11: `in` must be letters, digits, `_` and `-` (64 at most, a letter or "
       "digit first)\n"},
      {"  - { in: alertmanager" + rest,
       "teams/t.yaml:16:11: what comes to in.alertmanager is a webhook body; its routes are "
       "`alerts`\n"},
      {"  - { in: ci, match: { type: 7 }" + rest,
       "teams/t.yaml:16:30: the attribute `type` must be matched by text (\"*\": any), not a "
       "number\n"},
      {"  - { in: ci, plan: service-down, inputs: { service: \"${{ alert.labels.x }}\" } }\n",
       "teams/t.yaml:16:54: `alert` is not known here; start from `event` (the CloudEvent: "
       "event.type, event.data) or `injected` (injected.in, injected.by)\n"},
      {"  - { in: ci, source: x" + rest,
       "teams/t.yaml:16:15: unknown key `source` in a route of `events`\n"},
  };
  for (const auto& [routes, faults] : table) BOOST_TEST(EventFiles{routes}.faults() == faults);
}

BOOST_AUTO_TEST_SUITE_END()
