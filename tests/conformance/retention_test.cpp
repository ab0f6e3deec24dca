// What every Retention does with finished runs.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;
using namespace std::chrono_literals;
using ports::AppendOutcome;

namespace {

const ports::RetentionRule week_and_month{"", 7 * 24h, 30 * 24h};

/// A job that has ended, with three appends.
template <class Calls>
ports::NewJob ended_job(Calls& node, const std::string& team = "ops", const std::string& key = "") {
  const auto job = node.new_job(team, key);
  BOOST_REQUIRE(node.submit(job).ok());
  BOOST_REQUIRE((node.append(node.new_append(job.run, 1, "\"one\"")) == AppendOutcome::durable));
  BOOST_REQUIRE((node.append(node.ending(job.run, 2)) == AppendOutcome::durable));
  return job;
}

} // namespace

BOOST_AUTO_TEST_SUITE(retention)

BOOST_AUTO_TEST_CASE_TEMPLATE(what_ended_long_ago_is_archived_and_reads_as_before, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = ended_job(node);
  const auto before = node.read(job.run);
  node.now += 7 * 24h;
  node.now += 1s;
  const auto running = node.new_job();
  BOOST_REQUIRE(node.submit(running).ok());
  const auto recent = ended_job(node);
  BOOST_TEST(node.retain({week_and_month}).archived == 1u);
  BOOST_TEST(node.run(job.run)->archived);
  BOOST_TEST(!node.run(running.run)->archived);
  BOOST_TEST(!node.run(recent.run)->archived);

  const auto after = cluster.b.read(job.run);
  BOOST_REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    BOOST_TEST(after[i].seq == before[i].seq);
    BOOST_TEST((after[i].id == before[i].id));
    BOOST_TEST((after[i].at == before[i].at));
    BOOST_TEST(after[i].body == before[i].body);
  }
  BOOST_TEST(node.read(job.run, 1, 1).at(0).body == "\"one\"");
  BOOST_TEST(node.read(job.run, 3).empty());
  BOOST_TEST(node.fold(job.run).rows.size() == 3u);
  BOOST_TEST((node.job(job.id)->state == ports::RunState::completed));
  const auto again = node.retain({week_and_month});
  BOOST_TEST(again.archived == 0u);
  BOOST_TEST(!again.more);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_archived_run_takes_nothing_more, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = ended_job(node);
  node.now += 8 * 24h;
  BOOST_TEST(node.retain({week_and_month}).archived == 1u);
  BOOST_TEST((node.append(node.ending(job.run, 3)) == AppendOutcome::ownership_lost));
  BOOST_TEST(!node.post(job.run, "x").ok());
  BOOST_TEST(node.claim().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_ended_longer_ago_is_deleted_with_all_that_belongs_to_it, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto keyed = ended_job(node, "ops", "key");
  const ports::AlertBatch alerts{
      "troupe", "group", {{"f1", "firing", "t", JsonText{"{}"}}}, node.new_job(), node.now};
  BOOST_REQUIRE(node.accept(alerts)->started.has_value());
  const auto incident = alerts.job_if_needed->run;
  BOOST_REQUIRE((node.append(node.ending(incident, 1)) == AppendOutcome::durable));
  node.now += 31 * 24h;
  const auto recent = ended_job(node);
  const auto report = node.retain({week_and_month});
  BOOST_TEST(report.purged == 2u);
  BOOST_TEST(!node.job(keyed.id).has_value());
  BOOST_TEST(!node.run(keyed.run).has_value());
  BOOST_TEST(node.read(keyed.run).empty());
  BOOST_TEST(!node.run(incident).has_value());
  BOOST_TEST(node.job(recent.id).has_value());
  BOOST_TEST(!node.submit(node.new_job("ops", "key"))->duplicate); // free again
  BOOST_TEST(node.accept(alerts)->accepted == 1u);                 // unknown again
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_team_may_have_a_rule_of_its_own, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto ops = ended_job(node, "ops"), web = ended_job(node, "web"),
             lab = ended_job(node, "lab");
  node.now += 3 * 24h;
  const auto report = node.retain({week_and_month, {"web", 24h, std::nullopt}, {"lab", 1h, 48h}});
  BOOST_TEST(report.purged == 1u);
  BOOST_TEST(!node.run(ops.run)->archived);
  BOOST_TEST(node.run(web.run)->archived);
  BOOST_TEST(!node.run(lab.run).has_value());
  node.now += 10'000 * 24h;
  node.retain({{"web", 24h, std::nullopt}}); // no rule: kept as it is
  BOOST_TEST(!node.run(ops.run)->archived);
  BOOST_TEST(node.run(web.run).has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_batch_is_bounded_and_says_that_there_is_more, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  for (int i = 0; i < 5; ++i) ended_job(node);
  node.now += 8 * 24h;
  const auto first = node.retain({week_and_month}, 3);
  BOOST_TEST(first.archived == 3u);
  BOOST_TEST(first.more);
  const auto second = node.retain({week_and_month}, 3);
  BOOST_TEST(second.archived == 2u);
  BOOST_TEST(!second.more);
}

BOOST_AUTO_TEST_SUITE_END()
