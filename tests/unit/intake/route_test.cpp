#include "runtime/intake/route.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::intake;

namespace {

Webhook group(Labels common, Labels of_first_firing) {
  Webhook webhook;
  webhook.common_labels = std::move(common);
  Alert resolved, firing;
  resolved.status = "resolved";
  resolved.labels = {{"service", "of-a-resolved-alert"}, {"only", "resolved"}};
  firing.status = "firing";
  firing.labels = std::move(of_first_firing);
  webhook.alerts = {resolved, firing};
  return webhook;
}

config::AlertRoute route(Labels match, std::string plan) {
  config::AlertRoute made;
  made.match = std::move(match);
  made.plan = std::move(plan);
  return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(route_)

BOOST_AUTO_TEST_CASE(the_first_route_whose_labels_all_match_takes_the_group) {
  const std::vector<config::AlertRoute> routes{
      route({{"alertname", "ServiceDown"}, {"severity", "critical"}}, "page"),
      route({{"alertname", "ServiceDown"}, {"service", "*"}}, "restart"),
      route({{"alertname", "ServiceDown"}}, "look"),
      route({{"only", "resolved"}}, "never"),
  };
  struct Case {
    Labels common, alert;
    std::string plan; // empty: none
  };
  const Case table[] = {
      {{{"alertname", "ServiceDown"}, {"severity", "critical"}, {"service", "nginx"}}, {}, "page"},
      {{{"alertname", "ServiceDown"}, {"service", "nginx"}}, {}, "restart"},
      {{{"alertname", "ServiceDown"}, {"service", ""}}, {}, "restart"},
      {{{"alertname", "ServiceDown"}}, {{"service", "nginx"}}, "restart"},
      {{{"alertname", "ServiceDown"}}, {{"severity", "critical"}}, "page"},
      {{{"alertname", "ServiceDown"}, {"severity", "warning"}}, {{"severity", "critical"}}, "look"},
      {{{"alertname", "DiskFull"}}, {{"alertname", "ServiceDown"}}, ""},
      {{}, {}, ""},
  };
  for (const auto& [common, alert, plan] : table) {
    const auto* taken = match_route(routes, group(common, alert));
    BOOST_TEST((taken == nullptr ? "" : taken->plan) == plan);
  }
}

BOOST_AUTO_TEST_CASE(a_route_without_labels_takes_any_group) {
  const std::vector<config::AlertRoute> routes{route({}, "any")};
  BOOST_TEST(match_route(routes, group({}, {})) == &routes[0]);
  BOOST_TEST(match_route({}, group({}, {})) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_group_with_nothing_firing_is_matched_by_its_common_labels_alone) {
  const std::vector<config::AlertRoute> routes{route({{"only", "resolved"}}, "x")};
  auto webhook = group({}, {});
  webhook.alerts.pop_back();
  BOOST_TEST(match_route(routes, webhook) == nullptr);
  webhook.common_labels = {{"only", "resolved"}};
  BOOST_TEST(match_route(routes, webhook) == &routes[0]);
}

BOOST_AUTO_TEST_CASE(the_first_route_of_its_source_whose_attributes_all_match_takes_an_event) {
  std::vector<config::EventRoute> routes(4);
  const auto route = [&](std::size_t i, const char* in, Labels match) {
    routes[i].channel = in;
    routes[i].match = std::move(match);
    routes[i].plan = std::to_string(i);
  };
  route(0, "ci", {{"type", "build.*"}, {"subject", "*"}});
  route(1, "ci", {{"type", "build.failed"}, {"severity", "3"}});
  route(2, "shop", {{"type", "build.failed"}});
  route(3, "ci", {{"type", "deploy"}});
  struct Case {
    std::string in, event, plan; // empty: none
  };
  const Case table[] = {
      {"ci", R"({"type":"build.failed","subject":"web","severity":3})", "0"},
      {"ci", R"({"type":"build.failed","severity":3})", "1"},
      {"ci", R"({"type":"build.failed","severity":4})", ""},
      {"ci", R"({"type":"build","subject":"web"})", ""},
      {"ci", R"({"type":"deploy"})", "3"},
      {"shop", R"({"type":"build.failed"})", "2"},
      {"mail", R"({"type":"build.failed"})", ""},
  };
  for (const auto& [in, body, plan] : table) {
    CloudEvent event;
    event.body = JsonText{body};
    const auto* taken = match_route(routes, in, event);
    BOOST_TEST((taken == nullptr ? "" : taken->plan) == plan, in << ' ' << body);
  }
}

BOOST_AUTO_TEST_SUITE_END()
