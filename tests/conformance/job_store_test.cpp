// What every JobStore does with jobs, runs, inboxes and documents.
#include <boost/test/unit_test.hpp>
#include <map>

#include "tests/conformance/store_backends.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::conformance;
using ports::AppendOutcome;
using ports::RunState;

namespace {

std::vector<std::string> names_of(const std::vector<ports::RunRow>& runs,
                                  const std::map<RunId, std::string>& names) {
  std::vector<std::string> out;
  for (const auto& run : runs) out.push_back(names.at(run.id));
  return out;
}

bool names_field(const Error& error, const std::string& field) {
  return error.error_class == ErrorClass::invalid_input && error.message.starts_with(field);
}

} // namespace

BOOST_AUTO_TEST_SUITE(job_store)

// ---- submit

BOOST_AUTO_TEST_CASE_TEMPLATE(a_job_its_run_and_the_first_append_are_there_together, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  auto job = node.new_job("web", "key-1");
  job.priority = message::Priority::critical;
  const auto submitted = node.submit(job);
  BOOST_REQUIRE(submitted.ok());
  BOOST_TEST((submitted->job == job.id));
  BOOST_TEST((submitted->run == job.run));
  BOOST_TEST(!submitted->duplicate);

  const auto row = cluster.b.job(job.id);
  BOOST_REQUIRE(row.has_value());
  BOOST_TEST(row->team == "web");
  BOOST_TEST(row->title == job.title);
  BOOST_TEST(row->source == "http");
  BOOST_TEST(row->idempotency_key == "key-1");
  BOOST_TEST((row->priority == message::Priority::critical));
  BOOST_TEST((row->state == RunState::running));
  BOOST_TEST(row->reason == "");
  BOOST_TEST((row->created_at == job.at));
  BOOST_TEST(!row->finished_at.has_value());
  BOOST_TEST((row->inputs == job.inputs));
  BOOST_TEST((row->runs == std::vector{job.run}));

  const auto run = cluster.b.run(job.run);
  BOOST_REQUIRE(run.has_value());
  BOOST_TEST((run->job == job.id));
  BOOST_TEST(run->bundle == job.bundle);
  BOOST_TEST((run->state == RunState::running));
  BOOST_TEST(!run->owner.has_value());
  BOOST_TEST(run->owner_node == "");
  BOOST_TEST((run->created_at == job.at));

  const auto journal = cluster.b.read(job.run);
  BOOST_REQUIRE(journal.size() == 1u);
  BOOST_TEST(journal[0].seq == 0u);
  BOOST_TEST((journal[0].id == job.append));
  BOOST_TEST(journal[0].body == job.body);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_same_key_gives_the_first_job_again, B, Backends) {
  Cluster<B> cluster;
  const auto first = cluster.a.new_job("ops", "key");
  BOOST_REQUIRE(cluster.a.submit(first).ok());
  const auto again = cluster.b.submit(cluster.b.new_job("ops", "key"));
  BOOST_REQUIRE(again.ok());
  BOOST_TEST(again->duplicate);
  BOOST_TEST((again->job == first.id));
  BOOST_TEST((again->run == first.run));
  BOOST_TEST(cluster.a.jobs().size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_key_outlives_the_end_of_its_job, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto first = node.new_job("ops", "key");
  BOOST_REQUIRE(node.submit(first).ok());
  node.append(node.ending(first.run, 1));
  const auto again = node.submit(node.new_job("ops", "key"));
  BOOST_TEST(again->duplicate);
  BOOST_TEST((again->job == first.id));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_same_key_for_another_request_is_refused, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  BOOST_REQUIRE(node.submit(node.new_job("ops", "key")).ok());
  auto other = node.new_job("ops", "key");
  other.request_digest = sha256_hex("something else");
  const auto refused = node.submit(other);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST(names_field(refused.error(), "idempotency key \"key\""));
  BOOST_TEST(node.jobs().size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(keys_belong_to_a_team_and_jobs_without_one_are_never_the_same, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  for (const auto& [team, key] :
       {std::pair{"one", "key"}, {"two", "key"}, {"one", ""}, {"one", ""}}) {
    const auto submitted = node.submit(node.new_job(team, key));
    BOOST_REQUIRE(submitted.ok());
    BOOST_TEST(!submitted->duplicate);
  }
  BOOST_TEST(node.jobs().size() == 4u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_same_submission_sent_twice_is_one_job, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  for (const auto* key : {"", "key"}) {
    const auto job = node.new_job("ops", key);
    for (int i = 0; i < 2; ++i) {
      const auto submitted = node.submit(job);
      BOOST_REQUIRE(submitted.ok());
      BOOST_TEST((submitted->job == job.id));
      BOOST_TEST(!submitted->duplicate);
    }
  }
  BOOST_TEST(node.jobs().size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(submissions_of_one_moment_are_each_answered_for_themselves, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  const auto first = node.new_job("ops", "key");
  BOOST_REQUIRE(node.submit(first).ok());
  auto other = node.new_job("ops", "key");
  other.request_digest = sha256_hex("something else");
  const auto twin = node.new_job("ops", "twin");
  const std::vector jobs{node.new_job(), node.new_job("ops", "key"),  other,
                         twin,           node.new_job("ops", "twin"), node.new_job()};
  std::vector<std::future<Result<ports::Submitted>>> later;
  for (const auto& job : jobs) later.push_back(node.submit_later(job));
  std::vector<Result<ports::Submitted>> answers;
  for (auto& answer : later) answers.push_back(answer.get());

  BOOST_TEST((answers[0]->job == jobs[0].id));
  BOOST_TEST((answers[1]->duplicate && answers[1]->job == first.id));
  BOOST_TEST(names_field(answers[2].error(), "idempotency key \"key\""));
  BOOST_TEST((!answers[3]->duplicate && answers[3]->job == twin.id));
  BOOST_TEST((answers[4]->duplicate && answers[4]->job == twin.id));
  BOOST_TEST((answers[5]->job == jobs[5].id));
  BOOST_TEST(node.jobs().size() == 4u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_new_run_has_the_owner_that_its_job_names_unless_that_is_fenced, B,
                              Backends) {
  Cluster<B> cluster;
  auto job = cluster.a.new_job();
  job.owner = cluster.a.me;
  for (int i = 0; i < 2; ++i) { // sent again, as after a lost answer
    const auto submitted = cluster.a.submit(job);
    BOOST_REQUIRE(submitted.ok());
    BOOST_TEST(submitted->owned);
  }
  BOOST_TEST((cluster.b.run(job.run)->owner == cluster.a.me));
  BOOST_TEST(cluster.b.claim().empty());

  BOOST_REQUIRE(cluster.b.fence(cluster.a.me));
  auto late = cluster.a.new_job();
  late.owner = cluster.a.me;
  const auto submitted = cluster.a.submit(late);
  BOOST_REQUIRE(submitted.ok());
  BOOST_TEST(!submitted->owned);
  BOOST_TEST(cluster.b.claim().size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_submission_that_cannot_be_kept_names_the_field, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  using Spoil = void (*)(ports::NewJob&);
  const std::pair<const char*, Spoil> table[] = {
      {"title: byte 1 is NUL",
       [](auto& job) {
         job.title = std::string{"a\0b", 3};
       }},
      {"title: byte 0 is not UTF-8", [](auto& job) { job.title = "\xff"; }},
      {"team: ", [](auto& job) { job.team = std::string(1000, 't'); }},
      {"idempotency_key: ", [](auto& job) { job.idempotency_key = std::string(1000, 'k'); }},
      {"inputs: ", [](auto& job) { job.inputs.text = "\"\xc3\""; }},
  };
  for (const auto& [expected, spoil] : table) {
    auto job = node.new_job();
    spoil(job);
    const auto refused = node.submit(job);
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST_CONTEXT(refused.error().message)
    BOOST_TEST(names_field(refused.error(), expected));
  }
  BOOST_TEST(node.jobs().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(past_the_bound_of_open_jobs_a_submission_waits_for_an_end, B,
                              Backends) {
  Cluster<B> cluster{3};
  auto& node = cluster.a;
  std::vector<ports::NewJob> jobs;
  for (int i = 0; i < 3; ++i) {
    jobs.push_back(node.new_job("ops", "key" + std::to_string(i)));
    BOOST_REQUIRE(node.submit(jobs.back()).ok());
  }
  const auto refused = node.submit(node.new_job());
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().error_class == ErrorClass::no_capacity));
  BOOST_TEST(node.submit(jobs[1]).ok()); // what is known needs no room
  BOOST_TEST(node.submit(node.new_job("ops", "key2"))->duplicate);
  BOOST_REQUIRE((node.append(node.ending(jobs[0].run, 1)) == AppendOutcome::durable));
  // the count of open jobs may be a moment old
  BOOST_TEST(support::eventually([&] { return node.submit(node.new_job()).ok(); }));
}

// ---- claim

BOOST_AUTO_TEST_CASE_TEMPLATE(claims_go_by_priority_then_round_robin_over_teams, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  std::map<RunId, std::string> names;
  const auto add = [&](const char* name, const char* team, message::Priority priority) {
    auto job = node.new_job(team);
    job.priority = priority;
    names[job.run] = name;
    BOOST_REQUIRE(node.submit(job).ok());
  };
  using enum message::Priority;
  add("low", "a", low);
  add("a1", "a", normal);
  add("a2", "a", normal);
  add("a3", "a", normal);
  add("b1", "b", normal);
  add("c1", "c", normal);
  add("c2", "c", normal);
  add("critical", "z", critical);
  add("high", "a", high);

  const std::vector<std::string> first{"critical", "high", "a1", "b1"};
  const std::vector<std::string> second{"c1", "a2", "c2"}; // c is next; b has no more
  const std::vector<std::string> third{"a3", "low"};
  BOOST_TEST(names_of(node.claim(4), names) == first, boost::test_tools::per_element());
  BOOST_TEST(names_of(node.claim(3), names) == second, boost::test_tools::per_element());
  BOOST_TEST(names_of(node.claim(9), names) == third, boost::test_tools::per_element());
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
