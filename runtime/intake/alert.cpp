#include "runtime/intake/alert.hpp"

#include <algorithm>

#include "runtime/clock.hpp"
#include "runtime/limits.hpp"
#include "runtime/message/json_reader.hpp"

namespace troupe::intake {
namespace {

using message::JsonReader;

constexpr std::string_view example =
    R"(An Alertmanager webhook body of version 4 looks like {"version":"4","groupKey":"..",)"
    R"("receiver":"..","commonLabels":{"alertname":".."},"alerts":[{"status":"firing",)"
    R"("labels":{"alertname":".."},"annotations":{},"startsAt":"2026-11-20T18:46:51Z",)"
    R"("endsAt":"0001-01-01T00:00:00Z","fingerprint":"<16 hex digits>"}]}; if the receiver has a )"
    R"(`payload` of its own, remove it)";

bool fail_at(JsonReader& in, std::string_view key, std::string text) {
  in.fail(std::move(text));
  return in.within(key);
}

bool read_labels(JsonReader& in, Labels& labels) {
  labels.clear();
  return in.read_object(
      [&](std::string_view name) { return in.read_string(labels[std::string{name}]); });
}

bool read_alert(JsonReader& in, Alert& alert) {
  const auto begin = in.position();
  std::string_view raw;
  if (!in.read_raw(raw)) return false;
  alert.body = JsonText{std::string{raw}};
  in.seek(begin);
  const bool well = in.read_object([&](std::string_view key) {
    if (key == "status") return in.read_string(alert.status);
    if (key == "labels") return read_labels(in, alert.labels);
    if (key == "annotations") return read_labels(in, alert.annotations);
    if (key == "startsAt") return in.read_string(alert.starts_at);
    if (key == "endsAt") return in.read_string(alert.ends_at);
    if (key == "generatorURL") return in.read_string(alert.generator_url);
    if (key == "fingerprint") return in.read_string(alert.fingerprint);
    return in.skip_value();
  });
  if (!well) return false;
  if (alert.status != "firing" && alert.status != "resolved")
    return fail_at(in, "status", R"(expected "firing" or "resolved")");
  if (alert.fingerprint.empty())
    return fail_at(in, "fingerprint", "missing; expected what tells this alert from others");
  alert.starts_at_utc = normalise_time(alert.starts_at);
  if (alert.starts_at_utc.empty()) return fail_at(in, "startsAt", "expected a time as in RFC 3339");
  return true;
}

bool read_alerts(JsonReader& in, std::vector<Alert>& alerts) {
  alerts.clear();
  return in.read_array([&] {
    if (alerts.size() == limits::alerts_per_webhook_max)
      return in.fail("more than " + std::to_string(limits::alerts_per_webhook_max) +
                     " alerts; set `max_alerts` of the receiver to that");
    return read_alert(in, alerts.emplace_back());
  });
}

bool read_webhook(JsonReader& in, Webhook& webhook) {
  std::string version;
  std::string_view raw;
  if (!in.read_raw(raw) || !in.at_end()) return false;
  webhook.body = JsonText{std::string{raw}};
  in.seek(0);
  const bool well = in.read_object([&](std::string_view key) {
    if (key == "version") return in.read_string(version);
    if (key == "receiver") return in.read_string(webhook.receiver);
    if (key == "groupKey") return in.read_string(webhook.group_key);
    if (key == "groupLabels") return read_labels(in, webhook.group_labels);
    if (key == "commonLabels") return read_labels(in, webhook.common_labels);
    if (key == "commonAnnotations") return read_labels(in, webhook.common_annotations);
    if (key == "externalURL") return in.read_string(webhook.external_url);
    if (key == "truncatedAlerts") return in.read_unsigned(webhook.truncated, UINT32_MAX);
    if (key == "alerts") return read_alerts(in, webhook.alerts);
    return in.skip_value();
  });
  if (!well) return false;
  if (version.empty()) return fail_at(in, "version", R"(missing; expected "4")");
  if (version != "4")
    return fail_at(in, "version", R"(expected "4", got ")" + version.substr(0, 20) + '"');
  if (webhook.group_key.empty())
    return fail_at(in, "groupKey", "missing; expected what tells this group from others");
  if (webhook.alerts.empty()) return fail_at(in, "alerts", "expected at least one alert");
  webhook.status = webhook.first_firing() != nullptr ? "firing" : "resolved";
  return true;
}

} // namespace

const Alert* Webhook::first_firing() const {
  const auto found =
      std::find_if(alerts.begin(), alerts.end(), [](const Alert& a) { return a.firing(); });
  return found == alerts.end() ? nullptr : &*found;
}

Result<Webhook> parse_webhook(std::string_view body) {
  JsonReader in{body};
  Webhook webhook;
  if (read_webhook(in, webhook)) return webhook;
  return make_error(ErrorClass::invalid_input,
                    "the webhook cannot be read: " + in.error() + ". " + std::string{example});
}

std::string normalise_time(std::string_view text) {
  const auto at = parse_iso8601(text);
  if (!at) return {};
  // Alertmanager's times have nanoseconds, Instant has not: the fraction is taken from the text.
  std::string fraction;
  if (const auto dot = text.find('.'); dot != std::string_view::npos) {
    fraction = text.substr(dot + 1, text.find_first_not_of("0123456789", dot + 1) - dot - 1);
    if (fraction.size() > 9) fraction.resize(9);
    fraction.erase(fraction.find_last_not_of('0') + 1);
  }
  auto utc = to_iso8601(*at);
  utc.erase(utc.find('.'));
  return utc + (fraction.empty() ? "" : '.' + fraction) + 'Z';
}

} // namespace troupe::intake
