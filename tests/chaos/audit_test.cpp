// The audit finds each thing that it is there to find, and nothing where all is well.
#include <boost/test/unit_test.hpp>

#include "runtime/supervision/event.hpp"
#include "tests/chaos/audit.hpp"

using namespace troupe;
using namespace troupe::chaos;
using namespace troupe::supervision;

namespace {

constexpr Instant start{Millis{1'000'000}};

/// One run, whose one step makes one call.
struct World {
  SeededEntropy entropy{3};
  RunId id = entropy.make_id<RunId>(start);
  RunRecord run{to_string(id), "plan", "completed", "completed", {}};
  std::vector<LedgerLine> ledger;
  std::vector<Struck> struck;
  Instant now = start;
  std::string step = "pay";
  std::string effect = "once";
  std::uint32_t iteration = 0;
  AttemptNumber attempt = 0;
  NonceId nonce;

  message::ActivityKey key() const { return {false, "ledger." + effect, 0}; }
  void say(const Event& event) { run.journal.push_back({now, encode({event})}); }

  void adopt() { say(RunAdopted{1, "owner", entropy.make_id<IncarnationId>(now)}); }
  void assign(const std::string& node = "agent") {
    say(AttemptAssigned{step, iteration, ++attempt, node, entropy.make_id<IncarnationId>(now),
                        JsonText{"{}"}, 0, false});
  }
  void reserve() {
    nonce = entropy.make_id<NonceId>(now);
    say(supervision::ActivityReserved{step, attempt, key(), "d", JsonText{"{}"}, effect, "write",
                                      nonce, entropy.make_id<IncarnationId>(now)});
  }
  void act() {
    ledger.push_back({key().tool, "entry", ledger_key(run.id, step, iteration, key()), now});
  }
  void settle() {
    say(supervision::ActivitySettled{step, key(), nonce, {JsonText{"{}"}, std::nullopt}, 1});
  }
  void unknown() { say(ActivityUnknown{step, key()}); }
  void resolve(bool happened) {
    say(ActivityResolved{step, key(), happened, {JsonText{"{}"}, std::nullopt}, "ann"});
  }
  void complete() { say(StepCompleted{step, attempt, JsonText{"{}"}}); }
  void all() {
    assign();
    reserve();
    act();
    settle();
    complete();
  }
  void kill(Node node, std::vector<std::string> owned = {}) {
    struck.push_back({{Kind::kill_node, node, {}, {}, {}, false}, now, now, std::move(owned)});
  }
  Findings found() const { return audit({run}, ledger, struck); }
};

/// The one fault that is found.
std::string only_fault(const World& world) {
  const auto faults = world.found().faults;
  return faults.size() == 1 ? faults[0] : std::to_string(faults.size()) + " faults";
}

bool says(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(chaos_audit)

BOOST_AUTO_TEST_CASE(a_run_in_order_has_no_fault) {
  World world;
  world.adopt();
  world.all();
  const auto found = world.found();
  BOOST_TEST(found.faults == std::vector<std::string>{}, boost::test_tools::per_element());
  BOOST_TEST(found.finished == 1u);
  BOOST_TEST(found.steps_completed == 1u);
  BOOST_TEST(found.effects == 1u);
}

BOOST_AUTO_TEST_CASE(an_effect_twice_is_found_unless_it_may_be) {
  const std::pair<const char*, unsigned> table[] = {{"once", 1}, {"keyed", 1}, {"idempotent", 0}};
  for (const auto& [effect, repeated] : table) BOOST_TEST_CONTEXT(effect) {
      World world;
      world.effect = effect;
      world.all();
      world.act();
      BOOST_TEST(world.found().effects_repeated == repeated);
      BOOST_TEST(world.found().faults.size() == repeated);
    }
}

BOOST_AUTO_TEST_CASE(a_step_twice_in_one_iteration_is_found_and_in_the_next_one_is_none) {
  World twice;
  twice.all();
  twice.complete();
  BOOST_TEST(twice.found().steps_repeated == 1u);
  BOOST_TEST(says(only_fault(twice), "completes pay twice"));

  World again;
  again.all();
  again.assign();
  BOOST_TEST(says(only_fault(again), "runs pay again"));

  World next;
  next.all();
  ++next.iteration;
  next.all();
  BOOST_TEST(next.found().faults.empty());
  BOOST_TEST(next.found().effects == 2u);
}

BOOST_AUTO_TEST_CASE(what_the_journal_and_the_ledger_tell_differently_is_found) {
  const auto with = [](auto... what) {
    World world;
    world.assign();
    world.reserve();
    (what(world), ...);
    return only_fault(world);
  };
  const auto act = [](World& w) { w.act(); };
  const auto settle = [](World& w) { w.settle(); };
  const auto unknown = [](World& w) { w.unknown(); };
  const auto yes = [](World& w) { w.resolve(true); };
  const auto no = [](World& w) { w.resolve(false); };
  BOOST_TEST(says(with(settle), "happened; it did not"));
  BOOST_TEST(says(with(act), "says nothing of it"));
  BOOST_TEST(says(with(act, unknown), "without a word"));
  BOOST_TEST(says(with(act, unknown, no), "did not happen; it did"));
  BOOST_TEST(with(act, unknown, yes) == "0 faults");
  BOOST_TEST(with(unknown, no) == "0 faults");
  BOOST_TEST(with() == "0 faults"); // granted, and lost before it acted

  World stranger;
  stranger.all();
  stranger.ledger.push_back({"ledger.once", "who", "another key", start});
  BOOST_TEST(says(only_fault(stranger), "which no run was granted"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_there_never_ends_or_ends_otherwise_is_found) {
  const std::pair<const char*, const char*> table[] = {
      {"", "is not there"}, {"running", "never ended"}, {"failed", "ended failed"}};
  for (const auto& [state, words] : table) {
    World world;
    world.all();
    world.run.state = state;
    BOOST_TEST(says(only_fault(world), words), state);
    BOOST_TEST(world.found().lost == (std::string{state} == "failed" ? 0u : 1u));
  }
}

BOOST_AUTO_TEST_CASE(recoveries_are_measured_from_the_kill) {
  World world;
  world.adopt();
  world.assign("agent");
  world.now += Millis{10'000};
  world.kill(Node::agent);
  world.now += Millis{1'300};
  world.say(AttemptLost{world.step, world.attempt, "agent"});
  world.assign("both");
  world.now += Millis{10'000};
  world.kill(Node::owner, {world.run.id});
  world.now += Millis{4'000};
  world.adopt();
  world.complete();
  BOOST_TEST((world.found().agent_recoveries == std::vector{Millis{1'300}}));
  BOOST_TEST((world.found().owner_recoveries == std::vector{Millis{4'000}}));

  // A fault in between makes the measurement worth nothing.
  world.struck.push_back({{Kind::kill_bus, {}, {}, {}, {}, false},
                          world.now - Millis{3'000},
                          world.now - Millis{2'000},
                          {}});
  BOOST_TEST(world.found().owner_recoveries.empty());
  BOOST_TEST(world.found().disturbed_recoveries.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_ended_before_the_kill_or_by_itself_recovers_from_nothing) {
  World world;
  world.all();
  world.now += Millis{1'000};
  world.kill(Node::agent);
  BOOST_TEST(world.found().agent_recoveries.empty());
}

BOOST_AUTO_TEST_CASE(p99_is_the_least_value_that_ninety_nine_of_a_hundred_do_not_exceed) {
  BOOST_TEST(!p99({}));
  BOOST_TEST(p99({Millis{7}})->count() == 7);
  std::vector<Millis> hundred, two_hundred;
  for (int i = 100; i >= 1; --i) hundred.push_back(Millis{i});
  for (int i = 1; i <= 200; ++i) two_hundred.push_back(Millis{i});
  BOOST_TEST(p99(hundred)->count() == 99);
  BOOST_TEST(p99(two_hundred)->count() == 198);
}

BOOST_AUTO_TEST_CASE(a_seed_decides_every_fault) {
  const auto one = plan_faults(50, 7), same = plan_faults(50, 7), other = plan_faults(50, 8);
  BOOST_TEST(one.size() == 70u); // with a pause and a cut for every five kills
  bool equal = true, differs = false;
  for (std::size_t i = 0; i < one.size(); ++i) {
    equal &= one[i].kind == same[i].kind && one[i].lasts == same[i].lasts;
    differs |= one[i].kind != other[i].kind || one[i].lasts != other[i].lasts;
    BOOST_TEST((one[i].kind != Kind::pause_node || one[i].lasts <= pause_max));
  }
  BOOST_TEST(equal);
  BOOST_TEST(differs);
  BOOST_TEST(
      std::count_if(one.begin(), one.end(), [](const Fault& f) { return is_kill(f.kind); }) == 50);
}

BOOST_AUTO_TEST_SUITE_END()
