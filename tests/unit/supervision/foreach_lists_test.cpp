// What a foreach goes over and collects, where it is too large for the journal: ARCHITECTURE.md,
// "Lists of a foreach".
#include <boost/test/unit_test.hpp>

#include "runtime/artifact_limits.hpp"
#include "runtime/supervision/fork.hpp"
#include "runtime/supervision/run_driver.hpp"
#include "runtime/supervision/why.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

namespace {

constexpr std::size_t bound = 32; // here a longer list is an artifact

constexpr auto* over_a_list =
    "{plan: p, steps: [{id: each, foreach: {in: [{n: one of them}, {n: two of them}, {n: three of "
    "them}], concurrency: 1, do: {id: go, agent: a, task: \"${{ item.n }}\"}}}, {id: after, agent: "
    "b, task: \"${{ steps.each.output }}\"}]}";

constexpr auto* over_an_output =
    "{plan: p, steps: [{id: make, agent: a}, {id: each, foreach: {in: \"${{ steps.make.output "
    "}}\", "
    "concurrency: 1, do: {id: go, agent: b, task: \"${{ item }}\"}}}]}";

World small(const std::string& plan, bool store_answers = true) {
  World world{plan, "{}", {}, bound};
  world.store_answers = store_answers;
  return world;
}

bool journal_says(const World& world, std::string_view text) {
  return std::ranges::any_of(
      world.journal, [&](const auto& row) { return row.body.find(text) != std::string::npos; });
}

std::string task_of(const World& world, const std::string& step) {
  const auto* sent = world.assignment(step);
  return sent == nullptr ? "not assigned" : sent->body.task.text;
}

/// A shell that does nothing: what was asked of it is kept.
struct QuietPort final : RunPort {
  std::vector<Effect> performed;
  std::vector<ports::Append> appends;

  void place(std::vector<placement::PlacementRequest>) override {}
  void append(ports::Append append) override { appends.push_back(std::move(append)); }
  void perform(const Effect& effect) override { performed.push_back(effect); }
  void cancel(message::Outgoing, std::size_t) override {}
  void notify(message::Outgoing) override {}
  void answer(const ReplyAddress&, message::Context, message::Body) override {}
  Millis steady() const override { return {}; }
  bool may_grant() const override { return true; }
  void committed(const Event&) override {}
  void keep(ports::Snapshot) override {}
  void park(std::optional<Instant>) override {}
  void leave(RunExit) override {}
};

void complete_items(World& world, int first, int last, const std::string& output = "1") {
  for (int i = first; i <= last; ++i) world.complete("each[" + std::to_string(i) + "]/go", output);
}

} // namespace

BOOST_AUTO_TEST_SUITE(foreach_lists)

