// When a schedule is due: a cron expression in a time zone, and what to do about times that were
// missed.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::intake {

struct CronFields;

/// Five fields: minute, hour, day of the month, month, day of the week (0 and 7 are Sunday). Each
/// is
/// `*`, a number, a name (jan, mon), a range 1-5, a step */15 or 8-18/2, or a list of those. As in
/// every cron, a day fits if it fits either of the two day fields where both are restricted.
/// Shorthands: @hourly @daily @weekly @monthly @yearly.
///
/// Where clocks are set forward, a time that the day lacks is due when the gap ends; where they are
/// set back, a time that comes twice is due the first time. A schedule whose hour is `*` knows no
/// such days: it goes by the hours that pass.
class Cron {
 public:
  /// `zone` as in the tz database: "Europe/Berlin", "UTC". invalid_input: names the field and what
  /// is wrong with it, a zone that is not known, or a day that never comes (30 February).
  static Result<Cron> parse(std::string_view expression, const std::string& zone);

  /// The first time it is due after `t`.
  Instant next_after(Instant t) const;
  /// Every time after `after`, up to and with `until`, in order.
  std::vector<Instant> between(Instant after, Instant until) const;
  /// A time as the clocks of the zone show it: "2026-11-20 09:00 CET".
  std::string local(Instant t) const;

 private:
  std::shared_ptr<const CronFields> fields_;
};

/// A time counts as missed once `grace` has passed.
enum class Missed : std::uint8_t {
  skip, // a time that was missed is let go
  once, // the last of them is made good
  all,  // each is, but of more than `most` only the last ones
};

struct CatchUp {
  Missed missed = Missed::once;
  Millis grace{60'000};
  std::size_t most = 100;
};

struct Due {
  std::vector<Instant> times; // for each of which a job is made, in order
  Instant next{};             // when to look again
};

/// What is due of `cron` at `now`, when everything until `seen` has been dealt with.
Due due_times(const Cron& cron, Instant seen, Instant now, const CatchUp& catch_up);

} // namespace troupe::intake
