// A run read back: from its last snapshot where that can be used, from its first append otherwise.
#include "actors/run_reader.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <future>

#include "runtime/supervision/snapshot.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/actors/cluster.hpp"

using namespace troupe;
using namespace troupe::actors;
using supervision::RunState;

namespace {

/// A run that waits for a node.
struct Waiting {
  Waiting() {
    cluster.agent.reset();
    run = cluster.submit("{plan: p, steps: [{id: one, tool: ledger.write, with: {entry: one}}]}");
    BOOST_REQUIRE(support::eventually(
        [&] { return cluster.view(run).find("waits for a node") != std::string::npos; }));
  }

  RunState read() {
    std::promise<Result<RunState>> answer;
    read_run(cluster.orchestrator->context, std::make_shared<BundleCache>(), run, row().bundle,
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
  /// The state with a mark, which tells a fold from the snapshot from one of the whole journal.
  ports::Snapshot marked() {
    auto state = read();
    state.created.title = "kept";
    return supervision::make_snapshot(state, last_append());
  }
  void keep(ports::Snapshot snapshot) {
    std::promise<Result<>> answer;
    cluster.store.journal().put_snapshot(run, row().owner.value(), std::move(snapshot),
                                         [&](Result<> kept) { answer.set_value(kept); });
    BOOST_REQUIRE(answer.get_future().get().ok());
  }

  Cluster cluster;
  RunId run;
};

} // namespace

BOOST_AUTO_TEST_SUITE(run_reader)

BOOST_AUTO_TEST_CASE(a_fold_begins_at_its_snapshot) {
  Waiting waiting;
  BOOST_TEST(waiting.read().created.title != "kept");
  waiting.keep(waiting.marked());
  BOOST_TEST(waiting.read().created.title == "kept");
}

BOOST_AUTO_TEST_CASE(a_snapshot_that_cannot_be_used_is_left_aside) {
  const std::pair<const char*, std::function<void(ports::Snapshot&)>> defects[] = {
      {"of a newer program", [](auto& snapshot) { ++snapshot.format; }},
      {"cut off", [](auto& snapshot) { snapshot.body.pop_back(); }},
      {"of another plan",
       [](auto& snapshot) { snapshot.body.replace(snapshot.body.find("\"one\""), 5, "\"two\""); }},
      {"not where it says",
       [](auto& snapshot) {
         const std::string key = "\"next_seq\":";
         snapshot.body.insert(snapshot.body.find(key) + key.size(), "9");
       }},
  };
  for (const auto& [what, spoil] : defects) {
    BOOST_TEST_CONTEXT(what) {
      Waiting waiting;
      auto snapshot = waiting.marked();
      spoil(snapshot);
      waiting.keep(std::move(snapshot));
      const auto folded = waiting.read();
      BOOST_TEST(folded.created.title != "kept");
      BOOST_TEST(folded.next_seq > 1u);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
