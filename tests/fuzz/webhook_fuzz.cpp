// A body as Alertmanager's webhook. What is kept of one that is accepted is accepted again, as the
// same alerts: a body is read twice, by the intake and by the run.
#include <cstddef>
#include <cstdint>

#include "runtime/intake/alert.hpp"
#include "tests/fuzz/must.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto normal = intake::normalise_time(text);
  fuzz::must(normal.empty() || intake::normalise_time(normal) == normal,
             "one instant has one spelling");
  const auto webhook = intake::parse_webhook(text);
  fuzz::must(webhook.ok() || !webhook.error().message.empty(), "a refusal says why");
  if (!webhook) return 0;
  fuzz::must(!webhook->alerts.empty(), "a body holds an alert");
  const auto again = intake::parse_webhook(webhook->body.text);
  fuzz::must(again.ok() && again->alerts.size() == webhook->alerts.size(), "it is read again");
  for (std::size_t i = 0; i < webhook->alerts.size(); ++i) {
    const auto &one = webhook->alerts[i], &other = again->alerts[i];
    fuzz::must(one.starts_at_utc == other.starts_at_utc && one.fingerprint == other.fingerprint &&
                   one.labels == other.labels,
               "as the same alerts");
  }
  return 0;
}
