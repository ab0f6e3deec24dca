// Keyed limits with all that decides about them: the queues of several owners over one ledger,
// under virtual time.
#include <boost/test/unit_test.hpp>
#include <deque>
#include <map>
#include <random>
#include <set>

#include "runtime/permit_limits.hpp"
#include "runtime/placement/dispatch_queue.hpp"
#include "runtime/store/permit_ledger.hpp"

using namespace troupe;
using namespace troupe::placement;
using namespace std::chrono_literals;
using message::Priority;

namespace {

ports::Limit at_a_time(std::uint32_t most) { return {most, {}}; }

/// One owner: its queue, and the ask that is on its way.
struct Owner {
  explicit Owner(LimitRules rules) : queue{{}, std::move(rules)} {}
  DispatchQueue queue;
  IncarnationId id;
  std::optional<ports::PermitAsk> asked;
  std::vector<Placement> started;
  std::size_t asks = 0;
};

/// Owners that share a database, each with a view of one agent node of its own.
struct World {
  explicit World(std::vector<LimitRule> rules, std::size_t count = 2, std::uint32_t slots = 8) {
    for (std::size_t i = 0; i < count; ++i) {
      auto& owner = owners.emplace_back(LimitRules{rules});
      owner.id = entropy.make_id<IncarnationId>(Instant{now});
      beat(owner, slots);
    }
  }

  void beat(Owner& owner, std::uint32_t slots) {
    message::NodeHeartbeat heartbeat;
    heartbeat.incarnation = entropy.make_id<IncarnationId>(Instant{now});
    heartbeat.modes = {"agent"};
    heartbeat.roles = {"*"};
    heartbeat.slots = heartbeat.free_slots = slots;
    owner.queue.hear("n" + std::to_string(++beats), heartbeat, now);
  }

  /// A step asks for a node.
  void want(Owner& owner, const std::string& step, std::vector<std::string> keys,
            Priority priority = Priority::normal) {
    PlacementRequest wanted{run, step, "r", {}, priority};
    wanted.team = "t";
    wanted.limits = std::move(keys);
    if (auto placement = owner.queue.place(wanted)) owner.started.push_back(*placement);
  }

  void end(Owner& owner, const std::string& step) {
    const auto found = std::find_if(owner.started.begin(), owner.started.end(),
                                    [&](const auto& one) { return one.step == step; });
    BOOST_REQUIRE(found != owner.started.end());
    owner.queue.release(run, step);
    owner.queue.give_back(found->incarnation);
    owner.started.erase(found);
    serve(owner);
  }

  void serve(Owner& owner) {
    for (auto& offer : owner.queue.serve()) owner.started.push_back(std::move(offer.placement));
  }

  void send(Owner& owner) {
    if (const auto due = owner.queue.permits_due(); !due || *due > now) return;
    ++owner.asks;
    owner.asked = owner.queue.ask_permits(owner.id, now);
  }
  void answer(Owner& owner) {
    if (!owner.asked) return;
    const auto said = ledger.exchange(
        *std::exchange(owner.asked, {}), [&](IncarnationId id) { return !gone.contains(id); }, now);
    owner.queue.permits_answered(said, now);
    serve(owner);
  }

  void pass(Millis time) {
    for (const Millis until = now + time; now < until; now += 5ms)
      for (auto& owner : owners) {
        owner.queue.hear("x", message::NodeLimited{}, now); // so that it knows the time
        send(owner);
        answer(owner);
      }
  }

  std::vector<std::string> started(const Owner& owner) const {
    std::vector<std::string> steps;
    for (const auto& one : owner.started) steps.push_back(one.step);
    return steps;
  }

  SeededEntropy entropy{11};
  Millis now{1'000'000};
  RunId run = entropy.make_id<RunId>(Instant{now});
  store::PermitLedger ledger;
  std::set<IncarnationId> gone;
  std::deque<Owner> owners;
  int beats = 0;
};

using Steps = std::vector<std::string>;

} // namespace

