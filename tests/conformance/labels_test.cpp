// What every store does with labels.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;

BOOST_AUTO_TEST_SUITE(labels)

BOOST_AUTO_TEST_CASE_TEMPLATE(jobs_and_runs_are_found_by_all_of_their_labels, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto submit = [&](const Labels& labels) {
    auto job = node.new_job();
    job.labels = labels;
    BOOST_REQUIRE(node.submit(job).ok());
    return job;
  };
  const auto none = submit({});
  const auto web = submit({{"env", "prod"}, {"service", "web"}});
  const auto quoted = submit({{"env", "prod"}, {"who", "\"a\" \\ '%"}});
  const auto found = [&](const Labels& labels) {
    ports::JobFilter filter;
    filter.labels = labels;
    std::vector<JobId> jobs, of_runs;
    for (const auto& job : cluster.b.jobs(filter)) jobs.push_back(job.id);
    for (const auto& run : cluster.b.runs(filter)) of_runs.push_back(run.job);
    BOOST_TEST((jobs == of_runs));
    return jobs;
  };
  using Ids = std::vector<JobId>;
  BOOST_TEST((found({}) == Ids{quoted.id, web.id, none.id}));
  BOOST_TEST((found({{"env", "prod"}}) == Ids{quoted.id, web.id}));
  BOOST_TEST((found({{"env", "prod"}, {"service", "web"}}) == Ids{web.id}));
  BOOST_TEST((found({{"who", "\"a\" \\ '%"}}) == Ids{quoted.id}));
  BOOST_TEST(found({{"env", "pro"}}).empty());
  BOOST_TEST(found({{"env", ""}}).empty());
  BOOST_TEST((node.job(web.id)->labels == web.labels));
  BOOST_TEST((node.run(web.run)->labels == web.labels));
  BOOST_TEST(node.run(none.run)->labels.empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_child_run_has_the_labels_of_its_parent_and_its_own_win, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto submit = [&](const Labels& labels, std::optional<RunId> parent) {
    auto job = node.new_job();
    job.labels = labels;
    job.parent = parent;
    BOOST_REQUIRE(node.submit(job).ok());
    return job;
  };
  const auto parent = submit({{"env", "prod"}, {"service", "web"}}, {});
  const auto child = submit({}, parent.run);
  const auto of_child = submit({{"service", "db"}, {"step", "x"}}, child.run);
  const auto of_none = submit({{"a", "b"}}, node.entropy.template make_id<RunId>(node.now));
  BOOST_TEST((cluster.b.job(child.id)->labels == parent.labels));
  BOOST_TEST((cluster.b.run(child.run)->labels == parent.labels));
  BOOST_TEST((cluster.b.job(of_child.id)->labels ==
              Labels{{"env", "prod"}, {"service", "db"}, {"step", "x"}}));
  BOOST_TEST((cluster.b.job(of_none.id)->labels == of_none.labels));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_that_an_alert_starts_has_labels_too, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  auto job = node.new_job();
  job.labels = {{"service", "web"}};
  ports::AlertBatch batch{"troupe",
                          "{}:{service=\"web\"}",
                          {{"f1", "firing", "2026-11-20T18:46:51Z", JsonText{"{}"}}},
                          job,
                          node.now};
  BOOST_REQUIRE(node.accept(batch).ok());
  BOOST_TEST((cluster.b.job(job.id)->labels == job.labels));
}

BOOST_AUTO_TEST_SUITE_END()
