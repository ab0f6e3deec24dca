#include "runtime/intake/alert.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "runtime/limits.hpp"

using namespace troupe;
using namespace troupe::intake;

namespace {

std::string read_body(const std::string& name) {
  std::ifstream file{TROUPE_SOURCE_DIR "/tests/unit/intake/bodies/" + name};
  BOOST_REQUIRE_MESSAGE(file, name + " cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Webhook parsed(std::string_view body) {
  auto webhook = parse_webhook(body);
  BOOST_REQUIRE_MESSAGE(webhook.ok(), (webhook.ok() ? "" : webhook.error().message));
  return *webhook;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, std::string{what} + " is not in " + text);
  return text.replace(at, what.size(), by);
}

/// With as little as it takes.
const std::string small = R"({"version":"4","groupKey":"g","alerts":[{"status":"firing",)"
                          R"("startsAt":"2026-11-20T18:46:51Z","fingerprint":"f1"}]})";

} // namespace

BOOST_AUTO_TEST_SUITE(alert)

BOOST_AUTO_TEST_CASE(a_body_of_alertmanager_0_25_is_read_whole) {
  const auto text = read_body("alertmanager_0.25.json");
  const auto webhook = parsed(text);
  BOOST_TEST(webhook.receiver == "troupe");
  BOOST_TEST(webhook.status == "firing");
  BOOST_TEST(webhook.group_key == R"({}:{alertname="ServiceDown"})");
  BOOST_TEST((webhook.group_labels == Labels{{"alertname", "ServiceDown"}}));
  BOOST_TEST(webhook.common_labels.at("service") == "nginx");
  BOOST_TEST(webhook.common_annotations.at("summary") == "nginx is down <critical>");
  BOOST_TEST(webhook.external_url == "http://am-1:9093");
  BOOST_TEST(webhook.truncated == 0u);
  BOOST_TEST(webhook.body.text + "\n" == text);
  BOOST_REQUIRE(webhook.alerts.size() == 1u);
  const auto& alert = webhook.alerts[0];
  BOOST_TEST(webhook.first_firing() == &alert);
  BOOST_TEST(alert.labels.size() == 5u);
  BOOST_TEST(alert.labels.at("instance") == "http://10.0.0.5:8080/");
  BOOST_TEST(alert.annotations.at("description") ==
             "http://10.0.0.5:8080/ has not answered for more than 5 s (caf\u00e9 front).");
  BOOST_TEST(alert.starts_at == "2026-11-20T18:46:51.123456789Z");
  BOOST_TEST(alert.starts_at_utc == alert.starts_at);
  BOOST_TEST(alert.ends_at == "0001-01-01T00:00:00Z");
  BOOST_TEST(alert.generator_url.ends_with("+0&g0.tab=1"));
  BOOST_TEST(alert.fingerprint == "b3d1a2c4e5f60718");
  BOOST_TEST(alert.body.text.starts_with(R"({"status":"firing","labels":{)"));
  BOOST_TEST(alert.body.text.ends_with(R"("fingerprint":"b3d1a2c4e5f60718"})"));
}

BOOST_AUTO_TEST_CASE(a_mixed_and_truncated_body_of_alertmanager_0_34_is_read_whole) {
  const auto webhook = parsed(read_body("alertmanager_0.34.json"));
  BOOST_TEST(webhook.truncated == 2u);
  BOOST_TEST(webhook.status == "firing");
  BOOST_REQUIRE(webhook.alerts.size() == 3u);
  BOOST_TEST(webhook.alerts[0].status == "resolved");
  BOOST_TEST(webhook.alerts[0].starts_at == "2026-11-20T19:40:00.5+01:00");
  BOOST_TEST(webhook.alerts[0].starts_at_utc == "2026-11-20T18:40:00.5Z");
  BOOST_TEST(webhook.first_firing() == &webhook.alerts[1]);
  BOOST_TEST(webhook.alerts[2].labels.at("severity") == "warning");
}

BOOST_AUTO_TEST_CASE(the_same_alert_from_two_versions_and_zones_has_one_identity) {
  const auto old = parsed(read_body("alertmanager_0.25.json")).alerts[0];
  const auto recent = parsed(read_body("alertmanager_0.34.json")).alerts[1];
  BOOST_TEST(old.starts_at != recent.starts_at);
  BOOST_TEST(old.starts_at_utc == recent.starts_at_utc);
  BOOST_TEST(old.fingerprint == recent.fingerprint);
}

BOOST_AUTO_TEST_CASE(what_does_not_tell_an_alert_apart_may_be_missing) {
  const auto webhook = parsed(small);
  BOOST_TEST(webhook.receiver == "");
  BOOST_TEST(webhook.common_labels.empty());
  BOOST_TEST(webhook.alerts[0].ends_at == "");
  const auto resolved = parsed(replaced(small, "firing", "resolved"));
  BOOST_TEST(resolved.status == "resolved");
  BOOST_TEST(resolved.first_firing() == nullptr);
}

