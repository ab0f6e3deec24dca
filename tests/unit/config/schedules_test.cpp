// The `schedules` of a team's file.
#include <boost/test/unit_test.hpp>

#include "tests/unit/config/team_files.hpp"

using namespace troupe;
using namespace troupe::config;

namespace {

/// The good team with schedules behind it: they begin at line 15.
struct ScheduleFiles : Files {
  explicit ScheduleFiles(const std::string& schedules) {
    write("teams/t.yaml", std::string{good_team} + "schedules:\n" + schedules);
  }
};

constexpr const char* good =
    "  - id: nightly\n"
    "    cron: 0 3 * * mon-fri\n"
    "    zone: Europe/Berlin\n"
    "    plan: service-down\n"
    "    title: Every night\n"
    "    priority: low\n"
    "    missed: skip\n"
    "    grace: 10m\n"
    "    overlap: skip\n"
    "    labels: { kind: nightly, due: \"${{ schedule.due }}\" }\n"
    "    inputs: { service: \"${{ schedule.due }}\" }\n"
    "  - { id: hourly, cron: '@hourly', plan: service-down, inputs: { service: nginx } }\n";

} // namespace

BOOST_AUTO_TEST_SUITE(schedules_of_a_team)

BOOST_AUTO_TEST_CASE(a_schedule_says_when_what_and_what_becomes_of_times_that_are_missed) {
  const auto team = ScheduleFiles{good}.team();
  BOOST_REQUIRE(team.schedules.size() == 2u);
  const auto& nightly = team.schedules[0];
  BOOST_TEST(nightly.id == "nightly");
  BOOST_TEST(nightly.timing() == "0 3 * * mon-fri Europe/Berlin");
  BOOST_TEST(to_iso8601(nightly.cron.next_after(*parse_iso8601("2026-11-20T12:00:00Z"))) ==
             "2026-11-23T02:00:00.000Z");
  BOOST_TEST(nightly.title == "Every night");
  BOOST_TEST((nightly.priority == message::Priority::low));
  BOOST_TEST((nightly.catch_up.missed == intake::Missed::skip));
  BOOST_TEST((nightly.catch_up.grace == std::chrono::minutes{10}));
  BOOST_TEST(!nightly.overlap);
  BOOST_TEST(nightly.labels.at("due").value.text == R"("${{ schedule.due }}")");
  BOOST_TEST(nightly.inputs.value.text == R"({"service":"${{ schedule.due }}"})");
  const auto& hourly = team.schedules[1];
  BOOST_TEST(hourly.timing() == "@hourly UTC");
  BOOST_TEST((hourly.catch_up.missed == intake::Missed::once));
  BOOST_TEST(hourly.overlap);
  BOOST_TEST((hourly.priority == message::Priority::normal));
}

BOOST_AUTO_TEST_CASE(each_fault_is_named_with_its_place_and_the_remedy) {
  struct Case {
    std::string what, by, expected;
  };
  const Case table[] = {
      {"0 3 * * mon-fri", "0 25 * * *", "teams/t.yaml:17:11: `0 25 * * *`: the hour `25` must be"},
      {"0 3 * * mon-fri", "0 3 30 2 *", "teams/t.yaml:17:11: `0 3 30 2 *`: there is no such day"},
      {"0 3 * * mon-fri", "daily", "teams/t.yaml:17:11: `daily`: expected five fields"},
      {"    cron: 0 3 * * mon-fri\n", "",
       "teams/t.yaml:16:5: `cron` is missing from a schedule; say when: `cron: \"0 3 * * *\"` is "
       "every day at three\n"},
      {"Europe/Berlin", "Europe/Bonn",
       "teams/t.yaml:18:11: there is no time zone `Europe/Bonn`; expected a name such as"},
      {"plan: service-down\n    title", "plan: service-dwn\n    title",
       "teams/t.yaml:19:11: the team has no plan `service-dwn`; did you mean `service-down`?\n"},
      {"missed: skip", "missed: never",
       "teams/t.yaml:22:13: `missed` must be `skip`, `once` or `all`, not `never`"},
      {"overlap: skip", "overlap: queue",
       "teams/t.yaml:24:14: `overlap` must be `allow` or `skip`, not `queue`"},
      {"grace: 10m", "grace: soon", "teams/t.yaml:23:12: "},
      {"service: \"${{ schedule.due }}", "service: \"${{ alert.labels }}",
       "teams/t.yaml:26:24: `alert` is not known here; start from `schedule`: "},
      {"down, inputs: { service: nginx", "down, inputs: { servce: nginx",
       "teams/t.yaml:27:56: the plan asks for the input `service`; add it to `inputs`\n"},
      {"id: hourly", "id: nightly",
       "teams/t.yaml:27:11: there is another schedule `nightly`; give this one an id of its own\n"},
      {"kind: nightly", "a kind: nightly",
       "teams/t.yaml:25:15: the name of a label must be 1 to 64 letters"},
      {"kind: nightly", "kind: 7",
       "teams/t.yaml:25:21: the label `kind` must be text, not a number\n"},
      {"id: nightly", "id: a b", "teams/t.yaml:16:9: the id of a schedule must be letters"},
      {"    title: Every", "    tile: Every",
       "teams/t.yaml:20:5: unknown key `tile` in a schedule"},
  };
  for (const auto& [what, by, expected] : table) BOOST_TEST_CONTEXT(by) {
      ScheduleFiles files{good};
      files.replace("teams/t.yaml", what, by);
      const auto faults = files.faults();
      BOOST_TEST(faults.substr(0, expected.size()) == expected, faults);
    }
}

BOOST_AUTO_TEST_SUITE_END()
