// Further runs of a job: retries and forks.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;
using ports::RunState;

namespace {

template <class Node>
ports::NewRun new_run(Node& node, JobId job) {
  node.now += Millis{1};
  return {
      job,      node.entropy.template make_id<RunId>(node.now),    sha256_hex("bundle 2"),
      node.now, node.entropy.template make_id<AppendId>(node.now), R"([{"type":"run.created"}])"};
}

template <class Node>
Result<bool> add_run(Node& node, const ports::NewRun& run) {
  return support::ask<bool>([&](auto done) { node.store->jobs().add_run(run, done); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(further_runs)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_further_run_makes_its_job_run_again, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = node.new_job("web");
  BOOST_REQUIRE(node.submit(job).ok());
  node.append(node.ending(job.run, 1));
  BOOST_REQUIRE((node.job(job.id)->state != RunState::running));

  const auto run = new_run(node, job.id);
  const auto added = add_run(node, run);
  BOOST_REQUIRE_MESSAGE(added.ok(), (added.ok() ? "" : added.error().message));
  BOOST_TEST(*added);
  const auto row = cluster.b.job(job.id);
  BOOST_TEST((row->state == RunState::running));
  BOOST_TEST(row->reason.empty());
  BOOST_TEST(!row->finished_at.has_value());
  BOOST_TEST((row->runs == std::vector{run.id, job.run})); // newest first
  BOOST_TEST(cluster.b.run(run.id)->bundle == run.bundle);
  const auto journal = cluster.b.read(run.id);
  BOOST_REQUIRE(journal.size() == 1u);
  BOOST_TEST((journal[0].id == run.append));
  const auto claimed = node.claim();
  BOOST_REQUIRE(claimed.size() == 1u);
  BOOST_TEST((claimed[0].id == run.id));
  node.append(node.ending(run.id, 1));
  BOOST_TEST((cluster.b.job(job.id)->state != RunState::running));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_same_run_is_added_once, B, Backends) {
  Cluster<B> cluster;
  const auto job = cluster.a.new_job();
  BOOST_REQUIRE(cluster.a.submit(job).ok());
  const auto run = new_run(cluster.a, job.id);
  BOOST_TEST(*add_run(cluster.a, run));
  BOOST_TEST(!*add_run(cluster.b, run));
  BOOST_TEST(cluster.a.job(job.id)->runs.size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_earlier_run_that_ends_later_does_not_speak_for_the_job, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  BOOST_REQUIRE(add_run(node, new_run(node, job.id)).ok());
  node.append(node.ending(job.run, 1));
  BOOST_TEST((node.job(job.id)->state == RunState::running));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_run_needs_a_job, B, Backends) {
  Cluster<B> cluster;
  const auto refused = add_run(cluster.a, new_run(cluster.a, JobId{}));
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(refused.error().message.starts_with("there is no job"));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(runs_that_ask_a_person_are_found_until_they_end, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto quiet = node.new_job(), first = node.new_job(), second = node.new_job();
  for (const auto& job : {quiet, first, second}) BOOST_REQUIRE(node.submit(job).ok());
  const std::string asks = R"({"v":1,"events":[{"type":"approval.requested","step":"ok"}]})";
  node.append(node.new_append(first.run, 1, asks));
  node.append(node.new_append(second.run, 1, asks));
  node.append(node.new_append(quiet.run, 1));
  const auto asking = [&](std::uint32_t limit) {
    const auto runs = support::ask<std::vector<ports::RunRow>>(
        [&](auto done) { cluster.b.store->jobs().asking_runs(limit, done); });
    std::vector<RunId> ids;
    for (const auto& run : *runs) ids.push_back(run.id);
    return ids;
  };
  BOOST_TEST((asking(10) == std::vector{second.run, first.run}));
  BOOST_TEST((asking(1) == std::vector{second.run}));
  node.append(node.ending(second.run, 2));
  BOOST_TEST((asking(10) == std::vector{first.run}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(every_word_of_people_and_runs_has_a_place_in_the_inbox, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  for (const auto* kind :
       {"signal", "cancel", "approval", "kill", "pause", "resume", "skip_wait", "resolve", "child"})
    BOOST_TEST(node.post(job.run, kind, kind, "{}").ok(), kind);
  BOOST_TEST(!node.post(job.run, "x", "shout", "{}").ok());
}

BOOST_AUTO_TEST_SUITE_END()