BOOST_AUTO_TEST_CASE(times_are_brought_to_one_spelling) {
  const std::pair<const char*, const char*> table[] = {
      {"2026-11-20T18:46:51Z", "2026-11-20T18:46:51Z"},
      {"2026-11-20T18:46:51.000Z", "2026-11-20T18:46:51Z"},
      {"2026-11-20T18:46:51.120000Z", "2026-11-20T18:46:51.12Z"},
      {"2026-11-20T18:46:51.123456789Z", "2026-11-20T18:46:51.123456789Z"},
      {"2026-11-20T18:46:51.1234567891Z", "2026-11-20T18:46:51.123456789Z"},
      {"2026-11-21T00:16:51.5+05:30", "2026-11-20T18:46:51.5Z"},
      {"2026-11-20", ""},
      {"", ""},
  };
  for (auto [text, expected] : table) BOOST_TEST(normalise_time(text) == expected, text);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_refused_with_its_place_and_an_example) {
  struct Case {
    std::string body, expected;
  };
  const Case table[] = {
      {R"({"text":"nginx is down"})", R"(/version: missing; expected "4")"},
      {replaced(small, "\"4\"", "\"1\""), R"(/version: expected "4", got "1")"},
      {replaced(small, "\"4\"", "4"), "/version: expected a string, got a number"},
      {replaced(small, R"("groupKey":"g",)", ""),
       "/groupKey: missing; expected what tells this group from others"},
      {replaced(small, R"({"version")", R"({"truncatedAlerts":-1,"version")"),
       "/truncatedAlerts: expected an unsigned integer up to 4294967295, got -1"},
      {R"({"version":"4","groupKey":"g","alerts":[]})", "/alerts: expected at least one alert"},
      {R"({"version":"4","groupKey":"g"})", "/alerts: expected at least one alert"},
      {R"({"version":"4","groupKey":"g","alerts":{}})",
       "/alerts: expected an array, got an object"},
      {replaced(small, R"(,"fingerprint":"f1")", ""),
       "/alerts/0/fingerprint: missing; expected what tells this alert from others"},
      {replaced(small, "firing", "burning"),
       R"(/alerts/0/status: expected "firing" or "resolved")"},
      {replaced(small, "2026-11-20T18:46:51Z", "now"),
       "/alerts/0/startsAt: expected a time as in RFC 3339"},
      {replaced(small, R"("startsAt":"2026-11-20T18:46:51Z",)", ""),
       "/alerts/0/startsAt: expected a time as in RFC 3339"},
      {replaced(small, R"("startsAt")", R"("labels":{"a":"b","c/d":1},"startsAt")"),
       "/alerts/0/labels/c~1d: expected a string, got a number"},
      {replaced(small, R"("startsAt")", R"("annotations":[],"startsAt")"),
       "/alerts/0/annotations: expected an object, got an array"},
      {"", "the document itself: not JSON: expected a value, but the text ends at offset 0"},
      {"[]", "the document itself: expected an object, got an array"},
      {small + "{}",
       "the document itself: not JSON: expected nothing after the value, got `{` at offset 114"},
      {"alerts=1", "the document itself: not JSON: expected a value, got `a` at offset 0"},
  };
  for (const auto& [body, expected] : table) {
    const auto webhook = parse_webhook(body);
    BOOST_REQUIRE_MESSAGE(!webhook.ok(), body);
    const auto& message = webhook.error().message;
    BOOST_TEST((webhook.error().error_class == ErrorClass::invalid_input));
    BOOST_TEST(message.substr(0, message.find(". An Alertmanager")) ==
               "the webhook cannot be read: " + expected);
    BOOST_TEST(message.find(R"(version 4 looks like {"version":"4")") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_body_holds_as_many_alerts_as_the_limit_and_no_more) {
  const auto body_of = [](std::size_t count) {
    const std::string one =
        R"({"status":"firing","startsAt":"2026-11-20T18:46:51Z","fingerprint":"f"})";
    std::string alerts = one;
    while (--count > 0) alerts += "," + one;
    return R"({"version":"4","groupKey":"g","alerts":[)" + alerts + "]}";
  };
  BOOST_TEST(parsed(body_of(limits::alerts_per_webhook_max)).alerts.size() ==
             limits::alerts_per_webhook_max);
  const auto refused = parse_webhook(body_of(limits::alerts_per_webhook_max + 1));
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message.find(
                 "/alerts/1000: more than 1000 alerts; set `max_alerts`") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
