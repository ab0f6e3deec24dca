// What a run tells about keyed limits: which keys its steps count under, and when they no longer
// do.
#include <boost/test/unit_test.hpp>

#include "runtime/placement/limit_rules.hpp"
#include "runtime/placement/limits_view.hpp"
#include "runtime/supervision/step_machine.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;
using placement::LimitRules;

namespace {

using Keys = std::vector<std::string>;

constexpr const char* restart = R"(
plan: p
inputs: { host: {} }
steps:
  - id: s
    tool: service.restart
    limits: ["host/${{ inputs.host }}", customer/acme]
    retry: [{ max_attempts: 2, interval: 1s, jitter: none }]
    undo: { tool: service.start }
  - { id: t, agent: r }
)";

} // namespace

BOOST_AUTO_TEST_SUITE(limit_keys_)

BOOST_AUTO_TEST_CASE(a_key_is_a_path_and_a_pattern_may_leave_a_part_open) {
  const std::pair<std::string, std::pair<bool, bool>> table[] = {
      {"host", {true, true}},
      {"host/web-1", {true, true}},
      {"a b/c.d:8", {true, true}},
      {"host/*", {false, true}},
      {"*/x", {false, true}},
      {"host/w*", {false, false}},
      {"", {false, false}},
      {"/host", {false, false}},
      {"host/", {false, false}},
      {"a//b", {false, false}},
      {"a\nb", {false, false}},
      {std::string(200, 'x'), {true, true}},
      {std::string(201, 'x'), {false, false}}};
  for (const auto& [text, is] : table) {
    BOOST_TEST(placement::is_limit_key(text) == is.first, text);
    BOOST_TEST(placement::is_limit_pattern(text) == is.second, text);
  }
}

BOOST_AUTO_TEST_CASE(the_first_rule_that_fits_a_prefix_counts_for_it) {
  const LimitRules rules{{{"customer/big", {9, {}}},
                          {"customer/*", {2, {}}},
                          {"customer/*/host/*", {1, {}}},
                          {"customer", {20, {}}}}};
  BOOST_TEST(*rules.find("customer/big")->concurrency == 9u);
  BOOST_TEST(*rules.find("customer/acme")->concurrency == 2u);
  BOOST_TEST(rules.find("customer/acme/host") == nullptr);
  BOOST_TEST(rules.counted_under({"customer/acme/host/web", "customer/big", "other"}) ==
                 (Keys{"customer", "customer/acme", "customer/acme/host/web", "customer/big"}),
             boost::test_tools::per_element());
  BOOST_TEST(rules.counted_under({"custom", "customers/acme"}).empty());
}

BOOST_AUTO_TEST_CASE(a_step_asks_under_its_keys_with_the_templates_filled_in) {
  World world{restart, R"({"host":"web-1"})"};
  world.capacity = false;
  world.complete("s");
  BOOST_REQUIRE_EQUAL(world.waiting.size(), 1u); // t
  BOOST_TEST(world.waiting[0].limits.empty());
  const auto& step = *world.machine->state().find("s");
  const auto wanted = placement_wanted(world.machine->state(), step);
  BOOST_TEST(wanted.limits == (Keys{"host/web-1", "customer/acme"}),
             boost::test_tools::per_element());
  BOOST_TEST(wanted.team == "team");
  BOOST_TEST(wanted.tool == "service.restart");
  BOOST_REQUIRE(step.node->undo);
  BOOST_TEST((step.node->undo->limits == step.node->limits)); // it uses what the step used
}

BOOST_AUTO_TEST_CASE(a_key_that_is_none_once_it_is_filled_in_fails_the_step) {
  for (const auto* host : {R"("")", R"("a/*")", "5"}) {
    World world{restart, std::string{R"({"host":)"} + host + "}"};
    if (std::string_view{host} == "5") { // text around it makes it one
      BOOST_TEST(world.phase_name("s") == "running");
      continue;
    }
    BOOST_TEST(world.phase_name("s") == "failed", host);
    BOOST_TEST((world.machine->state().find("s")->error->error_class == ErrorClass::invalid_input));
    BOOST_TEST(world.released.size() == 1u);
    BOOST_TEST(world.sent.empty());
  }
}

BOOST_AUTO_TEST_CASE(each_attempt_is_released_once_however_it_ends) {
  const std::pair<const char*, void (*)(World&)> table[] = {
      {"completed", [](World& world) { world.complete("s"); }},
      {"failed", [](World& world) { world.fail("s"); }},
      {"refused",
       [](World& world) {
         world.capacity = false;
         world.say(world.attempt_of("s"),
                   message::TaskRefused{make_error(ErrorClass::no_capacity, "full")});
       }},
      {"lost with its node",
       [](World& world) {
         world.capacity = false;
         world.happen(NodeGone{world.nodes.begin()->second});
       }},
      {"cancelled",
       [](World& world) {
         world.post("cancel", R"({"reason":"no"})");
         world.cancelled("s");
       }},
  };
  for (const auto& [how, end] : table) {
    World world{restart, R"({"host":"web-1"})"};
    end(world);
    BOOST_TEST_CONTEXT(how) {
      BOOST_REQUIRE_EQUAL(world.released.size(), 1u);
      BOOST_TEST(world.released[0].step == "s");
      const bool slot =
          how != std::string_view{"refused"} && how != std::string_view{"lost with its node"};
      BOOST_TEST(world.released[0].slot == slot);
    }
  }
}

BOOST_AUTO_TEST_CASE(who_adopts_a_run_counts_what_is_under_way) {
  World world{restart, R"({"host":"web-1"})"};
  BOOST_TEST(world.held.empty());
  world.adopt("owner-2");
  BOOST_REQUIRE_EQUAL(world.held.size(), 1u);
  BOOST_TEST(world.held[0].step == "s");
  BOOST_TEST(world.held[0].limits == (Keys{"host/web-1", "customer/acme"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_list_names_rules_and_what_is_used_of_them) {
  const auto seen =
      placement::view_limits({{"host/*", {1, {}}}, {"api", {{}, ports::Rate{100, Millis{60'000}}}}},
                             {{"host/x", {1, {}}, 0, {{"a", 1, 2}, {"b", 0, 3}}},
                              {"api", {{}, ports::Rate{100, Millis{60'000}}}, 7, {}}});
  BOOST_TEST(seen.text ==
             R"({"rules":[{"key":"host/*","concurrency":1,"rate":null},)"
             R"({"key":"api","concurrency":null,"rate":"100/1m"}],)"
             R"("limits":[{"key":"host/x","concurrency":1,"rate":null,"in_use":1,"waiting":5,)"
             R"("tokens":null,"nodes":[{"node":"a","in_use":1,"waiting":2},)"
             R"({"node":"b","in_use":0,"waiting":3}]},)"
             R"({"key":"api","concurrency":null,"rate":"100/1m","in_use":0,"waiting":0,)"
             R"("tokens":7,"nodes":[]}]})");
}

BOOST_AUTO_TEST_SUITE_END()
