// Stage 1 of 9: INTAKE -> plan -> supervise -> dispatch -> agent -> ...
// The body of an Alertmanager webhook (payload version 4, Alertmanager 0.25 to 0.34) as a struct.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/result.hpp"

namespace troupe::intake {

using Labels = std::map<std::string, std::string>;

struct Alert {
  std::string status; // firing | resolved
  Labels labels;
  Labels annotations;
  std::string starts_at;     // as sent
  std::string starts_at_utc; // the same instant, one spelling: what alerts are told apart by
  std::string ends_at;       // as sent; "0001-01-01T00:00:00Z" while firing; may be empty
  std::string generator_url;
  std::string fingerprint; // of the label set, the same at every resend
  JsonText body;           // the alert as sent

  bool firing() const { return status == "firing"; }
};

struct Webhook {
  std::string receiver;
  std::string status;    // firing if any of its alerts is; else resolved
  std::string group_key; // "{}:{alertname=\"ServiceDown\"}"
  Labels group_labels;
  Labels common_labels;
  Labels common_annotations;
  std::string external_url;
  std::uint64_t truncated = 0; // alerts of the group that `max_alerts` left out
  std::vector<Alert> alerts;   // at least one
  JsonText body;               // all of it, as sent

  /// Nothing if every alert is resolved.
  const Alert* first_firing() const;
};

/// Unknown keys are accepted, and those that do not tell an alert apart may be missing.
/// invalid_input: anything else; the text names the place as a JSON Pointer and shows what a body
/// of version 4 looks like, for it ends in Alertmanager's own log.
Result<Webhook> parse_webhook(std::string_view body);

/// "2026-11-20T18:46:51.5Z": any spelling of RFC 3339 in UTC, its fraction (nine digits at most)
/// without trailing zeros. Empty if `text` is none.
std::string normalise_time(std::string_view text);

} // namespace troupe::intake
