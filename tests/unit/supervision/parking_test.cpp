#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "runtime/supervision/parking.hpp"

using namespace troupe;
using namespace troupe::supervision;
using namespace std::chrono_literals;

namespace {

const Instant t0{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};

} // namespace

BOOST_AUTO_TEST_SUITE(parking)

BOOST_AUTO_TEST_CASE(a_wait_is_parked_from_a_certain_length_on) {
  const std::pair<std::optional<Instant>, bool> table[] = {
      {std::nullopt, true},
      {t0 + 24h, true},
      {t0 + limits::park_least, true},
      {t0 + limits::park_least - 1ms, false},
      {t0, false},
      {t0 - 1h, false},
  };
  for (const auto& [until, parked] : table) BOOST_TEST(worth_parking(until, t0) == parked);
}

BOOST_AUTO_TEST_CASE(the_timer_is_armed_for_the_earliest_time_and_only_once) {
  WakeTimer timer;
  BOOST_TEST((timer.expect(t0 + 10s) == t0 + 10s));
  BOOST_TEST(!timer.expect(t0 + 10s).has_value());
  BOOST_TEST(!timer.expect(t0 + 20s).has_value());
  BOOST_TEST((timer.expect(t0 + 5s) == t0 + 5s));
  BOOST_TEST(!timer.ring(t0 + 5s - 1ms));
  BOOST_TEST(timer.ring(t0 + 5s));
  timer.claimed(t0 + 5s);
  BOOST_TEST(!timer.ring(t0 + 10s)); // the first timer: its time has to be expected again
  BOOST_TEST((timer.expect(t0 + 10s) == t0 + 10s));
}

BOOST_AUTO_TEST_CASE(runs_that_are_due_one_after_the_other_are_claimed_together) {
  WakeTimer timer;
  timer.claimed(t0);
  for (const auto overdue : {t0 - 1h, t0, t0 + 1ms}) {
    BOOST_TEST((timer.expect(overdue) == t0 + limits::wake_interval));
    timer.claimed(t0);
  }
  BOOST_TEST((timer.expect(t0 + 2s) == t0 + 2s));
}

BOOST_AUTO_TEST_CASE(a_thousand_due_runs_a_second_cost_a_bounded_number_of_claims) {
  WakeTimer timer;
  int claims = 0;
  std::optional<Instant> armed = timer.expect(t0);
  Millis latest{0};
  for (int due = 0; due < 10'000; ++claims) { // one each millisecond
    const auto now = *armed;
    BOOST_REQUIRE(timer.ring(now));
    timer.claimed(now);
    for (; t0 + Millis{due} <= now; ++due) latest = std::max(latest, now - (t0 + Millis{due}));
    armed = timer.expect(t0 + Millis{due});
    BOOST_REQUIRE(armed.has_value());
  }
  BOOST_TEST(claims <= 10s / limits::wake_interval + 1);
  BOOST_TEST((latest <= limits::wake_interval));
}

BOOST_AUTO_TEST_CASE(a_clock_that_was_set_back_does_not_silence_the_timer) {
  WakeTimer timer;
  BOOST_TEST((timer.expect(t0 + 10s) == t0 + 10s));
  timer.claimed(t0 - 1h); // by a sweep
  BOOST_TEST((timer.expect(t0 + 10s) == t0 + 10s));
}

BOOST_AUTO_TEST_SUITE_END()
