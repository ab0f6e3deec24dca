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

struct BrokenRule {
  const char* rule;
  bool Rules::*kept;
  friend std::ostream& operator<<(std::ostream& out, const BrokenRule& broken) {
    return out << broken.rule;
  }
};

const BrokenRule broken_rules[] = {
    {"append, then perform", &Rules::append_before_performing},
    {"every change of owner appends `adopted`", &Rules::adopt_on_takeover},
    {"questions before anything is dispatched again", &Rules::ask_before_dispatching_again},
    {"a settle is judged by its grant, not by an epoch", &Rules::settle_judged_by_grant},
    {"an inbox row is applied once", &Rules::inbox_row_applied_once},
    {"a grant expires", &Rules::grant_expires},
    {"a command of an old epoch is ignored", &Rules::command_of_old_epoch_ignored},
    {"silence counts without gaps", &Rules::silence_without_gaps},
    {"leases do not count by the date, nor over gaps", &Rules::lease_without_gaps},
    {"a once tool says so", &Rules::once_declared_as_once},
    {"the guard holds to the commit", &Rules::guard_holds_to_the_commit},
    {"a lost answer is read back", &Rules::lost_answer_read_back},
    {"no end past a waiting inbox", &Rules::no_end_past_a_waiting_inbox},
};

} // namespace

BOOST_AUTO_TEST_SUITE(rules_)

BOOST_DATA_TEST_CASE(a_broken_rule_shows, broken_rules, broken) {
  for (std::uint64_t seed = 1; seed <= tries; ++seed) {
    auto scenario = generate_scenario(seed);
    scenario.rules.*broken.kept = false;
    const auto outcome = simulate(scenario, seed);
    if (!outcome.failed) continue;
    BOOST_TEST_MESSAGE(broken.rule << ": seed " << seed << " violates " << outcome.property);
    BOOST_TEST(outcome.failed);
    return;
  }
  BOOST_TEST(false, "no seed up to " << tries << " noticed");
}

BOOST_AUTO_TEST_SUITE_END()
