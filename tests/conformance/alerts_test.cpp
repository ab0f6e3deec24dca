// What every JobStore does with the bodies of Alertmanager.
#include <boost/test/unit_test.hpp>

#include "tests/conformance/store_backends.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::conformance;
using ports::AppendOutcome;

namespace {

ports::AlertEvent event(const std::string& fingerprint, const std::string& status,
                        const std::string& starts_at = "2026-11-20T10:00:00Z") {
  return {fingerprint, status, starts_at,
          JsonText{R"({"fingerprint":")" + fingerprint + R"(","status":")" + status + "\"}"}};
}

/// One receiver's group, as one node hears of it.
struct Group {
  support::StoreCalls& node;
  std::string key = "{}:{alertname=\"Down\"}";
  ports::NewJob offered{}; // with the last body

  ports::AlertReceipt post(std::vector<ports::AlertEvent> events, bool with_route = true) {
    offered = node.new_job();
    ports::AlertBatch batch{"troupe", key, std::move(events), std::nullopt, node.now};
    if (with_route) batch.job_if_needed = offered;
    const auto receipt = node.accept(batch);
    BOOST_REQUIRE_MESSAGE(receipt.ok(), (receipt.ok() ? "" : receipt.error().message));
    return *receipt;
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(alerts)

BOOST_AUTO_TEST_CASE_TEMPLATE(a_firing_alert_starts_one_job_for_its_group, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a};
  const auto receipt = group.post({event("f1", "firing"), event("f2", "firing")});
  BOOST_TEST(receipt.accepted == 2u);
  BOOST_TEST(receipt.duplicates == 0u);
  BOOST_TEST((receipt.started == group.offered.run));
  BOOST_TEST(receipt.signalled.empty());
  BOOST_TEST((receipt.jobs == std::vector{group.offered.id}));
  BOOST_TEST((cluster.b.job(group.offered.id)->runs == std::vector{group.offered.run}));
  BOOST_TEST(cluster.b.read(group.offered.run).size() == 1u);
  BOOST_TEST(cluster.b.inbox(group.offered.run).empty()); // its inputs have them already
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_same_events_again_change_nothing, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a};
  group.post({event("f1", "firing")});
  const auto job = group.offered;
  Group elsewhere{cluster.b};
  for (int i = 0; i < 2; ++i) {
    const auto receipt = elsewhere.post({event("f1", "firing")});
    BOOST_TEST(receipt.accepted == 0u);
    BOOST_TEST(receipt.duplicates == 1u);
    BOOST_TEST(!receipt.started.has_value());
    BOOST_TEST(receipt.signalled.empty());
    BOOST_TEST((receipt.jobs == std::vector{job.id}));
  }
  BOOST_TEST(cluster.a.jobs().size() == 1u);
  BOOST_TEST(cluster.a.inbox(job.run).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_event_twice_in_one_body_counts_once, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a};
  auto receipt = group.post({event("f1", "firing"), event("f1", "firing")});
  BOOST_TEST(receipt.accepted == 1u);
  BOOST_TEST(receipt.duplicates == 1u);
  const auto job = group.offered;
  receipt = group.post({event("f1", "resolved"), event("f1", "resolved")});
  BOOST_TEST(receipt.accepted == 1u);
  BOOST_TEST(receipt.duplicates == 1u);
  BOOST_TEST(cluster.a.inbox(job.run).size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(the_body_that_started_a_job_sent_again_names_it_as_started, B,
                              Backends) {
  Cluster<B> cluster; // its answer was lost; the sender of the batch tries the very same one
  auto& node = cluster.a;
  const ports::AlertBatch batch{"troupe", "key", {event("f1", "firing")}, node.new_job(), node.now};
  BOOST_TEST((node.accept(batch)->started == batch.job_if_needed->run));
  const auto again = node.accept(batch);
  BOOST_TEST((again->started == batch.job_if_needed->run));
  BOOST_TEST((again->jobs == std::vector{batch.job_if_needed->id}));
  BOOST_TEST(again->accepted == 0u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(news_of_an_open_incident_reach_its_run_as_signals, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a};
  group.post({event("f1", "firing")});
  const auto job = group.offered;
  const auto receipt =
      group.post({event("f1", "firing"), event("f2", "firing"), event("f1", "resolved")});
  BOOST_TEST(receipt.accepted == 2u);
  BOOST_TEST(receipt.duplicates == 1u);
  BOOST_TEST(!receipt.started.has_value());
  BOOST_TEST((receipt.signalled == std::vector{job.run}));
  BOOST_TEST((receipt.jobs == std::vector{job.id}));
  const auto inbox = cluster.b.inbox(job.run);
  BOOST_REQUIRE(inbox.size() == 2u);
  BOOST_TEST(inbox[0].kind == "signal");
  BOOST_TEST(inbox[0].body.text ==
             R"({"name":"firing","body":{"fingerprint":"f2","status":"firing"}})");
  BOOST_TEST(inbox[1].body.text ==
             R"({"name":"resolved","body":{"fingerprint":"f1","status":"resolved"}})");
  BOOST_TEST(inbox[0].id != inbox[1].id);
  BOOST_TEST((inbox[1].at == cluster.a.now));
  BOOST_TEST(cluster.a.jobs().size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(another_start_of_the_same_alert_is_news, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a};
  group.post({event("f1", "firing", "2026-11-20T10:00:00Z")});
  const auto receipt = group.post({event("f1", "firing", "2026-11-20T11:00:00Z")});
  BOOST_TEST(receipt.accepted == 1u);
  BOOST_TEST(receipt.signalled.size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(groups_and_receivers_have_incidents_of_their_own, B, Backends) {
  Cluster<B> cluster;
  Group one{cluster.a, "one"}, two{cluster.a, "two"};
  BOOST_TEST(one.post({event("f1", "firing")}).started.has_value());
  BOOST_TEST(two.post({event("f1", "firing")}).started.has_value());
  auto& node = cluster.a;
  const ports::AlertBatch other_receiver{
      "pager", "one", {event("f1", "firing")}, node.new_job(), node.now};
  BOOST_TEST(node.accept(other_receiver)->started.has_value());
  BOOST_TEST(node.jobs().size() == 3u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(after_the_run_has_ended_a_new_firing_starts_another, B, Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  Group group{node};
  group.post({event("f1", "firing")});
  const auto first = group.offered;
  BOOST_REQUIRE((node.append(node.ending(first.run, 1)) == AppendOutcome::durable));

  const auto old_news = group.post({event("f1", "firing")});
  BOOST_TEST(old_news.duplicates == 1u);
  BOOST_TEST(!old_news.started.has_value());
  BOOST_TEST((old_news.jobs == std::vector{first.id}));

  const auto receipt = group.post({event("f1", "firing"), event("f2", "firing")});
  BOOST_TEST((receipt.started == group.offered.run));
  BOOST_TEST(receipt.accepted == 1u);
  BOOST_TEST((receipt.jobs == std::vector{first.id, group.offered.id}));
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_late_resolution_is_recorded_and_names_the_job_it_was_for, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  Group group{node};
  group.post({event("f1", "firing", "2026-11-20T10:00:00Z")});
  const auto first = group.offered;
  node.append(node.ending(first.run, 1));
  group.post({event("f1", "firing", "2026-11-20T11:00:00Z")});
  const auto second = group.offered;
  node.append(node.ending(second.run, 1));

  for (const std::uint32_t accepted : {1u, 0u}) {
    const auto receipt = group.post({event("f1", "resolved", "2026-11-20T11:00:00Z")});
    BOOST_TEST(receipt.accepted == accepted);
    BOOST_TEST(!receipt.started.has_value());
    BOOST_TEST(receipt.signalled.empty());
    BOOST_TEST((receipt.jobs == std::vector{second.id}));
  }
  const auto unheard_of = group.post({event("f9", "resolved")});
  BOOST_TEST(unheard_of.accepted == 1u);
  BOOST_TEST(unheard_of.jobs.empty());
  BOOST_TEST(node.jobs().size() == 2u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_group_without_a_route_is_recorded_and_starts_nothing, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a};
  auto receipt = group.post({event("f1", "firing")}, false);
  BOOST_TEST(receipt.accepted == 1u);
  BOOST_TEST(receipt.jobs.empty());
  receipt = group.post({event("f1", "firing")});
  BOOST_TEST(receipt.duplicates == 1u);
  BOOST_TEST(!receipt.started.has_value());
  BOOST_TEST(cluster.a.jobs().empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_empty_body_is_accepted_and_says_nothing, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a};
  const auto receipt = group.post({});
  BOOST_TEST(receipt.accepted == 0u);
  BOOST_TEST(receipt.jobs.empty());
  BOOST_TEST(!receipt.started.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(what_finds_no_room_is_not_recorded, B, Backends) {
  Cluster<B> cluster{1};
  auto& node = cluster.a;
  Group open{node, "open"};
  open.post({event("f1", "firing")});
  const auto running = open.offered;
  const ports::AlertBatch batch{
      "troupe", "next", {event("f1", "firing")}, node.new_job(), node.now};
  const auto refused = node.accept(batch);
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().error_class == ErrorClass::no_capacity));
  BOOST_TEST(open.post({event("f2", "firing")}).signalled.size() == 1u); // that needs no room

  auto end = node.ending(running.run, 1);
  end.inbox_applied = {node.inbox(running.run).at(0).id};
  BOOST_REQUIRE((node.append(end) == AppendOutcome::durable));
  Result<ports::AlertReceipt> receipt;
  BOOST_TEST(support::eventually([&] { return (receipt = node.accept(batch)).ok(); }));
  BOOST_TEST(receipt->accepted == 1u);
  BOOST_TEST(receipt->started.has_value());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_body_that_cannot_be_kept_names_the_field_and_records_nothing, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  using Spoil = void (*)(ports::AlertBatch&);
  const std::pair<const char*, Spoil> table[] = {
      {"status: expected firing or resolved",
       [](auto& batch) { batch.events[1].status = "pending"; }},
      {"fingerprint: ", [](auto& batch) { batch.events[1].fingerprint = std::string(900, 'f'); }},
      {"groupKey: ", [](auto& batch) { batch.group_key = "\xff"; }},
      {"title: ",
       [](auto& batch) {
         batch.job_if_needed->title = std::string{"\0", 1};
       }},
  };
  for (const auto& [expected, spoil] : table) {
    ports::AlertBatch batch{
        "troupe", "key", {event("f1", "firing"), event("f2", "firing")}, node.new_job(), node.now};
    spoil(batch);
    const auto refused = node.accept(batch);
    BOOST_REQUIRE(!refused.ok());
    BOOST_TEST((refused.error().error_class == ErrorClass::invalid_input));
    BOOST_TEST_CONTEXT(refused.error().message)
    BOOST_TEST(refused.error().message.starts_with(expected));
  }
  Group group{node, "key"};
  BOOST_TEST(group.post({event("f1", "firing")}).accepted == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(names_longer_than_an_index_row_are_no_trouble, B, Backends) {
  Cluster<B> cluster;
  Group group{cluster.a, std::string(20'000, 'k')};
  BOOST_TEST(group.post({event("f1", "firing", std::string(5'000, '1'))}).started.has_value());
  BOOST_TEST(group.post({event("f1", "firing", std::string(5'000, '1'))}).duplicates == 1u);
  BOOST_TEST(group.post({event("f2", "firing")}).signalled.size() == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bodies_of_the_same_moment_are_answered_as_if_each_were_alone, B,
                              Backends) {
  Cluster<B> cluster;
  auto& node = cluster.a;
  constexpr std::size_t groups = 40;
  std::vector<ports::AlertBatch> bodies; // of each group: it fires, is over, and is sent again
  for (std::size_t i = 0; i < groups; ++i) {
    const ports::NewJob job = node.new_job();
    ports::AlertBatch body{"troupe", std::to_string(i), {event("f", "firing")}, {}, node.now};
    if (i % 4 != 3) body.job_if_needed = job; // the others have no route
    bodies.push_back(body);
    body.events = {event("f", "resolved")};
    bodies.push_back(body);
    bodies.push_back(bodies[3 * i]);
  }
  std::vector<std::future<Result<ports::AlertReceipt>>> answers;
  for (const auto& body : bodies) answers.push_back(node.accept_later(body));
  for (std::size_t i = 0; i < groups; ++i) {
    const auto fires = *answers[3 * i].get(), over = *answers[3 * i + 1].get(),
               again = *answers[3 * i + 2].get();
    BOOST_TEST(fires.accepted == 1u);
    BOOST_TEST(over.accepted == 1u);
    BOOST_TEST(again.duplicates == 1u);
    const auto& job = bodies[3 * i].job_if_needed;
    const auto jobs = job ? std::vector{job->id} : std::vector<JobId>{};
    BOOST_TEST((fires.jobs == jobs && over.jobs == jobs && again.jobs == jobs));
    BOOST_TEST((fires.started == (job ? std::optional{job->run} : std::nullopt)));
    BOOST_TEST((over.signalled == (job ? std::vector{job->run} : std::vector<RunId>{})));
    BOOST_TEST(again.signalled.empty());
    if (job) BOOST_TEST(node.inbox(job->run).size() == 1u);
  }
  BOOST_TEST(node.jobs().size() == groups / 4 * 3);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(of_bodies_of_the_same_moment_those_without_room_are_not_recorded, B,
                              Backends) {
  Cluster<B> cluster{5};
  std::vector<ports::AlertBatch> bodies;
  std::vector<std::future<Result<ports::AlertReceipt>>> answers;
  for (int i = 0; i < 12; ++i)
    bodies.push_back(
        {"troupe", std::to_string(i), {event("f", "firing")}, cluster.a.new_job(), cluster.a.now});
  for (const auto& body : bodies) answers.push_back(cluster.a.accept_later(body));
  std::size_t started = 0;
  for (auto& answer : answers) {
    const auto receipt = answer.get();
    if (receipt)
      started += receipt->started.has_value();
    else
      BOOST_TEST((receipt.error().error_class == ErrorClass::no_capacity));
  }
  BOOST_TEST(started == 5u);
  BOOST_TEST(cluster.a.jobs().size() == 5u);
  // One without a route needs no room, and finds its events as new as they were.
  bodies.back().job_if_needed.reset();
  BOOST_TEST(cluster.a.accept(bodies.back())->accepted == 1u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_storm_of_one_teams_alerts_leaves_room_for_those_of_another, B,
                              Backends) {
  Cluster<B> cluster{40};
  auto& node = cluster.a;
  const auto post = [&](const std::string& group, const std::string& team) {
    return node.accept_later(
        {"troupe", group, {event("f", "firing")}, node.new_job(team), node.now});
  };
  std::vector<std::future<Result<ports::AlertReceipt>>> answers;
  for (int i = 0; i < 80; ++i) answers.push_back(post("flood " + std::to_string(i), "flood"));
  answers.push_back(post("quiet", "quiet"));
  answers.push_back(post("flood 0", "flood")); // known: needs no room
  BOOST_TEST(answers.back().get().ok());
  answers.pop_back();
  BOOST_TEST(answers.back().get()->started.has_value());
  answers.pop_back();
  std::size_t started = 0;
  for (auto& answer : answers) started += answer.get().ok();
  BOOST_TEST(started == 36u);
}

BOOST_AUTO_TEST_CASE_TEMPLATE(two_nodes_that_hear_the_same_bodies_start_one_job_for_each_group, B,
                              Backends) {
  Cluster<B> cluster;
  constexpr int groups = 40; // fewer than one list shows
  std::vector<std::future<Result<ports::AlertReceipt>>> answers;
  for (int i = 0; i < groups; ++i)
    for (auto* node : {&cluster.a, &cluster.b})
      for (const auto* status : {"firing", "resolved"})
        answers.push_back(node->accept_later({"troupe",
                                              std::to_string(i),
                                              {event("f", status), event("g", "firing")},
                                              node->new_job(),
                                              node->now}));
  std::size_t accepted = 0, started = 0;
  for (auto& answer : answers) {
    const auto receipt = answer.get();
    BOOST_REQUIRE_MESSAGE(receipt.ok(), (receipt.ok() ? "" : receipt.error().message));
    accepted += receipt->accepted;
    started += receipt->started.has_value();
  }
  BOOST_TEST(accepted == 3u * groups);
  BOOST_TEST(started == 1u * groups);
  BOOST_TEST(cluster.a.jobs().size() == 1u * groups);
}

BOOST_AUTO_TEST_SUITE_END()
