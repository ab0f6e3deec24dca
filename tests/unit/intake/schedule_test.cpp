#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "runtime/intake/schedule.hpp"

using namespace troupe;
using namespace troupe::intake;
using namespace std::chrono_literals;

namespace {

Instant at(const std::string& text) { return parse_iso8601(text).value(); }

Cron cron(std::string_view expression, const std::string& zone = "UTC") {
  auto parsed = Cron::parse(expression, zone);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.error().message));
  return *std::move(parsed);
}

/// The next times after `from`, without their milliseconds.
std::string next(const Cron& cron, const std::string& from, int count) {
  std::string out;
  auto t = at(from);
  for (int i = 0; i < count; ++i) {
    t = cron.next_after(t);
    out += (out.empty() ? "" : " ") + to_iso8601(t).substr(0, 16) + 'Z';
  }
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(schedule)

BOOST_AUTO_TEST_CASE(an_expression_names_its_times) {
  struct Row {
    const char *expression, *from, *expected;
    int count = 3;
  };
  const Row table[] = {
      {"* * * * *", "2026-11-20T10:00:30Z", "2026-11-20T10:01Z 2026-11-20T10:02Z", 2},
      {"0 12 * * *", "2026-11-20T12:00:00Z", "2026-11-21T12:00Z 2026-11-22T12:00Z", 2},
      {"0 12 * * *", "2026-11-20T11:59:59Z", "2026-11-20T12:00Z", 1},
      {"*/20 8-9 * * *", "2026-11-20T08:40:00Z",
       "2026-11-20T09:00Z 2026-11-20T09:20Z 2026-11-20T09:40Z 2026-11-21T08:00Z", 4},
      {"0 8-18/5 * * *", "2026-11-20T00:00:00Z",
       "2026-11-20T08:00Z 2026-11-20T13:00Z 2026-11-20T18:00Z"},
      {"30 6 * * mon-fri", "2026-11-20T07:00:00Z", "2026-11-23T06:30Z 2026-11-24T06:30Z", 2},
      {"0 0 * * 7", "2026-11-20T00:00:00Z", "2026-11-22T00:00Z 2026-11-29T00:00Z", 2},
      {"0 0 13 * FRI", "2026-11-01T00:00:00Z", // either day
       "2026-11-06T00:00Z 2026-11-13T00:00Z 2026-11-20T00:00Z"},
      {"0 0 1,15 * *", "2026-11-20T00:00:00Z", "2026-12-01T00:00Z 2026-12-15T00:00Z", 2},
      {"0 0 31 * *", "2026-11-20T00:00:00Z",
       "2026-12-31T00:00Z 2027-01-31T00:00Z 2027-03-31T00:00Z"},
      {"0 0 29 feb *", "2026-11-20T00:00:00Z", "2028-02-29T00:00Z 2032-02-29T00:00Z", 2},
      {"@hourly", "2026-11-20T10:00:00Z", "2026-11-20T11:00Z", 1},
      {"@weekly", "2026-11-20T10:00:00Z", "2026-11-22T00:00Z", 1},
      {"@yearly", "2026-11-20T10:00:00Z", "2027-01-01T00:00Z", 1},
  };
  for (const auto& row : table)
    BOOST_TEST(next(cron(row.expression), row.from, row.count) == row.expected, row.expression);
}

BOOST_AUTO_TEST_CASE(a_time_goes_by_the_clocks_of_its_zone) {
  const auto berlin = cron("0 9 * * *", "Europe/Berlin");
  BOOST_TEST(next(berlin, "2026-03-27T12:00:00Z", 3) ==
             "2026-03-28T08:00Z 2026-03-29T07:00Z 2026-03-30T07:00Z"); // summer time begins
  BOOST_TEST(next(berlin, "2026-10-23T12:00:00Z", 3) ==
             "2026-10-24T07:00Z 2026-10-25T08:00Z 2026-10-26T08:00Z"); // and ends
  BOOST_TEST(next(cron("30 0 * * *", "Asia/Kolkata"), "2026-11-20T00:00:00Z", 1) ==
             "2026-11-20T19:00Z");
  BOOST_TEST(next(cron("0 0 1 * *", "Pacific/Auckland"), "2026-11-20T00:00:00Z", 1) ==
             "2026-11-30T11:00Z");
}

// 29 March 2026 in Berlin: 02:00 to 03:00 (01:00Z) does not exist.
BOOST_AUTO_TEST_CASE(a_time_that_a_day_lacks_is_due_when_the_gap_ends) {
  const auto from = "2026-03-28T12:00:00Z";
  BOOST_TEST(next(cron("30 2 * * *", "Europe/Berlin"), from, 2) ==
             "2026-03-29T01:00Z 2026-03-30T00:30Z");
  BOOST_TEST(next(cron("15,45 2 * * *", "Europe/Berlin"), from, 3) == // once, not twice
             "2026-03-29T01:00Z 2026-03-30T00:15Z 2026-03-30T00:45Z");
  BOOST_TEST(next(cron("0 3 * * *", "Europe/Berlin"), from, 2) ==
             "2026-03-29T01:00Z 2026-03-30T01:00Z");
  BOOST_TEST(next(cron("30 * * * *", "Europe/Berlin"), "2026-03-29T00:00:00Z", 3) ==
             "2026-03-29T00:30Z 2026-03-29T01:30Z 2026-03-29T02:30Z"); // every hour that passes
}

// 25 October 2026 in Berlin: 02:00 to 03:00 comes twice (00:00Z to 02:00Z).
BOOST_AUTO_TEST_CASE(a_time_that_comes_twice_is_due_the_first_time) {
  BOOST_TEST(next(cron("30 2 * * *", "Europe/Berlin"), "2026-10-24T12:00:00Z", 2) ==
             "2026-10-25T00:30Z 2026-10-26T01:30Z");
  BOOST_TEST(next(cron("30 2 * * *", "Europe/Berlin"), "2026-10-25T00:30:00Z", 1) ==
             "2026-10-26T01:30Z");
  BOOST_TEST(next(cron("30 * * * *", "Europe/Berlin"), "2026-10-24T23:45:00Z", 4) ==
             "2026-10-25T00:30Z 2026-10-25T01:30Z 2026-10-25T02:30Z 2026-10-25T03:30Z");
}

// In Azerbaijan's and Cuba's way: the clock goes back from midnight into the day before.
BOOST_AUTO_TEST_CASE(clocks_that_are_set_back_at_midnight_are_no_exception) {
  BOOST_TEST(next(cron("30 0 * * *", "America/Havana"), "2026-10-31T12:00:00Z", 2) ==
             "2026-11-01T04:30Z 2026-11-02T05:30Z");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_names_the_field) {
  const std::pair<const char*, const char*> table[] = {
      {"0 12 * *", "expected five fields"},
      {"0 12 * * * *", "expected five fields"},
      {"60 * * * *", "the minute `60` must be *, a number from 0 to 59"},
      {"* 24 * * *", "the hour `24` must be"},
      {"* * 0 * *", "the day of the month `0` must be"},
      {"* * * 13 *", "the month `13` must be"},
      {"* * * * 8", "the day of the week `8` must be"},
      {"* * * * mo", "the day of the week `mo` must be"},
      {"*/0 * * * *", "the minute `*/0` must be"},
      {"5/15 * * * *", "the minute `5/15` must be"},
      {"9-5 * * * *", "the minute `9-5` must be"},
      {"1,,2 * * * *", "the minute `` must be"},
      {"@reboot", "expected five fields"},
      {"0 0 30 2 *", "there is no such day"},
  };
  for (const auto& [expression, expected] : table) {
    const auto parsed = Cron::parse(expression, "UTC");
    BOOST_REQUIRE_MESSAGE(!parsed.ok(), expression);
    BOOST_TEST(parsed.error().message.find(expected) != std::string::npos, parsed.error().message);
  }
  const auto zone = Cron::parse("@daily", "Europe/Atlantis");
  BOOST_REQUIRE(!zone.ok());
  BOOST_TEST(zone.error().message.find("there is no time zone `Europe/Atlantis`") == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_missed_is_skipped_or_made_good) {
  const auto seen = at("2026-11-20T08:00:00Z");
  struct Row {
    const char* now;
    Missed missed;
    std::size_t times;
    const char* last;
  };
  const Row table[] = {
      {"2026-11-20T08:30:00Z", Missed::all, 0, ""},
      {"2026-11-20T09:00:00Z", Missed::skip, 1, "2026-11-20T09:00:00.000Z"},
      {"2026-11-20T09:00:20Z", Missed::skip, 1, "2026-11-20T09:00:00.000Z"}, // a little late
      {"2026-11-20T12:30:00Z", Missed::skip, 0, ""},
      {"2026-11-20T12:00:10Z", Missed::skip, 1, "2026-11-20T12:00:00.000Z"},
      {"2026-11-20T12:30:00Z", Missed::once, 1, "2026-11-20T12:00:00.000Z"},
      {"2026-11-20T12:30:00Z", Missed::all, 4, "2026-11-20T12:00:00.000Z"},
      {"2036-11-20T12:30:00Z", Missed::all, 100, "2036-11-20T12:00:00.000Z"},
      {"2036-11-20T12:30:00Z", Missed::once, 1, "2036-11-20T12:00:00.000Z"},
  };
  for (const auto& row : table) {
    BOOST_TEST_CONTEXT(row.now) {
      const auto due = due_times(cron("@hourly"), seen, at(row.now), CatchUp{row.missed});
      BOOST_REQUIRE(due.times.size() == row.times);
      BOOST_TEST((row.times == 0 ? "" : to_iso8601(due.times.back())) == row.last);
      BOOST_TEST(std::ranges::is_sorted(due.times));
      BOOST_TEST((due.next > at(row.now)));
      BOOST_TEST((due.next - at(row.now) <= 1h));
    }
  }
}

BOOST_AUTO_TEST_CASE(what_has_been_seen_is_not_due_again) {
  const auto daily = cron("@daily");
  const auto now = at("2026-11-20T00:00:05Z");
  const auto due = due_times(daily, at("2026-11-19T12:00:00Z"), now, {Missed::all});
  BOOST_REQUIRE(due.times.size() == 1u);
  BOOST_TEST(due_times(daily, due.times[0], now, {Missed::all}).times.empty());
  BOOST_TEST((due.next == at("2026-11-21T00:00:00Z")));
}

BOOST_AUTO_TEST_SUITE_END()
