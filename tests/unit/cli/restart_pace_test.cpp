#include "ops/cli/dev/restart_pace.hpp"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace troupe;
using dev::RestartPace;

namespace {
constexpr Millis quick{50}, healthy{60'000};
const dev::RestartPolicy policy{Millis{100}, Millis{1'000}, Millis{10'000}, 6};
} // namespace

BOOST_AUTO_TEST_CASE(quick_crashes_are_restarted_ever_later_up_to_a_bound_and_then_given_up) {
  RestartPace pace{policy};
  for (int expected : {100, 200, 400, 800, 1'000, 1'000})
    BOOST_TEST((pace.on_exit(quick) == Millis{expected}));
  BOOST_TEST(!pace.on_exit(quick).has_value());
}

BOOST_AUTO_TEST_CASE(a_long_life_forgives_the_crashes_before_it) {
  RestartPace pace{policy};
  for (int i = 0; i < 6; ++i) BOOST_TEST(pace.on_exit(quick).has_value());
  BOOST_TEST((pace.on_exit(healthy) == Millis{100}));
  BOOST_TEST((pace.on_exit(quick) == Millis{200}));
}
