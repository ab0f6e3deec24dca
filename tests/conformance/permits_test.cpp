// What every store does with keyed limits.
#include <boost/test/unit_test.hpp>

#include "runtime/permit_limits.hpp"
#include "tests/conformance/store_backends.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::conformance;
using namespace std::chrono_literals;
using message::Priority;
using ports::PermitAsk;

namespace {

using Numbers = std::vector<std::uint32_t>;
using Rows = std::vector<ports::LimitRow>;

/// The asks of one node, waited for. Each says all that the node holds.
struct Asker {
  explicit Asker(support::StoreCalls& calls) : node{calls}, holder{calls.me} {}

  Result<ports::PermitAnswer> ask(std::vector<ports::KeyUse> keys,
                                  std::vector<ports::PermitClaim> claims) {
    const PermitAsk said{holder, ++turn, std::move(keys), std::move(claims)};
    return exchange(said);
  }
  Result<ports::PermitAnswer> exchange(const PermitAsk& said) {
    return support::ask<ports::PermitAnswer>(
        [&](auto done) { node.store->permits().exchange(said, done); });
  }
  Rows list() {
    return *support::ask<Rows>([&](auto done) { node.store->permits().list(done); });
  }

  support::StoreCalls& node;
  IncarnationId holder;
  std::uint64_t turn = 0;
};

template <class B>
struct World {
  Cluster<B> cluster;
  Asker a{cluster.a}, b{cluster.b};
};

ports::KeyUse key(const std::string& name, std::uint32_t most, std::uint32_t held = 0,
                  std::uint32_t waiting = 0) {
  return {name, {most, {}}, held, waiting, 0};
}
ports::KeyUse rated(const std::string& name, std::uint32_t count, Millis per,
                    std::uint32_t unused = 0) {
  return {name, {{}, ports::Rate{count, per}}, 0, 0, unused};
}

} // namespace

BOOST_AUTO_TEST_SUITE(permits)

