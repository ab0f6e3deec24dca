#include "ops/cli/demo/crash_facts.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::demo;
namespace json = boost::json;

namespace {

/// Events of a run, a second apart.
struct Told {
  CrashWatch watch;
  Instant now{Millis{1'000'000}};

  void event(json::object fields) {
    now += Millis{1'000};
    fields["at"] = to_iso8601(now);
    watch.read(fields);
  }
  void assigned(const char* step, int attempt) {
    event({{"type", "attempt.assigned"}, {"step", step}, {"node", "n1"}, {"attempt", attempt}});
  }
  void completed(const char* step, int attempt) {
    event({{"type", "step.completed"}, {"step", step}, {"attempt", attempt}});
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(crash_facts)

BOOST_AUTO_TEST_CASE(each_step_is_a_boundary_once_however_often_it_is_given_to_a_node) {
  Told told;
  BOOST_TEST(!told.watch.next_boundary());
  told.assigned("one", 1);
  told.assigned("one", 2);
  told.assigned("two", 3);
  const auto one = told.watch.next_boundary();
  BOOST_REQUIRE(one);
  BOOST_TEST(one->step == "one");
  BOOST_TEST(one->node == "n1");
  BOOST_TEST(told.watch.next_boundary()->step == "two");
  BOOST_TEST(!told.watch.next_boundary());
  BOOST_TEST((told.watch.assigned_after(*one) == one->at + Millis{1'000}));
  BOOST_TEST(told.watch.attempts() == 3u);
  BOOST_TEST(!told.watch.has_completed(*one));
  told.completed("one", 1);
  BOOST_TEST(told.watch.has_completed(*one));
}

BOOST_AUTO_TEST_CASE(an_adoption_counts_as_recovery_only_after_the_kill) {
  Told told;
  told.event({{"type", "run.adopted"}});
  const auto killed = told.now;
  BOOST_TEST(!told.watch.adopted_after(killed));
  told.event({{"type", "run.adopted"}});
  BOOST_TEST((told.watch.adopted_after(killed) == told.now));
}

BOOST_AUTO_TEST_CASE(a_step_that_completes_twice_is_repeated_and_a_group_is_no_step) {
  Told told;
  told.completed("one", 1);
  told.completed("group", 0);
  BOOST_TEST(told.watch.completed() == 1u);
  BOOST_TEST(told.watch.repeated() == 0u);
  told.completed("one", 2);
  BOOST_TEST(told.watch.repeated() == 1u);
}

BOOST_AUTO_TEST_CASE(each_unknown_outcome_is_told_once) {
  Told told;
  told.event({{"type", "activity.unknown"}, {"step", "one"}, {"tool", "t.v"}});
  BOOST_TEST((told.watch.next_unknown() == std::pair<std::string, std::string>{"one", "t.v"}));
  BOOST_TEST(!told.watch.next_unknown());
  BOOST_TEST(told.watch.unknown() == 1u);
}

BOOST_AUTO_TEST_CASE(entries_are_counted_line_by_line) {
  const auto counted = count_entries("{\"entry\":\"a\"}\n{\"entry\":\"b\"}\n{\"entry\":\"a\"}\n");
  BOOST_TEST((counted == std::map<std::string, unsigned>{{"a", 2}, {"b", 1}}));
}

BOOST_AUTO_TEST_SUITE_END()
