// What every Journal does.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>

#include "tests/conformance/store_backends.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::conformance;
using ports::AppendOutcome;
using ports::RunState;

namespace {

template <class Calls>
RunId started(Calls& node) {
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  return job.run;
}

} // namespace

BOOST_AUTO_TEST_SUITE(journal)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_appended_is_read_back_in_order, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  std::vector<ports::Append> appends;
  for (Seq seq = 1; seq <= 3; ++seq) {
    appends.push_back(node.new_append(run, seq, R"([{"n":)" + std::to_string(seq) + "}]"));
    BOOST_REQUIRE((node.append(appends.back()) == AppendOutcome::durable));
  }
  const auto rows = cluster.b.read(run); // from another node
  BOOST_REQUIRE(rows.size() == 4u);
  for (Seq seq = 1; seq <= 3; ++seq) {
    const auto& expected = appends[seq - 1];
    BOOST_TEST(rows[seq].seq == seq);
    BOOST_TEST((rows[seq].id == expected.id));
    BOOST_TEST((rows[seq].at == expected.at));
    BOOST_TEST(rows[seq].body == expected.body);
  }
  BOOST_TEST(rows[0].body == R"([{"type":"run.created"}])");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_read_starts_at_a_seq_and_stops_at_a_limit, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  for (Seq seq = 1; seq <= 9; ++seq) node.append(node.new_append(run, seq));
  const auto rows = node.read(run, 4, 3);
  BOOST_REQUIRE(rows.size() == 3u);
  BOOST_TEST(rows.front().seq == 4u);
  BOOST_TEST(rows.back().seq == 6u);
  BOOST_TEST(node.read(run, 10).empty());
  BOOST_TEST(node.read(node.new_job().run).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(any_text_comes_back_byte_for_byte, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  const std::string bodies[] = {
      R"({"quote":"\"","backslash":"\\","comma":"{a,b}","null":NULL})",
      "{\"newline\":\"\\n\",\"raw\":\"\n\t\x01\"}",
      "{\"\u20ac\":\"\U0001F600\",\"escaped\":\"\\u0000\"}",
      "",
      "NULL",
      std::string(300'000, 'x'),
  };
  Seq seq = 0;
  for (const auto& body : bodies) {
    BOOST_REQUIRE((node.append(node.new_append(run, ++seq, body)) == AppendOutcome::durable));
    BOOST_TEST((node.read(run, seq).at(0).body == body));
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bytes_that_are_no_text_are_replaced_not_refused, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  using std::string_literals::operator""s;
  const std::pair<std::string, std::string> table[] = {
      {"a\0b"s, "a\ufffdb"},
      {"\xff", "\ufffd"},
      {"a\xc3", "a\ufffd"},                               // cut short
      {"\xed\xa0\x80", "\ufffd\ufffd\ufffd"},             // a surrogate
      {"\xc0\xaf", "\ufffd\ufffd"},                       // overlong
      {"\xf4\x90\x80\x80z", "\ufffd\ufffd\ufffd\ufffdz"}, // beyond Unicode
  };
  Seq seq = 0;
  for (const auto& [sent, stored] : table) {
    BOOST_REQUIRE((node.append(node.new_append(run, ++seq, sent)) == AppendOutcome::durable));
    BOOST_TEST(node.read(run, seq).at(0).body == stored);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_append_at_a_taken_seq_writes_nothing, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  const auto first = node.new_append(run, 1, "\"first\"");
  BOOST_REQUIRE((node.append(first) == AppendOutcome::durable));
  auto rival = node.new_append(run, 1, "\"rival\"");
  rival.owner = cluster.b.me;
  BOOST_TEST((cluster.b.append(rival) == AppendOutcome::ownership_lost));
  BOOST_TEST(node.read(run, 1).at(0).body == "\"first\"");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_append_sent_twice_is_durable_and_written_once, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  const auto append = node.new_append(run, 1);
  BOOST_TEST((node.append(append) == AppendOutcome::durable));
  BOOST_TEST((node.append(append) == AppendOutcome::durable));
  BOOST_TEST(node.read(run).size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fenced_or_unknown_incarnation_writes_nothing, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  BOOST_REQUIRE(cluster.b.fence(node.me));
  BOOST_TEST((node.append(node.new_append(run, 1)) == AppendOutcome::ownership_lost));
  auto unknown = node.new_append(run, 1);
  unknown.owner = node.entropy.template make_id<IncarnationId>(node.now);
  BOOST_TEST((node.append(unknown) == AppendOutcome::ownership_lost));
  BOOST_TEST(node.read(run).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_was_durable_before_the_fence_stays_durable, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  const auto append = node.new_append(run, 1);
  BOOST_REQUIRE((node.append(append) == AppendOutcome::durable));
  BOOST_REQUIRE(cluster.b.fence(node.me));
  BOOST_TEST((node.append(append) == AppendOutcome::durable)); // its answer was lost, sent again
  BOOST_TEST(node.read(run).size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_node_that_joins_anew_writes_under_its_new_incarnation, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  BOOST_REQUIRE(cluster.b.fence(node.me));
  auto late = node.new_append(run, 1);
  node.me = node.join("a");
  auto fresh = node.new_append(run, 1);
  // queued together: each goes by its own incarnation's fence
  std::promise<AppendOutcome> first, second;
  node.store->journal().append(late, [&](auto outcome) { first.set_value(outcome); });
  node.store->journal().append(fresh, [&](auto outcome) { second.set_value(outcome); });
  BOOST_TEST((first.get_future().get() == AppendOutcome::ownership_lost));
  BOOST_TEST((second.get_future().get() == AppendOutcome::durable));
  BOOST_TEST((node.read(run, 1).at(0).id == fresh.id));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(appends_queued_together_are_answered_one_by_one, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  constexpr std::size_t count = 3000; // more than one batch
  std::vector<ports::Append> appends;
  for (std::size_t i = 0; i < count; ++i) appends.push_back(node.new_append(node.new_job().run, 1));
  appends[17].run = appends[16].run; // two claim one key: one of them is a rival
  std::atomic<std::size_t> durable{0}, lost{0};
  std::promise<void> all;
  for (const auto& append : appends)
    node.store->journal().append(append, [&](auto outcome) {
      ++(outcome == AppendOutcome::durable ? durable : lost);
      if (durable + lost == count) all.set_value();
    });
  all.get_future().wait();
  BOOST_TEST(durable == count - 1);
  BOOST_TEST(lost == 1u);
  BOOST_TEST(node.read(appends[0].run).size() == 1u);
  BOOST_TEST(node.read(appends[16].run).size() == 1u);
  BOOST_TEST(support::eventually([&] { return node.store->journal().depth() == 0; }));
}

// ---- the end of a run

BOOST_AUTO_TEST_CASE_TEMPLATE(an_end_sets_the_run_and_its_job_with_the_append, B, Backends) {
  const RunState table[] = {RunState::completed, RunState::failed, RunState::cancelled,
                            RunState::needs_person};
  Cluster<B> cluster;
  auto& node = cluster.a;
  for (const auto state : table) {
    const auto job = node.new_job();
    BOOST_REQUIRE(node.submit(job).ok());
    BOOST_REQUIRE(node.claim().size() == 1u);
    const auto end = node.ending(job.run, 1, state, "because");
    BOOST_REQUIRE((node.append(end) == AppendOutcome::durable));
    const auto run = node.run(job.run);
    BOOST_TEST((run->state == state));
    BOOST_TEST(run->reason == "because");
    BOOST_TEST((run->finished_at == end.at));
    BOOST_TEST(!run->owner.has_value());
    const auto row = node.job(job.id);
    BOOST_TEST((row->state == state));
    BOOST_TEST(row->reason == "because");
    BOOST_TEST((row->finished_at == end.at));
    BOOST_TEST(node.claim().empty());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_end_that_was_not_written_ends_nothing, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  auto taken = node.ending(run, 0); // seq 0 is the submission's
  BOOST_TEST((node.append(taken) == AppendOutcome::ownership_lost));
  BOOST_TEST((node.run(run)->state == RunState::running));
  BOOST_REQUIRE(cluster.b.fence(node.me));
  BOOST_TEST((node.append(node.ending(run, 1)) == AppendOutcome::ownership_lost));
  BOOST_TEST((cluster.b.run(run)->state == RunState::running));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_end_sent_twice_is_durable, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto end = node.ending(started(node), 1);
  BOOST_TEST((node.append(end) == AppendOutcome::durable));
  BOOST_TEST((node.append(end) == AppendOutcome::durable));
}

// ---- the inbox and the journal

BOOST_AUTO_TEST_CASE_TEMPLATE(an_append_takes_inbox_rows_with_it, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  for (const auto* id : {"x", "y", "z"}) BOOST_TEST(*node.post(run, id));
  auto append = node.new_append(run, 1);
  append.inbox_applied = {"x", "z", "unknown"};
  BOOST_REQUIRE((node.append(append) == AppendOutcome::durable));
  const auto rest = node.inbox(run);
  BOOST_REQUIRE(rest.size() == 1u);
  BOOST_TEST(rest[0].id == "y");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_append_that_was_not_written_takes_nothing, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  BOOST_TEST(*node.post(run, "x"));
  auto append = node.new_append(run, 0);
  append.inbox_applied = {"x"};
  BOOST_TEST((node.append(append) == AppendOutcome::ownership_lost));
  BOOST_TEST(node.inbox(run).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_run_does_not_end_over_an_inbox_that_was_not_read, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  BOOST_TEST(*node.post(run, "seen"));
  BOOST_TEST(*node.post(run, "unseen"));
  auto end = node.ending(run, 1);
  end.inbox_applied = {"seen"};
  BOOST_TEST((node.append(end) == AppendOutcome::inbox_waiting));
  BOOST_TEST(node.read(run).size() == 1u);
  BOOST_TEST(node.inbox(run).size() == 2u);
  BOOST_TEST((node.run(run)->state == RunState::running));

  auto step = node.new_append(run, 1); // an append that ends nothing is not held up
  step.inbox_applied = {"seen"};
  BOOST_TEST((node.append(step) == AppendOutcome::durable));
  BOOST_TEST((node.append(node.ending(run, 2)) == AppendOutcome::inbox_waiting));

  end = node.ending(run, 2);
  end.inbox_applied = {"unseen"};
  BOOST_TEST((node.append(end) == AppendOutcome::durable));
  BOOST_TEST((node.run(run)->state == RunState::completed));
  BOOST_TEST(node.inbox(run).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_fenced_owner_is_not_told_to_read_its_inbox, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto run = started(node);
  BOOST_TEST(*node.post(run, "unseen"));
  BOOST_REQUIRE(cluster.b.fence(node.me));
  BOOST_TEST((node.append(node.ending(run, 1)) == AppendOutcome::ownership_lost));
}

BOOST_AUTO_TEST_SUITE_END()
