// A checker that cannot fail proves nothing: each rule of the protocol is broken in turn, and some
// seed has to show it.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>

#include "runtime/simulation/simulation.hpp"
#include "tests/simulation/plan_generator.hpp"

using namespace troupe;
using namespace troupe::simulation;

namespace {

constexpr std::uint64_t tries = 1'000;

} // namespace

namespace troupe {
std::ostream& operator<<(std::ostream& out, const NamedRule& rule) { return out << rule.name; }
} // namespace troupe

BOOST_AUTO_TEST_SUITE(rules_)

BOOST_DATA_TEST_CASE(a_broken_rule_shows, named_rules, broken) {
  for (std::uint64_t seed = 1; seed <= tries; ++seed) {
    auto scenario = generate_scenario(seed);
    scenario.rules.*broken.kept = false;
    const auto outcome = simulate(scenario, seed);
    if (!outcome.failed) continue;
    BOOST_TEST_MESSAGE(broken.name << ": seed " << seed << " violates " << outcome.property);
    BOOST_TEST(outcome.failed);
    return;
  }
  BOOST_TEST(false, "no seed up to " << tries << " noticed");
}

BOOST_AUTO_TEST_SUITE_END()
