// Pauses that others ask for, and breakers.
#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "runtime/placement/breaker.hpp"
#include "runtime/placement/dispatch_queue.hpp"

using namespace troupe;
using namespace troupe::placement;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(keyed_limits)

BOOST_AUTO_TEST_CASE(a_key_is_closed_for_as_long_as_the_other_side_asked) {
  KeyedLimits limits;
  limits.close("tool:x", 30s, 100s);
  BOOST_TEST((limits.left("tool:x", 110s) == Millis{20s}));
  BOOST_TEST(!limits.left("tool:y", 110s).has_value());
  limits.close("tool:x", 5s, 110s); // a shorter one changes nothing
  BOOST_TEST((limits.left("tool:x", 110s) == Millis{20s}));
  BOOST_TEST(!limits.left("tool:x", 130s).has_value());
  BOOST_TEST(limits.expire(130s));
  BOOST_TEST(!limits.expire(130s));
  limits.close("tool:x", 100h, 0s);
  BOOST_TEST((limits.left("tool:x", 0s) == Millis{limits::rate_limit_max}));
}

BOOST_AUTO_TEST_CASE(only_whoever_heard_of_it_tells_on_and_its_echo_prolongs_nothing) {
  KeyedLimits first, second;
  first.close("tool:x", 10s, 0s);
  const auto told = first.told(1s);
  BOOST_REQUIRE(told.closed.size() == 1u);
  BOOST_TEST(told.closed[0].for_ms == 9'000u);
  second.hear(told, 5s); // by another clock
  BOOST_TEST((second.left("tool:x", 5s) == Millis{9s}));
  BOOST_TEST(second.told(5s).closed.empty());
  first.hear(told, 1s + 200ms); // its own word comes back
  BOOST_TEST((first.left("tool:x", 1s) == Millis{9s}));
  BOOST_TEST(first.told(10s).closed.empty());
}

BOOST_AUTO_TEST_CASE(a_step_waits_for_a_closed_key_and_is_served_when_it_opens) {
  SeededEntropy entropy{3};
  DispatchQueue queue;
  message::NodeHeartbeat beat;
  beat.incarnation = entropy.make_id<IncarnationId>(Instant{});
  beat.modes = {"agent"};
  beat.roles = {"*"};
  beat.tools = {"x.get"};
  beat.slots = beat.free_slots = 8;
  queue.hear("n1", beat, 1s);
  queue.hear("n1", message::NodeLimited{{{"tool:x", 2'000}}}, 1s);
  const PlacementRequest wanted{entropy.make_id<RunId>(Instant{}), "s", "tool:x", {}};
  BOOST_TEST(!queue.place(wanted).has_value());
  BOOST_TEST(queue.why_nowhere(wanted).is_limit);
  BOOST_TEST(queue.why_nowhere(wanted).why ==
             "tool:x is asked to pause, for the whole cluster; 2s are left");
  BOOST_TEST(queue.place({wanted.run, "t", "other", {}}).has_value());
  for (Millis now = 1s; now < 3s; now += 250ms) {
    queue.sweep(now);
    queue.hear("n1", beat, now);
    BOOST_TEST(queue.serve().empty());
  }
  queue.sweep(3s);
  BOOST_TEST(queue.serve().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(breakers)

BOOST_AUTO_TEST_CASE(it_opens_after_so_many_failures_within_so_long) {
  const BreakerPolicy policy{.failures = 3, .within = 10s, .open_for = 5s};
  const struct {
    const char* name;
    std::vector<Millis> failures;
    bool open;
  } table[] = {
      {"too few", {0s, 1s}, false},
      {"enough", {0s, 1s, 2s}, true},
      {"too far apart", {0s, 6s, 12s}, false},
      {"the last three are near", {0s, 12s, 13s, 14s}, true},
  };
  for (const auto& [name, failures, open] : table) BOOST_TEST_CONTEXT(name) {
      Breaker breaker{policy};
      for (const auto at : failures) {
        BOOST_TEST(!breaker.refuse(at).has_value());
        breaker.ended(true, at);
      }
      BOOST_TEST((breaker.state() == Breaker::State::open) == open);
      BOOST_TEST(breaker.refuse(failures.back()).has_value() == open);
    }
}

BOOST_AUTO_TEST_CASE(a_call_that_goes_well_forgives_what_was_before) {
  Breaker breaker{{.failures = 2, .within = 10s, .open_for = 5s}};
  breaker.ended(true, 0s);
  breaker.ended(false, 1s);
  breaker.ended(true, 2s);
  BOOST_TEST((breaker.state() == Breaker::State::closed));
}

BOOST_AUTO_TEST_CASE(one_call_may_try_and_says_what_becomes_of_it) {
  for (const bool fails : {true, false}) BOOST_TEST_CONTEXT(fails) {
      Breaker breaker{{.failures = 1, .within = 10s, .open_for = 5s}};
      breaker.ended(true, 0s);
      BOOST_TEST((breaker.refuse(2s) == Millis{3s}));
      BOOST_TEST(!breaker.refuse(5s).has_value());
      BOOST_TEST((breaker.state() == Breaker::State::half_open));
      BOOST_TEST(breaker.refuse(6s).has_value()); // one alone
      breaker.ended(fails, 7s);
      BOOST_TEST(breaker.refuse(8s).has_value() == fails);
    }
}

BOOST_AUTO_TEST_CASE(a_call_that_tries_and_never_comes_back_holds_nobody_up) {
  Breaker breaker{{.failures = 1, .within = 10s, .open_for = 5s}};
  breaker.ended(true, 0s);
  BOOST_TEST(!breaker.refuse(5s).has_value());
  BOOST_TEST(!breaker.refuse(10s).has_value());
}

BOOST_AUTO_TEST_CASE(only_the_dependency_counts) {
  for (const auto error_class : all_error_classes) {
    const bool counts = error_class == ErrorClass::timeout ||
                        error_class == ErrorClass::tool_failed ||
                        error_class == ErrorClass::internal;
    BOOST_TEST(is_failure_of_dependency(error_class) == counts);
  }
}

BOOST_AUTO_TEST_SUITE_END()