BOOST_AUTO_TEST_SUITE(limited_queues)

BOOST_AUTO_TEST_CASE(without_a_rule_nothing_is_asked_and_nothing_waits) {
  World none{{}}, other{{{"host/*", at_a_time(1)}}};
  for (auto* world : {&none, &other}) {
    world->pass(10ms);
    const auto before = world->owners[0].asks; // with rules: what an earlier queue had goes back
    world->want(world->owners[0], "s", {"customer/acme"});
    BOOST_TEST(world->started(world->owners[0]) == Steps{"s"}, boost::test_tools::per_element());
    world->pass(2s);
    BOOST_TEST(world->owners[0].asks == before);
  }
  BOOST_TEST(none.owners[0].asks == 0u);
}

BOOST_AUTO_TEST_CASE(one_at_a_time_is_one_over_all_owners) {
  World world{{{"host/*", at_a_time(1)}}};
  auto& a = world.owners[0];
  auto& b = world.owners[1];
  world.want(a, "a1", {"host/x"});
  world.want(b, "b1", {"host/x"});
  world.want(b, "b2", {"host/y"}); // another value of `*`
  world.pass(300ms);
  BOOST_TEST(world.started(a) == Steps{"a1"}, boost::test_tools::per_element());
  BOOST_TEST(world.started(b) == Steps{"b2"}, boost::test_tools::per_element());
  BOOST_TEST(b.queue.why_nowhere({world.run, "b1", "r", {}, {}, "", "t", "", {"host/x"}}).why ==
             "limit host/x: 1 of 1 in use, 1 wait");
  world.end(a, "a1");
  world.pass(200ms);
  BOOST_TEST(world.started(b) == (Steps{"b2", "b1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(priority_and_then_age_decide_over_all_owners) {
  World world{{{"k", at_a_time(1)}}, 2};
  auto& a = world.owners[0];
  auto& b = world.owners[1];
  world.want(a, "first", {"k"});
  world.pass(50ms);
  world.want(a, "a-low", {"k"}, Priority::low);
  world.pass(50ms);
  world.want(a, "a-normal", {"k"});
  world.pass(50ms);
  world.want(b, "b-normal", {"k"});
  world.want(b, "b-high", {"k"}, Priority::high);
  world.pass(400ms);
  Steps order;
  Owner* holder = &a;
  for (std::string step = "first"; order.size() < 4;) {
    world.end(*holder, step);
    world.pass(300ms);
    holder = a.started.empty() ? &b : &a;
    BOOST_REQUIRE_EQUAL(a.started.size() + b.started.size(), 1u);
    order.push_back(step = holder->started.front().step);
  }
  BOOST_TEST(order == (Steps{"b-high", "a-normal", "b-normal", "a-low"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_permit_goes_to_the_next_here_at_once_if_nobody_else_waits) {
  World world{{{"k", at_a_time(1)}}};
  auto& a = world.owners[0];
  world.want(a, "one", {"k"});
  world.want(a, "two", {"k"});
  world.pass(10ms);
  const auto asks = a.asks;
  world.end(a, "one");
  BOOST_TEST(world.started(a) == Steps{"two"}, boost::test_tools::per_element());
  BOOST_TEST(a.asks == asks);
}

BOOST_AUTO_TEST_CASE(a_key_counts_under_each_prefix_that_has_a_rule) {
  World world{{{"customer", at_a_time(3)}, {"customer/*", at_a_time(2)}}, 1};
  auto& a = world.owners[0];
  for (const auto* step : {"a1", "a2", "a3"}) world.want(a, step, {"customer/acme/host/x"});
  for (const auto* step : {"b1", "b2"}) world.want(a, step, {"customer/brown"});
  world.pass(300ms);
  BOOST_TEST(world.started(a) == (Steps{"a1", "a2", "b1"}), boost::test_tools::per_element());
  world.end(a, "b1"); // who waits for acme holds back nobody else
  world.pass(300ms);
  BOOST_TEST(world.started(a) == (Steps{"a1", "a2", "b2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_keys_of_team_role_and_tool_need_no_word_in_the_plan) {
  for (const auto* key : {"team/t", "role/r", "role/*", "team"}) {
    World world{{{key, at_a_time(1)}}, 1};
    world.want(world.owners[0], "one", {});
    world.want(world.owners[0], "two", {});
    world.pass(300ms);
    BOOST_TEST(world.started(world.owners[0]) == Steps{"one"}, boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(only_what_can_start_takes_a_permit) {
  World world{{{"k", at_a_time(5)}}, 2, 2};
  auto& a = world.owners[0];
  auto& b = world.owners[1];
  for (const auto* step : {"a1", "a2", "a3", "a4"}) world.want(a, step, {"k"});
  world.pass(50ms);
  BOOST_TEST(a.started.size() == 2u); // slots
  for (const auto* step : {"b1", "b2", "b3"}) world.want(b, step, {"k"});
  world.beat(b, 8);
  world.pass(300ms);
  BOOST_TEST(b.started.size() == 3u);
}

BOOST_AUTO_TEST_CASE(a_slot_that_comes_free_is_used_soon) {
  World world{{{"host/*", at_a_time(1)}}, 1, 1};
  auto& a = world.owners[0];
  for (const auto* step : {"h1", "h2", "h3"}) world.want(a, step, {std::string{"host/"} + step});
  world.pass(50ms);
  BOOST_TEST(world.started(a) == Steps{"h1"}, boost::test_tools::per_element());
  world.end(a, "h1");
  world.pass(20ms);
  BOOST_TEST(world.started(a) == Steps{"h2"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(who_takes_a_run_over_counts_its_attempts_and_starts_none_until_there_is_room) {
  World world{{{"k", at_a_time(1)}}};
  auto& a = world.owners[0];
  auto& b = world.owners[1];
  world.want(b, "b1", {"k"});
  world.pass(50ms);
  PlacementRequest adopted{world.run, "of-a-third", "r", {}};
  adopted.limits = {"k"};
  a.queue.count(adopted);
  world.want(a, "a1", {"k"});
  world.pass(300ms);
  BOOST_TEST(a.started.empty());
  a.queue.release(world.run, "of-a-third"); // it ends; b's goes on
  world.serve(a);
  world.pass(300ms);
  BOOST_TEST(a.started.empty());
  world.end(b, "b1");
  world.pass(300ms);
  BOOST_TEST(world.started(a) == Steps{"a1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_attempt_that_ends_after_its_step_asked_anew_frees_one_permit) {
  World world{{{"k", at_a_time(1)}}, 1};
  auto& a = world.owners[0];
  world.want(a, "s", {"k"});
  world.pass(10ms);
  world.want(a, "s", {"k"}); // the next attempt is asked for before the end of this one is durable
  BOOST_TEST(a.started.size() == 1u);
  world.end(a, "s");
  BOOST_TEST(a.started.size() == 1u);
  world.want(a, "other", {"k"});
  world.pass(300ms);
  BOOST_TEST(world.started(a) == Steps{"s"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_a_lost_owner_had_comes_back) {
  World world{{{"k", at_a_time(1)}}};
  auto& a = world.owners[0];
  auto& b = world.owners[1];
  world.want(a, "a1", {"k"});
  world.pass(50ms);
  world.want(b, "b1", {"k"});
  world.gone.insert(a.id);
  world.pass(1s);
  BOOST_TEST(b.started.empty());
  world.pass(limits::permit_grace);
  BOOST_TEST(world.started(b) == Steps{"b1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_rate_spreads_starts_over_time) {
  World world{{{"api", {{}, ports::Rate{5, 1s}}}}, 2, 100};
  auto& a = world.owners[0];
  auto& b = world.owners[1];
  for (int i = 0; i < 20; ++i) {
    world.want(a, "a" + std::to_string(i), {"api"});
    world.want(b, "b" + std::to_string(i), {"api"});
  }
  world.pass(20ms);
  BOOST_TEST(a.started.size() + b.started.size() == 5u);
  BOOST_TEST(b.queue.why_nowhere({world.run, "b9", "r", {}, {}, "", "t", "", {"api"}})
                 .why.starts_with("limit api: no more than 5 in 1s, "));
  world.pass(2s);
  BOOST_TEST(a.started.size() + b.started.size() >= 14u);
  BOOST_TEST(a.started.size() + b.started.size() <= 16u);
}

BOOST_AUTO_TEST_CASE(a_key_that_nobody_uses_is_forgotten) {
  World world{{{"k", at_a_time(1)}}, 1};
  auto& a = world.owners[0];
  world.want(a, "s", {"k"});
  world.pass(50ms);
  world.end(a, "s");
  world.pass(1s);
  const auto asks = a.asks;
  world.pass(5s);
  BOOST_TEST(a.asks == asks);
  const auto rows = world.ledger.list([](IncarnationId) { return std::string{"a"}; }, world.now);
  BOOST_TEST(rows.empty());
}

BOOST_AUTO_TEST_CASE(whatever_happens_no_key_is_used_more_often_than_it_may_be) {
  const unsigned seed = std::random_device{}();
  BOOST_TEST_CONTEXT("seed " << seed) {
    std::mt19937 random{seed};
    const auto below = [&](std::size_t n) { return random() % n; };
    World world{
        {{"customer", at_a_time(4)}, {"customer/*", at_a_time(2)}, {"host/*", at_a_time(1)}}, 3, 4};
    std::map<std::string, Steps> keys_of;
    const auto check = [&] {
      std::map<std::string, std::uint32_t> used;
      const LimitRules rules{
          {{"customer", at_a_time(4)}, {"customer/*", at_a_time(2)}, {"host/*", at_a_time(1)}}};
      for (const auto& owner : world.owners)
        for (const auto& one : owner.started)
          for (const auto& key : rules.counted_under(keys_of[one.step])) ++used[key];
      for (const auto& [key, count] : used)
        BOOST_REQUIRE_MESSAGE(count <= *rules.find(key)->concurrency, key << " " << count);
    };
    int made = 0;
    for (int turn = 0; turn < 5'000; ++turn, world.now += Millis{below(20)}) {
      auto& owner = world.owners[below(3)];
      owner.queue.hear("x", message::NodeLimited{}, world.now);
      switch (below(5)) {
        case 0: {
          const auto step = "s" + std::to_string(++made);
          keys_of[step] = {"customer/" + std::to_string(below(3)),
                           "host/" + std::to_string(below(4))};
          world.want(owner, step, keys_of[step], below(4) == 0 ? Priority::high : Priority::normal);
          break;
        }
        case 1:
          if (!owner.started.empty())
            world.end(owner, owner.started[below(owner.started.size())].step);
          break;
        case 2: world.send(owner); break;
        case 3: world.answer(owner); break;
        case 4: // the answer is lost; the ledger may have it or not
          if (owner.asked && below(8) == 0) {
            if (below(2) == 0)
              world.ledger.exchange(
                  *owner.asked, [](IncarnationId) { return true; }, world.now);
            owner.asked.reset();
            owner.queue.permits_answered(make_error(ErrorClass::internal, "lost"), world.now);
          }
          break;
      }
      check();
    }
    for (int rounds = 0; rounds < 20 * made; ++rounds) { // and in the end everybody had a turn
      world.pass(20ms);
      check();
      bool open = false;
      for (auto& owner : world.owners) {
        open = open || owner.queue.waiting() > 0 || !owner.started.empty();
        if (!owner.started.empty()) world.end(owner, owner.started.front().step);
      }
      if (!open) break;
    }
    for (auto& owner : world.owners) BOOST_TEST(owner.queue.waiting() == 0u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