BOOST_AUTO_TEST_CASE_TEMPLATE(the_nodes_together_get_no_more_than_there_is, B, Backends) {
  World<B> world;
  BOOST_TEST(world.a.ask({key("host/x", 3)}, {{{0}, 2}})->granted == (Numbers{2}));
  const auto second = world.b.ask({key("host/x", 3)}, {{{0}, 5}});
  BOOST_TEST(second->granted == (Numbers{1}));
  BOOST_TEST(second->keys.at(0).in_use == 3u);
  BOOST_TEST(!second->keys.at(0).contended);
  BOOST_TEST(world.a.ask({key("host/x", 3, 2)}, {{{0}, 1}})->granted == (Numbers{0}));
  BOOST_TEST(world.a.ask({key("host/x", 3, 0)}, {})->keys.at(0).in_use == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_one_node_claims_and_has_not_got_the_other_hears_of, B,
                              Backends) {
  World<B> world;
  BOOST_TEST(world.a.ask({key("k", 1)}, {{{0}, 1}})->granted == (Numbers{1}));
  BOOST_TEST(world.b.ask({key("k", 1, 0, 4)}, {{{0}, 4}})->granted == (Numbers{0}));
  const auto heard = world.a.ask({key("k", 1, 1, 2)}, {})->keys.at(0);
  BOOST_TEST(heard.contended);
  BOOST_TEST(heard.in_use == 1u);
  BOOST_TEST(heard.waiting == 6u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(claims_go_by_priority_and_then_by_age_over_all_nodes, B, Backends) {
  World<B> world;
  BOOST_TEST(world.a.ask({key("k", 1)}, {{{0}, 1}})->granted == (Numbers{1}));
  world.b.ask({key("k", 1)}, {{{0}, 1, Priority::high, 0ms}, {{0}, 1, Priority::normal, 10s}});
  // It gives back, and stands behind the other's urgent one whatever it has waited.
  BOOST_TEST(world.a.ask({key("k", 1)}, {{{0}, 1, Priority::normal, 90s}})->granted ==
             (Numbers{0}));
  BOOST_TEST(
      world.b.ask({key("k", 1)}, {{{0}, 1, Priority::normal, 11s}, {{0}, 1, Priority::high, 1s}})
          ->granted == (Numbers{0, 1}));
  // Of equals the one that has waited longer comes first.
  BOOST_TEST(world.b.ask({key("k", 1)}, {{{0}, 1, Priority::normal, 12s}})->granted ==
             (Numbers{0}));
  BOOST_TEST(world.a.ask({key("k", 1)}, {{{0}, 1, Priority::normal, 91s}})->granted ==
             (Numbers{1}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_claim_gets_all_its_keys_or_none, B, Backends) {
  World<B> world;
  BOOST_TEST(world.b.ask({key("host/x", 1)}, {{{0}, 1}})->granted == (Numbers{1}));
  const auto answer = world.a.ask({key("customer", 4), key("host/x", 1), key("host/y", 1)},
                                  {{{0, 1}, 3, Priority::high}, {{0, 2}, 3, Priority::low}});
  BOOST_TEST(answer->granted == (Numbers{0, 1}));
  BOOST_TEST(answer->keys.at(0).in_use == 1u); // and who lacks one holds back none of the other
  BOOST_TEST(answer->keys.at(1).in_use == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_in_use_counts_even_over_the_limit, B, Backends) {
  World<B> world;
  BOOST_TEST(world.a.ask({key("k", 2)}, {{{0}, 2}})->granted == (Numbers{2}));
  const auto taken_over = world.b.ask({key("k", 2, 3)}, {{{0}, 1}});
  BOOST_TEST(taken_over->granted == (Numbers{0}));
  BOOST_TEST(taken_over->keys.at(0).in_use == 5u);
  BOOST_TEST(world.b.ask({key("k", 2, 0)}, {{{0}, 1}})->granted == (Numbers{0}));
  BOOST_TEST(world.a.ask({key("k", 2, 0)}, {})->keys.at(0).in_use == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_ask_that_comes_late_changes_nothing, B, Backends) {
  World<B> world;
  const PermitAsk late{world.a.holder, 1, {key("k", 2)}, {{{0}, 2}}};
  world.a.turn = 1;
  BOOST_TEST(world.a.ask({key("k", 2)}, {{{0}, 1}})->granted == (Numbers{1}));
  BOOST_TEST(!world.a.exchange(late)->taken);
  BOOST_TEST(world.b.ask({key("k", 2)}, {})->keys.at(0).in_use == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_a_node_had_that_is_gone_counts_for_the_grace, B, Backends) {
  World<B> world;
  BOOST_TEST(world.a.ask({key("k", 1)}, {{{0}, 1}})->granted == (Numbers{1}));
  world.cluster.a.leave(world.cluster.a.me);
  BOOST_TEST(!world.a.ask({key("k", 1)}, {{{0}, 1}})->taken);
  const auto left = std::chrono::steady_clock::now();
  BOOST_TEST(world.b.ask({key("k", 1)}, {{{0}, 1}})->granted == (Numbers{0}));
  BOOST_TEST(support::eventually([&] {
    return world.b.ask({key("k", 1)}, {{{0}, 1}})->granted == (Numbers{1});
  }));
  BOOST_TEST((std::chrono::steady_clock::now() - left >= limits::permit_grace));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_rate_lets_so_many_begin_however_soon_they_end, B, Backends) {
  World<B> world;
  BOOST_TEST(world.a.ask({rated("api", 3, 1h)}, {{{0}, 2}})->granted == (Numbers{2}));
  const auto second = world.b.ask({rated("api", 3, 1h)}, {{{0}, 2}});
  BOOST_TEST(second->granted == (Numbers{1}));
  BOOST_TEST(second->keys.at(0).tokens == 0u);
  BOOST_TEST(world.a.ask({rated("api", 3, 1h)}, {{{0}, 1}})->granted == (Numbers{0}));
  // What was granted and not used can be given back.
  BOOST_TEST(world.b.ask({rated("api", 3, 1h, 1)}, {})->keys.at(0).tokens == 1u);
  BOOST_TEST(world.a.ask({rated("api", 3, 1h)}, {{{0}, 1}})->granted == (Numbers{1}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_bucket_fills_as_time_goes_by, B, Backends) {
  World<B> world;
  BOOST_TEST(world.a.ask({rated("api", 20, 1s)}, {{{0}, 20}})->granted == (Numbers{20}));
  BOOST_TEST(support::eventually([&] {
    return world.b.ask({rated("api", 20, 1s)}, {{{0}, 1}})->granted == (Numbers{1});
  }));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(both_limits_of_a_key_hold, B, Backends) {
  World<B> world;
  const auto both = [](std::uint32_t held) {
    return ports::KeyUse{"k", {2, ports::Rate{3, 1h}}, held, 0, 0};
  };
  BOOST_TEST(world.a.ask({both(0)}, {{{0}, 5}})->granted == (Numbers{2}));
  BOOST_TEST(world.a.ask({both(0)}, {{{0}, 5}})->granted == (Numbers{1}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_list_shows_who_uses_what, B, Backends) {
  World<B> world;
  world.a.ask({key("host/x", 2, 0, 3), key("idle", 1)}, {{{0}, 1}});
  world.b.ask({key("host/x", 2, 0, 5), rated("api", 9, 1h)}, {{{0}, 1}, {{1}, 4}});
  const auto rows = world.a.list();
  BOOST_REQUIRE_EQUAL(rows.size(), 2u); // nobody uses the idle one
  BOOST_TEST(rows[0].key == "api");
  BOOST_TEST((rows[0].limit == ports::Limit{{}, ports::Rate{9, 1h}}));
  BOOST_TEST(rows[0].tokens == 5u);
  BOOST_TEST(rows[1].key == "host/x");
  BOOST_TEST((rows[1].limit == ports::Limit{2, {}}));
  BOOST_REQUIRE_EQUAL(rows[1].nodes.size(), 2u);
  BOOST_TEST(rows[1].nodes[0].node == "a");
  BOOST_TEST(rows[1].nodes[0].held == 1u);
  BOOST_TEST(rows[1].nodes[0].waiting == 2u); // one of them has its permit
  BOOST_TEST(rows[1].nodes[1].node == "b");
  BOOST_TEST(rows[1].nodes[1].waiting == 4u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(who_has_not_joined_gets_nothing, B, Backends) {
  World<B> world;
  world.a.holder = world.cluster.a.entropy.template make_id<IncarnationId>(world.cluster.a.now);
  BOOST_TEST(!world.a.ask({key("k", 1)}, {{{0}, 1}})->taken);
  BOOST_TEST(world.a.ask({key("k", 1)}, {})->granted.empty());
}

BOOST_AUTO_TEST_SUITE_END()
