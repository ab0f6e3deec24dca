// What every JobStore does with what is submitted.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::conformance;
using ports::AppendOutcome;
using ports::RunState;

BOOST_AUTO_TEST_SUITE(submissions)

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

BOOST_AUTO_TEST_CASE_TEMPLATE(a_team_that_has_its_share_of_the_open_jobs_leaves_room_for_others, B,
                              Backends) {
  Cluster<B> cluster{20};
  auto& node = cluster.a;
  for (int i = 0; i < 18; ++i) BOOST_REQUIRE(node.submit(node.new_job("flood")).ok());
  const auto refused = node.submit(node.new_job("flood")); // 9 times the 2 that are free
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().error_class == ErrorClass::no_capacity));
  BOOST_TEST(refused.error().message.find("the team 'flood' has 18 unfinished jobs") == 0u);

  auto urgent = node.new_job("flood");
  urgent.priority = message::Priority::high;
  BOOST_TEST(node.submit(urgent).ok());
  BOOST_TEST(node.submit(node.new_job("quiet")).ok());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_jobs_of_the_same_moment_each_team_has_its_share, B, Backends) {
  Cluster<B> cluster{40};
  auto& node = cluster.a;
  std::vector<std::future<Result<ports::Submitted>>> answers;
  for (int i = 0; i < 80; ++i) answers.push_back(node.submit_later(node.new_job("flood")));
  answers.push_back(node.submit_later(node.new_job("quiet")));
  std::size_t taken = 0;
  for (auto& answer : answers) taken += answer.get().ok();
  BOOST_TEST(taken == 37u); // 36 of the flood, and the quiet one
  BOOST_TEST(node.jobs({.team = "quiet"}).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
