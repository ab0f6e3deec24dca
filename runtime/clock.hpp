// Time. The core never reads a clock: `now` comes in as an argument. Shells read one through this
// port.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace troupe {

using Millis = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Millis>; // UTC, to the millisecond

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

/// The operating system's clock. Thread-safe.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

/// "2026-11-20T18:46:51.123Z"
std::string to_iso8601(Instant at);

/// RFC 3339 with any offset and any number of fractional digits (finer than a millisecond is cut
/// off). Nothing if `text` is not that.
std::optional<Instant> parse_iso8601(std::string_view text);

/// "250ms", "1.5s", "10m", "1h30m", "2d". Nothing if `text` is not a positive sum of such terms.
std::optional<Millis> parse_duration(std::string_view text);

/// The shortest form that parse_duration reads back: "1h30m", "250ms".
std::string format_duration(Millis duration);

} // namespace troupe
