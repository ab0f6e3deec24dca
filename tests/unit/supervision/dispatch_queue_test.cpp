#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "runtime/placement/dispatch_queue.hpp"

using namespace troupe;
using namespace troupe::placement;
using namespace std::chrono_literals;

namespace {

struct Cluster {
  DispatchQueue queue;
  SeededEntropy entropy{5};
  Millis now{1'000'000};
  RunId run = entropy.make_id<RunId>(Instant{now});

  IncarnationId beat(const std::string& node, std::uint32_t free,
                     std::optional<IncarnationId> incarnation = {}) {
    message::NodeHeartbeat heartbeat;
    heartbeat.incarnation = incarnation.value_or(entropy.make_id<IncarnationId>(Instant{now}));
    heartbeat.modes = {"agent"};
    heartbeat.roles = {"*"};
    heartbeat.slots = 8;
    heartbeat.free_slots = free;
    queue.hear(node, heartbeat, now);
    return heartbeat.incarnation;
  }
  PlacementRequest wants(std::string step, message::Priority priority = {}) const {
    return {run, std::move(step), "r", {}, priority};
  }
  /// Sweeps as a dispatcher does, so that no gap shows.
  std::vector<Gone> sweep_for(Millis duration) {
    std::vector<Gone> gone;
    for (const Millis end = now + duration; now < end; now += 250ms)
      for (const auto& one : queue.sweep(now)) gone.push_back(one);
    return gone;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(dispatch_queue_)

BOOST_AUTO_TEST_CASE(who_waits_is_served_by_priority_and_then_by_age) {
  Cluster cluster;
  BOOST_TEST(!cluster.queue.place(cluster.wants("low", message::Priority::low)));
  BOOST_TEST(!cluster.queue.place(cluster.wants("first", message::Priority::high)));
  BOOST_TEST(!cluster.queue.place(cluster.wants("second", message::Priority::high)));
  cluster.beat("n1", 2);
  const auto offers = cluster.queue.serve();
  BOOST_REQUIRE_EQUAL(offers.size(), 2u);
  BOOST_TEST(offers[0].placement.step == "first");
  BOOST_TEST(offers[1].placement.step == "second");
  BOOST_TEST(cluster.queue.waiting() == 1u);
}

BOOST_AUTO_TEST_CASE(of_equal_priority_teams_are_served_in_turn_however_many_wait_of_one) {
  Cluster cluster;
  const auto wait = [&](const std::string& team, int count, message::Priority priority = {}) {
    for (int i = 0; i < count; ++i) {
      auto wanted = cluster.wants(team + std::to_string(i), priority);
      wanted.team = team;
      BOOST_TEST(!cluster.queue.place(wanted));
    }
  };
  const auto served = [&](std::uint32_t count) {
    cluster.queue.release(cluster.run); // those before have ended
    cluster.beat("n1", count, IncarnationId{});
    std::string steps;
    for (const auto& offer : cluster.queue.serve()) steps += offer.placement.step + ' ';
    return steps;
  };
  wait("a", 1'000);
  wait("b", 3);
  wait("c", 1, message::Priority::high);
  BOOST_TEST(served(1) == "c0 ");
  BOOST_TEST(served(5) == "a0 b0 a1 b1 a2 ");
  wait("d", 2); // begins with the present turn, and makes up for nothing
  BOOST_TEST(served(5) == "b2 a3 d0 a4 d1 ");
  BOOST_TEST(served(2) == "a5 a6 ");
  BOOST_TEST(cluster.queue.waiting() == 993u);
}

BOOST_AUTO_TEST_CASE(a_node_that_refused_gets_nothing_until_its_next_heartbeat) {
  Cluster cluster;
  const auto node = cluster.beat("n1", 3);
  cluster.queue.take_credit(node);
  BOOST_TEST(!cluster.queue.place(cluster.wants("s")));
  cluster.beat("n1", 1, node);
  BOOST_TEST(cluster.queue.serve().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_heartbeat_that_does_not_know_yet_what_was_placed_gives_no_slot_twice) {
  Cluster cluster;
  const auto node = cluster.beat("n1", 8);
  for (int i = 0; i < 8; ++i)
    BOOST_TEST(cluster.queue.place(cluster.wants("s" + std::to_string(i))).has_value());
  BOOST_TEST(!cluster.queue.place(cluster.wants("next")));
  cluster.beat("n1", 8, node); // sent before anything had arrived
  BOOST_TEST(cluster.queue.serve().empty());
  cluster.queue.release(cluster.run, "s0");
  cluster.queue.release(cluster.run, "s0"); // once is enough
  cluster.beat("n1", 8, node);
  BOOST_TEST(cluster.queue.serve().size() == 1u);
  cluster.queue.release(cluster.run);
  BOOST_TEST(!cluster.queue.place(cluster.wants("later")));
  cluster.beat("n1", 8, node);
  BOOST_TEST(cluster.queue.serve().size() == 1u);
  cluster.now += 1s;
  BOOST_TEST((cluster.beat("n1", 8) != node)); // another start of it knows nothing of all that
  for (int i = 0; i < 8; ++i)
    BOOST_TEST(cluster.queue.place(cluster.wants("s" + std::to_string(i))).has_value());
}

BOOST_AUTO_TEST_CASE(what_an_owner_holds_beyond_its_share_is_left_to_others_that_wait) {
  const auto node = SeededEntropy{3}.make_id<IncarnationId>(Instant{});
  struct Case {
    std::uint32_t slots, placed;
    Contenders others;
    std::uint32_t left;
  };
  const Case table[] = {
      {8, 8, {0, 0}, 0}, // nobody else waits
      {8, 8, {1, 100}, 4}, {8, 4, {1, 100}, 0}, {8, 8, {1, 1}, 1}, {8, 8, {3, 100}, 6},
      {3, 3, {1, 9}, 1},   {3, 2, {1, 9}, 0},   {1, 1, {1, 9}, 1}, {2, 1, {2, 9}, 1},
  };
  for (const auto& [slots, placed, others, left] : table) {
    SlotSharing sharing;
    BOOST_TEST(!sharing.leaves(node)); // no heartbeat yet
    BOOST_TEST(sharing.heard(node, slots, 0, placed, others) == 0u);
    std::uint32_t seen = 0;
    for (std::uint32_t ended = 0; ended < placed; ++ended) seen += sharing.leaves(node);
    BOOST_TEST(seen == left);
    BOOST_TEST(sharing.heard(node, slots, left, placed - left, others) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_slot_that_nobody_takes_is_used_again_and_none_is_left_for_a_while) {
  const auto node = SeededEntropy{3}.make_id<IncarnationId>(Instant{});
  SlotSharing sharing;
  const auto heard = [&](std::uint32_t free) {
    return sharing.heard(node, 8, free, 8 - free, {1, 1}); // it waits for something else
  };
  heard(0);
  BOOST_TEST(sharing.leaves(node));
  BOOST_TEST(!sharing.leaves(node)); // one step waits
  BOOST_TEST(heard(1) == 0u);        // the others' turn
  BOOST_TEST(heard(1) == 1u);
  for (int i = 0; i < 3; ++i) {
    heard(0);
    BOOST_TEST(!sharing.leaves(node));
  }
  heard(0);
  BOOST_TEST(sharing.leaves(node)); // another try
  BOOST_TEST(heard(1) == 0u);
  BOOST_TEST(heard(0) == 0u); // somebody took it: the next may follow at once
  BOOST_TEST(sharing.leaves(node));
}

BOOST_AUTO_TEST_CASE(an_owner_with_a_long_queue_leaves_the_only_slot_to_one_with_a_short_one) {
  SeededEntropy entropy{5};
  const Millis now{1'000'000};
  DispatchQueue one{{}, {}, "one"}, other{{}, {}, "other"};
  const auto run = entropy.make_id<RunId>(Instant{now}),
             waits = entropy.make_id<RunId>(Instant{now});
  message::NodeHeartbeat agent, owner;
  agent.incarnation = entropy.make_id<IncarnationId>(Instant{now});
  agent.modes = {"agent"};
  agent.roles = {"*"};
  agent.slots = 1;
  owner.incarnation = entropy.make_id<IncarnationId>(Instant{now});
  owner.steps_waiting = 1;
  for (int i = 0; i < 100; ++i) one.place({run, "s" + std::to_string(i), "r", {}});
  other.place({waits, "s", "r", {}});
  one.hear("other", owner, now);
  one.hear("one", owner, now); // itself
  bool busy = false;
  std::size_t before = 0;
  const auto beat = [&] {
    agent.free_slots = busy ? 0 : 1;
    one.hear("agent", agent, now);
    other.hear("agent", agent, now);
  };
  beat();
  for (; other.waiting() > 0 && before < 10; beat()) {
    for (const auto& offer : one.serve()) { // it ends before the next heartbeat
      busy = true;
      ++before;
      beat();
      one.release(run, offer.placement.step);
      one.give_back(agent.incarnation);
      busy = false;
    }
    if (!busy) other.serve();
  }
  BOOST_TEST(other.waiting() == 0u);
  BOOST_TEST(before <= 2u);
}

BOOST_AUTO_TEST_CASE(silence_for_the_lease_period_is_being_gone) {
  Cluster cluster;
  const auto node = cluster.beat("n1", 3);
  const auto gone = cluster.sweep_for(limits::lease_period + 1s);
  BOOST_REQUIRE_EQUAL(gone.size(), 1u);
  BOOST_TEST((gone[0].incarnation == node));
}

BOOST_AUTO_TEST_CASE(nobody_is_gone_because_this_process_stood_still) {
  Cluster cluster;
  const auto node = cluster.beat("n1", 3);
  BOOST_TEST(cluster.sweep_for(1s).empty());
  cluster.now += 1h; // the heartbeats wait, unread
  BOOST_TEST(cluster.queue.sweep(cluster.now).empty());
  cluster.beat("n1", 3, node);
  BOOST_TEST(cluster.sweep_for(2s).empty());
}

BOOST_AUTO_TEST_CASE(nobody_is_gone_because_the_bus_was_down) {
  Cluster cluster;
  cluster.beat("n1", 3);
  cluster.queue.link_changed(false, cluster.now);
  BOOST_TEST(cluster.sweep_for(1min).empty());
  cluster.queue.link_changed(true, cluster.now);
  BOOST_TEST(cluster.sweep_for(limits::lease_period).empty());
}

BOOST_AUTO_TEST_CASE(nobody_is_placed_while_the_bus_is_down) {
  Cluster cluster;
  const auto node = cluster.beat("n1", 1);
  cluster.queue.link_changed(false, cluster.now);
  BOOST_TEST(!cluster.queue.place(cluster.wants("one")).has_value());
  BOOST_TEST(cluster.queue.serve().empty());
  cluster.queue.link_changed(true, cluster.now);
  cluster.beat("n1", 1, node);
  const auto offers = cluster.queue.serve();
  BOOST_REQUIRE(offers.size() == 1u);
  BOOST_TEST(offers.front().placement.step == "one");
}

BOOST_AUTO_TEST_CASE(a_node_that_misses_heartbeats_is_asked_about_once_in_each_silence) {
  Cluster cluster;
  const auto node = cluster.beat("n1", 3);
  const auto asked_in = [&](Millis duration) {
    std::size_t asked = 0;
    for (const Millis end = cluster.now + duration; cluster.now < end; cluster.now += 250ms) {
      cluster.queue.sweep(cluster.now);
      asked += cluster.queue.fallen_silent(cluster.now).size();
    }
    return asked;
  };
  asked_in(250ms); // whoever begins to listen excuses everybody
  for (int silence = 0; silence < 2; ++silence) {
    cluster.beat("n1", 3, node);
    BOOST_TEST(asked_in(silence_asked) == 0u);
    BOOST_TEST(asked_in(limits::lease_period - silence_asked) == 1u);
  }
  cluster.beat("n1", 3, node);
  cluster.queue.link_changed(false, cluster.now);
  BOOST_TEST(asked_in(1min) == 0u);
  cluster.queue.link_changed(true, cluster.now); // they all come back, but not at once
  BOOST_TEST(asked_in(2 * silence_asked) == 0u);
  cluster.beat("n1", 3, node); // this one was back
  BOOST_TEST(asked_in(2 * silence_asked) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
