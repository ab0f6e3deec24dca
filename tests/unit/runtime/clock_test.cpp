#include <boost/test/unit_test.hpp>

#include "runtime/clock.hpp"

using namespace troupe;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(clock_)

BOOST_AUTO_TEST_CASE(an_instant_is_written_as_iso8601_and_read_back) {
  const auto at = parse_iso8601("2026-11-20T18:46:51.123Z");
  BOOST_REQUIRE(at.has_value());
  BOOST_TEST(to_iso8601(*at) == "2026-11-20T18:46:51.123Z");
}

BOOST_AUTO_TEST_CASE(every_form_of_rfc3339_is_read) {
  const std::pair<const char*, const char*> table[] = {
      {"2026-11-20T18:46:51Z", "2026-11-20T18:46:51.000Z"},
      {"2026-11-20T18:46:51.123456789Z", "2026-11-20T18:46:51.123Z"},
      {"2026-11-20T20:46:51+02:00", "2026-11-20T18:46:51.000Z"},
      {"2026-11-20T13:16:51.5-05:30", "2026-11-20T18:46:51.500Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
  };
  for (auto [text, expected] : table) {
    const auto at = parse_iso8601(text);
    BOOST_REQUIRE_MESSAGE(at.has_value(), text);
    BOOST_TEST(to_iso8601(*at) == expected);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_rfc3339_is_refused) {
  for (auto text : {"", "2026-11-20", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                    "2026-11-20T18:46:51", "2026-11-20T18:46:51.Z", "2026-11-20T18:46:51Zx"})
    BOOST_TEST(!parse_iso8601(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(durations_are_sums_of_terms) {
  const std::pair<const char*, Millis> table[] = {{"250ms", 250ms}, {"1s", 1s},
                                                  {"1.5s", 1500ms}, {"10m", 10min},
                                                  {"1h30m", 90min}, {"2d", 48h}};
  for (auto [text, expected] : table) {
    BOOST_REQUIRE_MESSAGE(parse_duration(text).has_value(), text);
    BOOST_TEST((*parse_duration(text) == expected), text);
  }
  for (auto text : {"", "5", "s", "-1s", "1.s", ".5s", "0s", "1y", "1 s", "999999d"})
    BOOST_TEST(!parse_duration(text).has_value(), text);
  for (auto text : {"250ms", "1h30m", "2d", "1m5s"})
    BOOST_TEST(format_duration(*parse_duration(text)) == text);
}

BOOST_AUTO_TEST_SUITE_END()
