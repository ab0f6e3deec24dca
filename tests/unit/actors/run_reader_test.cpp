// A run read back: from its last snapshot where that can be used, from its first append otherwise.
#include "actors/run_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <future>

#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;
using supervision::RunState;

namespace {

/// A run that waits for a node, and a way to read it whose snapshots are states put aside.
struct Waiting {
  Waiting() {
    cluster.agent.reset();
    run = cluster.submit("{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}]}");
    BOOST_REQUIRE(support::eventually(
        [&] { return cluster.view(run).find("waits for a node") != std::string::npos; }));
    context->snapshots.format = 1;
    context->snapshots.encode = [this](const RunState& state) {
      kept.push_back(state);
      return std::to_string(kept.size() - 1);
    };
    context->snapshots.decode = [this](RunId, const auto&, const std::string& body) {
      ++decoded;
      return readable ? std::optional{kept.at(std::stoul(body))} : std::nullopt;
    };
  }

  RunState read() {
    std::promise<Result<RunState>> answer;
    read_run(context, std::make_shared<BundleCache>(), run, row().bundle,
             [&](Result<RunState> state) { answer.set_value(std::move(state)); });
    auto state = answer.get_future().get();
    BOOST_REQUIRE_MESSAGE(state.ok(), (state.ok() ? "" : state.error().message));
    return *std::move(state);
  }
  ports::RunRow row() {
    std::promise<Result<std::optional<ports::RunRow>>> answer;
    cluster.store.jobs().get_run(run, [&](auto row) { answer.set_value(std::move(row)); });
    return answer.get_future().get()->value();
  }
  AppendId last_append() {
    std::promise<Result<std::vector<ports::JournalRow>>> answer;
    cluster.store.journal().read(run, 0, 100,
                                 [&](auto rows) { answer.set_value(std::move(rows)); });
    return answer.get_future().get()->back().id;
  }

  Cluster cluster;
  RunId run;
  std::shared_ptr<NodeContext> context =
      std::make_shared<NodeContext>(*cluster.orchestrator->context);
  std::vector<RunState> kept;
  int decoded = 0;
  bool readable = true;
};

} // namespace

BOOST_AUTO_TEST_SUITE(run_reader)

BOOST_AUTO_TEST_CASE(a_fold_begins_at_its_snapshot_unless_that_cannot_be_used) {
  Waiting waiting;
  const auto folded = waiting.read();
  BOOST_TEST(waiting.decoded == 0);
  keep_snapshot(waiting.context, folded, waiting.last_append());
  BOOST_REQUIRE(waiting.kept.size() == 1u);

  const auto restored = waiting.read(); // the store answers in order: it has been kept
  BOOST_TEST(waiting.decoded == 1);
  BOOST_TEST(restored.next_seq == folded.next_seq);
  BOOST_TEST(restored.epoch == folded.epoch);

  waiting.readable = false;
  BOOST_TEST(waiting.read().next_seq == folded.next_seq);
  BOOST_TEST(waiting.decoded == 2);

  waiting.context->snapshots.format = 2; // of a newer program
  BOOST_TEST(waiting.read().next_seq == folded.next_seq);
  BOOST_TEST(waiting.decoded == 2);

  waiting.context->snapshots = {};
  BOOST_TEST(waiting.read().next_seq == folded.next_seq);
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_does_not_stand_where_it_says_is_left_aside) {
  Waiting waiting;
  const auto folded = waiting.read();
  waiting.context->snapshots.encode = [&](const RunState& state) {
    waiting.kept.push_back(state);
    ++waiting.kept.back().next_seq; // a defect of the codec
    return std::string{"0"};
  };
  keep_snapshot(waiting.context, folded, waiting.last_append());
  BOOST_TEST(waiting.read().next_seq == folded.next_seq);
  BOOST_TEST(waiting.decoded == 1);
}

BOOST_AUTO_TEST_SUITE_END()