BOOST_AUTO_TEST_CASE(a_long_list_is_stored_before_an_event_names_it) {
  World world{
      "{plan: p, steps: [{id: first, agent: a}, {id: each, foreach: {in: [{n: one of "
      "them}, {n: two of them}], do: {id: go, agent: a, task: \"${{ item.n }}\"}}}]}",
      "{}",
      {},
      bound};
  world.store_answers = false;
  world.complete("first");
  BOOST_TEST(world.phase_name("each") == "ready");
  BOOST_TEST(world.events("group.expanded") == 0u);
  BOOST_TEST(world.store_asked.size() == 1u);
  const auto& run = world.machine->state();
  BOOST_TEST(explain_step(run, *run.find("each"), {}).text.find("on its way to the store") !=
             std::string::npos);
  BOOST_TEST(!world.machine->rest(world.now).resting); // or it would be parked, and nobody told
  world.answer_store();
  BOOST_TEST(world.events("group.expanded") == 1u);
  BOOST_TEST(journal_says(world, R"("bytes":41,"count":2})"));
  BOOST_TEST(!journal_says(world, R"("items":)"));
  BOOST_TEST(task_of(world, "each[1]/go") == R"("two of them")");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_new_owner_decides_nothing_before_it_has_read_the_list) {
  const World world = small(over_a_list);
  RunState state = make_run_state(world.run_id, world.bundle);
  BOOST_REQUIRE(fold_rows(state, world.journal).ok());
  SeededEntropy entropy{11};
  QuietPort port;
  RunDriver driver{world.run_id, entropy, port};
  driver.begin(std::move(state), {"owner-2", entropy.make_id<IncarnationId>(world.now)});
  driver.inbox_read({{"i1", "cancel", JsonText{"{}"}, world.now, 1}}, world.now);
  BOOST_TEST(port.appends.empty());
  BOOST_REQUIRE(port.performed.size() == 1u);
  const auto asked = std::get<ReadArtifact>(port.performed.front());
  driver.happen(world.read_from_store(asked), world.now);
  BOOST_REQUIRE(port.appends.size() == 1u);
  BOOST_TEST(port.appends.front().body.find("run.adopted") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_short_list_stays_in_the_journal) {
  World world =
      small("{plan: p, steps: [{id: each, foreach: {in: [1, 2], do: {id: go, agent: a}}}]}");
  BOOST_TEST(journal_says(world, R"("items":[1,2])"));
  BOOST_TEST(world.artifacts.empty());
}

BOOST_AUTO_TEST_CASE(a_new_owner_reads_the_list_again) {
  World world = small(over_a_list);
  complete_items(world, 0, 0);
  world.adopt("owner-2");
  complete_items(world, 1, 1);
  BOOST_TEST(task_of(world, "each[2]/go") == R"("three of them")");
  world.adopt("owner-3");
  complete_items(world, 2, 2);
  BOOST_TEST(world.output("each") == "[1,1,1]");
  world.complete("after");
  BOOST_TEST((world.finish().state == ports::RunState::completed));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(
    an_owner_that_dies_before_the_store_answers_is_followed_by_one_that_asks_anew) {
  World world = small(over_an_output, false);
  world.complete("make", "[\"a list that is long\",\"for the bound here\"]");
  BOOST_TEST(world.store_asked.size() == 1u);
  world.adopt("owner-2");
  BOOST_TEST(world.store_asked.size() == 1u);
  world.answer_store();
  complete_items(world, 0, 1, "\"and what it collects is as long\"");
  BOOST_TEST(world.store_asked.size() == 1u);
  world.adopt("owner-3");
  BOOST_TEST(world.store_asked.size() == 1u);
  BOOST_TEST(world.phase_name("each") == "ready");
  world.answer_store();
  BOOST_TEST((world.finish().state == ports::RunState::completed));
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(what_a_foreach_collects_is_a_reference_and_the_next_one_goes_over_it) {
  World world = small(
      "{plan: p, steps: [{id: each, foreach: {in: [1, 2], do: {id: go, agent: a}}}, {id: again, "
      "foreach: {in: \"${{ steps.each.output }}\", do: {id: go2, agent: b, task: \"${{ item.said "
      "}}\"}}}], output: \"${{ steps.each.output }}\"}");
  complete_items(world, 0, 1, R"({"said":"something that is long"})");
  const auto aside = artifact::parse_reference(JsonText{world.output("each")});
  BOOST_REQUIRE(aside);
  BOOST_TEST(world.artifacts.at(aside->hash) ==
             R"([{"said":"something that is long"},{"said":"something that is long"}])");
  BOOST_TEST(task_of(world, "again[1]/go2") == R"("something that is long")");
  world.complete("again[0]/go2");
  world.complete("again[1]/go2");
  BOOST_TEST(world.finish().output.text == artifact::to_json(*aside).text);
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(an_artifact_that_cannot_be_gone_over_fails_the_foreach_and_says_why) {
  std::string many = "[0";
  for (std::size_t i = 0; i < limits::foreach_items_max; ++i) many += ",0";
  many += ']';
  const std::tuple<const char*, bool, const char*> table[] = {
      {R"({"no":"list"})", true, "a foreach goes over a JSON list, and this is none"},
      {"[1,", true, "and this is none"},
      {"[1,2]", false, "it is gone, or this run was never given it"},
      {many.c_str(), true, "at most 100000"}};
  for (const auto& [content, there, why] : table) {
    World world = small(over_an_output);
    const auto reference = world.keep_artifact(content);
    if (!there) world.artifacts.clear();
    world.complete("make", reference);
    BOOST_TEST((world.finish().state == ports::RunState::failed));
    BOOST_TEST(world.finish().reason.find(why) != std::string::npos, world.finish().reason);
    BOOST_TEST(world.folds_alike());
  }
}

BOOST_AUTO_TEST_CASE(
    what_the_store_refuses_fails_the_foreach_and_what_it_cannot_be_asked_does_not) {
  const StoreArtifact asked{"each", {std::string(64, 'a'), 5}, nullptr};
  const ReadArtifact read{"each", asked.what};
  for (const auto unreached : {ErrorClass::internal, ErrorClass::no_capacity}) {
    BOOST_TEST(!told(asked, Result<>{make_error(unreached, "down")}));
    BOOST_TEST(!told(read, Result<artifact::Content>{make_error(unreached, "down")}));
  }
  World world = small(over_an_output, false);
  world.complete("make", "[\"a list that is long\",\"for the bound here\"]");
  const auto put = std::get<StoreArtifact>(world.store_asked.front());
  world.happen(*told(put, Result<>{make_error(ErrorClass::budget_exceeded, "the run is full")}));
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  BOOST_TEST(world.finish().reason.find("cannot be stored: the run is full") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_list_that_is_gone_when_a_new_owner_reads_it_stops_what_goes_over_it) {
  World world = small(over_a_list);
  complete_items(world, 0, 0);
  world.artifacts.clear();
  world.adopt("owner-2");
  BOOST_TEST(world.phase_name("each[1]/go") == "stopping");
  world.cancelled("each[1]/go");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  BOOST_TEST(world.finish().reason.find("it is gone") != std::string::npos, world.finish().reason);
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_cancel_does_not_wait_for_the_store) {
  World world = small(over_an_output, false);
  world.complete("make", "[\"a list that is long\",\"for the bound here\"]");
  world.post("cancel", R"({"reason":"enough"})");
  BOOST_TEST((world.finish().state == ports::RunState::cancelled));
  world.answer_store();
  BOOST_TEST(world.events("group.expanded") == 0u);
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(a_deadline_does_not_wait_for_the_store) {
  World world = small(
      "{plan: p, steps: [{id: each, deadline: 10s, foreach: {in: [{n: one of them}, {n: two of "
      "them}], do: {id: go, agent: a}}}]}");
  world.store_answers = false;
  for (const auto* step : {"each[0]/go", "each[1]/go"})
    world.complete(step, "\"what it collects is as long\"");
  BOOST_TEST(world.phase_name("each") == "ready");
  world.pass(Millis{10'000});
  BOOST_TEST((world.finish().state == ports::RunState::failed));
  world.answer_store();
  BOOST_TEST(world.phase_name("each") == "failed");
}

BOOST_AUTO_TEST_CASE(an_answer_to_an_earlier_iteration_is_not_taken) {
  World world = small(
      "{plan: p, steps: [{id: g, restart: {intensity: 2, strategy: one_for_all, jitter: none, "
      "interval: 1s}, parallel: [{id: make, agent: a}, {id: each, needs: [make], foreach: {in: "
      "\"${{ steps.make.output }}\", do: {id: go, agent: b, task: \"${{ item }}\"}}}, {id: beside, "
      "agent: c}]}]}",
      false);
  world.complete("g/make", R"(["a list of the first","iteration"])");
  const auto first = world.store_asked;
  world.fail("g/beside");
  world.pass(Millis{1000});
  BOOST_TEST(world.events("group.restarted") == 1u);
  world.complete("g/make", R"(["quite another list of","the second iteration"])");
  const auto put = std::get<StoreArtifact>(first.front());
  world.happen(*told(put, Result<>{}));
  BOOST_TEST(world.events("group.expanded") == 0u);
  world.answer_store();
  BOOST_TEST(world.events("group.expanded") == 1u);
  BOOST_TEST(task_of(world, "g/each[1]/go") == R"("the second iteration")");
  BOOST_TEST(world.folds_alike());
}

BOOST_AUTO_TEST_CASE(what_is_taken_back_after_the_end_reads_its_item) {
  World world = small(
      "{plan: p, steps: [{id: each, foreach: {in: [{n: one of them}, {n: two of them}], do: {id: "
      "go, agent: a, undo: {tool: t.undo, with: {back: \"${{ item.n }}\"}}}}}, {id: after, agent: "
      "b}]}");
  complete_items(world, 0, 1);
  world.adopt("owner-2");
  world.fail("after");
  BOOST_TEST(task_of(world, "each[1]/go~undo").find("two of them") != std::string::npos);
  world.complete("each[1]/go~undo");
  world.adopt("owner-3");
  world.complete("each[0]/go~undo");
  BOOST_TEST((world.finish().state == ports::RunState::failed));
}

BOOST_AUTO_TEST_CASE(a_fork_goes_on_over_the_same_artifact) {
  World world = small(over_a_list);
  complete_items(world, 0, 0);
  world.fail("each[1]/go");
  BOOST_REQUIRE(world.machine->state().finished);
  const auto& run = world.machine->state();
  ports::ForkRequest request;
  request.from = "each[1]/go";
  const auto fork = fork_run(run, request, {{run.created.bundle, ""}, run.bundle});
  BOOST_REQUIRE(fork.ok());
  World other = small(over_a_list);
  other.journal = {
      {0, other.entropy.make_id<AppendId>(other.now), other.now, encode(fork->events)}};
  other.adopt("owner-2");
  BOOST_TEST(task_of(other, "each[1]/go") == R"("two of them")");
  complete_items(other, 1, 2, "2");
  BOOST_TEST(other.output("each") == "[1,2,2]");
}

BOOST_AUTO_TEST_CASE(views_count_the_items_of_an_artifact) {
  World world = small(over_a_list);
  const ports::RunRow row;
  const auto view = view_run(world.machine->state(), row).text;
  BOOST_TEST(view.find(R"("items":3,"counts":{"running":1,"pending":2})") != std::string::npos,
             view);
}

BOOST_AUTO_TEST_SUITE_END()
