// What every JobStore does with claims, inboxes, documents and lists (submit_test.cpp: with what is
// submitted).
#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/conformance/store_backends.hpp"

using namespace troupe;
using namespace troupe::conformance;
using ports::AppendOutcome;
using ports::RunState;

namespace {

/// Runs that are told apart by names.
template <class Node>
struct NamedRuns {
  Node& node;
  std::map<RunId, std::string> names{};

  void add(const char* name, const char* team, message::Priority priority) {
    auto job = node.new_job(team);
    job.priority = priority;
    names[job.run] = name;
    BOOST_REQUIRE(node.submit(job).ok());
  }
  std::vector<std::string> of(const std::vector<ports::RunRow>& runs) const {
    std::vector<std::string> out;
    for (const auto& run : runs) out.push_back(names.at(run.id));
    return out;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(job_store)

// ---- claim

BOOST_AUTO_TEST_CASE_TEMPLATE(claims_go_by_priority_then_round_robin_over_teams, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  NamedRuns runs{node};
  using enum message::Priority;
  runs.add("low", "a", low);
  runs.add("a1", "a", normal);
  runs.add("a2", "a", normal);
  runs.add("a3", "a", normal);
  runs.add("b1", "b", normal);
  runs.add("c1", "c", normal);
  runs.add("c2", "c", normal);
  runs.add("critical", "z", critical);
  runs.add("high", "a", high);

  const std::vector<std::string> first{"critical", "high", "a1", "b1"};
  const std::vector<std::string> second{"c1", "a2", "c2"}; // c is next; b has no more
  const std::vector<std::string> third{"a3", "low"};
  BOOST_TEST(runs.of(node.claim(4)) == first, boost::test_tools::per_element());
  BOOST_TEST(runs.of(node.claim(3)) == second, boost::test_tools::per_element());
  BOOST_TEST(runs.of(node.claim(9)) == third, boost::test_tools::per_element());
  BOOST_TEST(node.claim(9).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_team_with_many_runs_does_not_starve_another, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  for (int i = 0; i < 20; ++i) BOOST_REQUIRE(node.submit(node.new_job("flood")).ok());
  const auto quiet = node.new_job("quiet");
  BOOST_REQUIRE(node.submit(quiet).ok());
  node.claim(1);
  BOOST_TEST((node.claim(1).at(0).id == quiet.run)); // one at a time as well
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_claim_leaves_the_lanes_that_are_full, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  NamedRuns runs{node};
  using enum message::Priority;
  runs.add("flood", "flood", normal);
  runs.add("urgent", "flood", high);
  runs.add("quiet", "quiet", normal);
  runs.add("other", "other", low);
  const std::vector<ports::Lane> full{{normal, "flood"}, {low, "other"}, {high, "nobody"}};
  const auto rows = node.claim(node.me, 9, full);
  const std::vector<std::string> first{"urgent", "quiet"}, rest{"flood", "other"};
  BOOST_TEST(runs.of(rows) == first, boost::test_tools::per_element());
  BOOST_REQUIRE(rows.size() == 2u);
  BOOST_TEST((rows[0].lane == ports::Lane{high, "flood"}));
  BOOST_TEST((node.run(rows[1].id)->lane == ports::Lane{normal, "quiet"}));
  BOOST_TEST(runs.of(node.claim(9)) == rest, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_claimed_run_shows_its_owner_and_is_not_claimed_again, B, Backends) {
  Cluster<B> cluster;
  const auto job = cluster.a.new_job();
  BOOST_REQUIRE(cluster.a.submit(job).ok());
  const auto claimed = cluster.a.claim();
  BOOST_REQUIRE(claimed.size() == 1u);
  BOOST_TEST((claimed[0].id == job.run));
  BOOST_TEST((claimed[0].job == job.id));
  BOOST_TEST(claimed[0].bundle == job.bundle);
  BOOST_TEST((claimed[0].owner == cluster.a.me));
  BOOST_TEST(claimed[0].owner_node == "a");
  BOOST_TEST(cluster.b.claim().empty());
  const auto shown = cluster.b.run(job.run);
  BOOST_TEST((shown->owner == cluster.a.me));
  BOOST_TEST(shown->owner_node == "a");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(only_its_owner_releases_a_run, B, Backends) {
  Cluster<B> cluster;
  const auto job = cluster.a.new_job();
  BOOST_REQUIRE(cluster.a.submit(job).ok());
  cluster.a.claim();
  cluster.b.release(job.run, cluster.b.me);
  BOOST_TEST(cluster.b.claim().empty());
  cluster.a.release(job.run, cluster.a.me);
  BOOST_TEST(!cluster.a.run(job.run)->owner.has_value());
  BOOST_TEST(cluster.b.claim().size() == 1u);
  cluster.a.release(job.run, cluster.a.me); // late, and harmless
  BOOST_TEST((cluster.a.run(job.run)->owner == cluster.b.me));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_runs_of_a_fenced_node_are_free, B, Backends) {
  Cluster<B> cluster;
  const auto job = cluster.a.new_job();
  BOOST_REQUIRE(cluster.a.submit(job).ok());
  cluster.a.claim();
  BOOST_REQUIRE(cluster.b.fence(cluster.a.me));
  BOOST_TEST(cluster.a.claim().empty()); // the fenced one gets nothing, not even its own
  const auto claimed = cluster.b.claim();
  BOOST_REQUIRE(claimed.size() == 1u);
  BOOST_TEST((claimed[0].owner == cluster.b.me));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(one_that_never_joined_claims_nothing, B, Backends) {
  Cluster<B> cluster;
  BOOST_REQUIRE(cluster.a.submit(cluster.a.new_job()).ok());
  const auto stranger = cluster.a.entropy.template make_id<IncarnationId>(cluster.a.now);
  BOOST_TEST(cluster.a.claim(stranger, 10).empty());
  BOOST_TEST(cluster.a.claim(0).empty());
}

// ---- inbox

BOOST_AUTO_TEST_CASE_TEMPLATE(an_inbox_keeps_the_order_of_arrival_and_every_id_once, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  BOOST_TEST(*node.post(job.run, "z", "signal", R"({"name":"go","body":{"n":1}})"));
  BOOST_TEST(*node.post(job.run, "a", "cancel", R"({"reason":"stop"})"));
  BOOST_TEST(*node.post(job.run, "m", "approval", "null"));
  BOOST_TEST(!*cluster.b.post(job.run, "z", "signal", "\"another body\""));
  const auto rows = cluster.b.inbox(job.run);
  BOOST_REQUIRE(rows.size() == 3u);
  BOOST_TEST(rows[0].id == "z");
  BOOST_TEST(rows[0].kind == "signal");
  BOOST_TEST(rows[0].body.text == R"({"name":"go","body":{"n":1}})");
  BOOST_TEST((rows[0].at == node.now));
  BOOST_TEST(rows[1].id == "a");
  BOOST_TEST(rows[1].kind == "cancel");
  BOOST_TEST(rows[2].id == "m");
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_id_that_was_taken_is_not_recorded_again, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  BOOST_TEST(*node.post(job.run, "x"));
  auto append = node.new_append(job.run, 1);
  append.inbox_applied = {"x"};
  BOOST_REQUIRE((node.append(append) == AppendOutcome::durable));
  BOOST_TEST(!*node.post(job.run, "x"));
  BOOST_TEST(node.inbox(job.run).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_run_that_is_not_there_or_has_ended_takes_no_post, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = node.new_job();
  const auto missing = node.post(job.run, "x");
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(names_field(missing.error(), "there is no run " + to_string(job.run)));
  BOOST_REQUIRE(node.submit(job).ok());
  node.append(node.ending(job.run, 1));
  const auto ended = node.post(job.run, "x");
  BOOST_REQUIRE(!ended.ok());
  BOOST_TEST(names_field(ended.error(), "run " + to_string(job.run) + " has ended"));
  BOOST_TEST(node.inbox(job.run).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_post_that_cannot_be_kept_names_the_field, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto job = node.new_job();
  BOOST_REQUIRE(node.submit(job).ok());
  const auto fault = [&](const std::string& id, const std::string& kind, const std::string& body) {
    const auto refused = node.post(job.run, id, kind, body);
    return refused.ok() ? "" : refused.error().message.substr(0, 5);
  };
  BOOST_TEST(fault(std::string(600, 'i'), "signal", "1") == "id: 6");
  BOOST_TEST(fault("x", "gossip", "1") == "kind:");
  BOOST_TEST(fault("x", "signal", "\xff") == "body:");
}

// ---- documents

BOOST_AUTO_TEST_CASE_TEMPLATE(a_document_is_found_by_its_hash_alone, B, Backends) {
  Cluster<B> cluster;
  const std::string body = R"({"plan":{"plan":"p"}})";
  const auto hash = sha256_hex(body);
  const auto missing = cluster.b.document(hash);
  BOOST_REQUIRE(!missing.ok());
  BOOST_TEST(names_field(missing.error(), "there is no document " + hash));
  BOOST_TEST(cluster.a.put_document(hash, body).ok());
  BOOST_TEST(cluster.a.put_document(hash, body).ok());
  BOOST_TEST(*cluster.b.document(hash) == body);
  const auto wrong = cluster.a.put_document(sha256_hex("other"), body);
  BOOST_REQUIRE(!wrong.ok());
  BOOST_TEST(names_field(wrong.error(), "hash: "));
}

// ---- lists

BOOST_AUTO_TEST_CASE_TEMPLATE(jobs_are_listed_newest_first_by_filter_and_page, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  std::vector<ports::NewJob> jobs;
  for (int i = 0; i < 6; ++i) {
    jobs.push_back(node.new_job(i % 2 ? "odd" : "even"));
    BOOST_REQUIRE(node.submit(jobs.back()).ok());
  }
  node.append(node.ending(jobs[1].run, 1, RunState::failed, "no luck"));
  node.append(node.ending(jobs[2].run, 1));

  const auto listed = [&](const ports::JobFilter& filter) {
    std::string out;
    for (const auto& row : node.jobs(filter))
      for (std::size_t i = 0; i < jobs.size(); ++i)
        if (jobs[i].id == row.id) out += std::to_string(i);
    return out;
  };
  BOOST_TEST(listed({}) == "543210");
  BOOST_TEST(listed({.team = "odd"}) == "531");
  BOOST_TEST(listed({.state = RunState::running}) == "5430");
  BOOST_TEST(listed({.state = RunState::failed}) == "1");
  BOOST_TEST(listed({.team = "even", .state = RunState::running}) == "40");
  BOOST_TEST(listed({.limit = 2}) == "54");
  BOOST_TEST(listed({.limit = 2, .before = jobs[4].id}) == "32");
  BOOST_TEST(listed({.team = "even", .before = jobs[3].id}) == "20");
  BOOST_TEST(listed({.team = "none"}) == "");
  BOOST_TEST(!node.job(node.new_job().id).has_value());

  const auto runs = node.runs({.team = "odd", .limit = 2});
  BOOST_REQUIRE(runs.size() == 2u);
  BOOST_TEST((runs[0].id == jobs[5].run));
  BOOST_TEST((runs[1].id == jobs[3].run));
  BOOST_TEST(node.runs({.state = RunState::failed}).at(0).reason == "no luck");
  BOOST_TEST(node.runs().size() == 6u);
  BOOST_TEST(!node.run(node.new_job().run).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
