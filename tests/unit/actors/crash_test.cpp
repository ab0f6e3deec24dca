// Every kind of actor, killed by exception and by exit in the middle of a run: its supervisor
// notices, the run ends well, and no effect is repeated. ARCHITECTURE.md has the table.
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "actors/protocol.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;

namespace {

const char* const held_plan =
    "{plan: p, steps: [{id: before, tool: ledger.write, with: {entry: before}}, {id: group, "
    "parallel: [{id: hold, tool: "
    "ledger.hold, with: {entry: hold}}, {id: beside, tool: ledger.write, with: {entry: beside}}]}, "
    "{id: after, tool: ledger.write, with: {entry: after}}]}";

const std::string kinds[] = {"journal_writer", "bus_bridge",   "dispatcher",  "membership",
                             "orchestrator",   "intake",       "agent_host",  "tool_server:*",
                             "run:*",          "step:*/group", "step:*/hold", "agent:*",
                             "upkeep",         "scheduler",    "feed"};

enum class Death { exception, exit };
std::ostream& operator<<(std::ostream& out, Death death) {
  return out << (death == Death::exception ? "exception" : "exit");
}
const Death deaths[] = {Death::exception, Death::exit};

std::string part_for(const std::string& kind, RunId run) {
  if (kind == "step:*/group") return "step:" + to_string(run) + "/group";
  if (kind == "step:*/hold") return "step:" + to_string(run) + "/group/hold";
  return kind;
}

void kill(const caf::actor& actor, Death death) {
  if (death == Death::exception)
    caf::anon_send(actor, InjectFault{});
  else
    caf::anon_send_exit(actor, caf::exit_reason::kill);
}

} // namespace

BOOST_AUTO_TEST_SUITE(crash)

BOOST_DATA_TEST_CASE(the_run_ends_well_and_no_effect_is_repeated,
                     boost::unit_test::data::make(kinds) * boost::unit_test::data::make(deaths),
                     kind, death) {
  Cluster cluster;
  const auto run = cluster.submit(held_plan);
  BOOST_REQUIRE(support::eventually(
      [&] { return cluster.ledger->holding() && cluster.ledger->count("beside") == 1; }));
  const auto victim = cluster.find(part_for(kind, run));
  BOOST_REQUIRE_MESSAGE(victim, kind);
  kill(victim, death);
  // The supervisor has noticed when somebody else plays the part, or nobody any more.
  BOOST_REQUIRE(support::eventually([&] { return cluster.find(part_for(kind, run)) != victim; }));
  cluster.ledger->release();
  BOOST_REQUIRE_MESSAGE(cluster.finishes(run, std::chrono::seconds{40}), cluster.view(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::completed), cluster.view(run));
  for (const auto* entry : {"before", "hold", "beside", "after"})
    BOOST_TEST(cluster.ledger->count(entry) == 1, entry);
  BOOST_TEST(!cluster.orchestrator->failed);
  BOOST_TEST(!cluster.agent->failed);
}

BOOST_AUTO_TEST_CASE(a_step_whose_actor_keeps_crashing_fails_with_internal) {
  Cluster cluster;
  const auto run = cluster.submit(held_plan);
  BOOST_REQUIRE(support::eventually([&] { return cluster.ledger->holding(); }));
  const auto part = part_for("step:*/hold", run);
  for (unsigned crash = 0; crash <= limits::crashes_per_minute_max; ++crash) {
    const auto victim = cluster.find(part);
    BOOST_REQUIRE(victim);
    kill(victim, Death::exception);
    BOOST_REQUIRE(support::eventually([&] { return cluster.find(part) != victim; }));
    if (crash < limits::crashes_per_minute_max)
      BOOST_REQUIRE(support::eventually([&] { return static_cast<bool>(cluster.find(part)); }));
  }
  cluster.ledger->release();
  BOOST_REQUIRE(cluster.finishes(run));
  BOOST_TEST((cluster.state(run) == ports::RunState::failed));
  BOOST_TEST(cluster.view(run).find("crashed more than 3 times within a minute") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_part_that_keeps_crashing_ends_the_node) {
  Cluster cluster;
  for (int crash = 0; crash < 20 && !cluster.orchestrator->failed; ++crash) {
    const auto victim = cluster.find("intake");
    if (!victim) break;
    kill(victim, Death::exception);
    support::eventually(
        [&] { return cluster.orchestrator->failed || cluster.find("intake") != victim; });
  }
  BOOST_TEST(cluster.orchestrator->failed);
}

BOOST_AUTO_TEST_SUITE_END()
