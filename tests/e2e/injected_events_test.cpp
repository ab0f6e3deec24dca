// Events that are injected on the bus become jobs, each once, whoever is up or dies meanwhile.
#include "tests/e2e/event_world.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::e2e;

BOOST_AUTO_TEST_CASE(
    events_injected_while_no_node_is_up_become_jobs_and_what_fits_nowhere_is_kept) {
  EventWorld world;
  world.start("node-1");
  world.end(SIGTERM);
  BOOST_TEST(world.inject("ci", R"({"specversion":"1.0","id":"1","source":"/ci","type":"build.done",
                                    "data":{"version":"1"}})"));
  for (int again = 0; again < 2; ++again) BOOST_TEST(world.inject_build("2", "2"));
  BOOST_TEST(world.inject("alertmanager", alert));
  BOOST_TEST(world.inject("ci", R"({"version":"4"})")); // of type ci, which no route has
  BOOST_TEST(world.inject("ci", "no JSON"));

  world.start("node-2");
  BOOST_TEST_REQUIRE(support::eventually([&] { return world.letters().size() == 2; }), *world.node);
  BOOST_TEST_REQUIRE(support::eventually([&] { return world.jobs().size() == 3; }), *world.node);
  BOOST_TEST(world.told() == "1 by ci-1, 2 by ci-1, 9 by alertmanager, ");
  const auto letters = world.letters();
  BOOST_TEST(letters[0].at("reason").as_string().starts_with("the payload is not JSON"));
  BOOST_TEST(letters[1].at("reason").as_string().starts_with("no team of this node has a route"));
  const auto id = std::string{letters[1].at("id").as_string()};
  const auto shown = e2e::ask(world.url, {"dead-letters", "show", id});
  BOOST_TEST(shown.at("event").at("payload").as_string() == R"({"version":"4"})");

  // The route is mended; then the letter is an event like any other.
  world.end(SIGTERM);
  std::ofstream{world.folder.path() / "team.yaml", std::ios::app}
      << "  - { in: ci, plan: built, inputs: { version: \"${{ event.data.version }}\", by: me } "
         "}\n";
  world.start("node-3");
  BOOST_TEST(e2e::ask(world.url, {"dead-letters", "retry", id}).at("duplicate") == false);
  BOOST_TEST(world.letters().size() == 1u);
  BOOST_TEST(world.told() == "1 by ci-1, 2 by ci-1, 4 by me, 9 by alertmanager, ");
}

BOOST_AUTO_TEST_CASE(a_node_that_is_killed_while_it_takes_events_loses_none_and_repeats_none) {
  EventWorld world;
  world.start("node-1");
  constexpr int events = 600;
  for (int i = 0; i < events; ++i) {
    BOOST_TEST_REQUIRE(world.inject_build(std::to_string(i), std::to_string(i)));
    if (i == events / 2) world.end(SIGKILL);
  }
  world.start("node-2");
  BOOST_TEST(support::eventually([&] { return world.jobs().size() >= events; }, 60s), *world.node);
  BOOST_TEST(world.jobs().size() == events);
  BOOST_TEST(world.letters().empty());
}

BOOST_AUTO_TEST_CASE(a_person_injects_an_event_through_a_node) {
  EventWorld world;
  world.start("node-1");
  const auto file = (world.folder.path() / "build.json").string();
  std::ofstream{file} << R"({"version":"7"})";
  const std::vector<std::string> words{"inject", file,         "--in", "ci",
                                       "--type", "build.done", "--id", "7"};
  BOOST_TEST(e2e::ask(world.url, words).at("duplicate") == false);
  BOOST_TEST(e2e::ask(world.url, words).at("duplicate") == true);
  BOOST_TEST(world.told() == "7 by http, ");
  TroupeProcess refused{{"inject", file, "--in", "ci", "--server", world.url}};
  BOOST_TEST(refused.exit_code() == 65);
  BOOST_TEST(refused.says("no team of this node has a route"), refused);
  BOOST_TEST(world.letters().empty()); // who is told needs no letter
}
