#include "net/keys/permissions.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <span>

#include "net/bus/subject.hpp"

using namespace troupe;
using keys::Member;
using keys::Role;

namespace {

bool any_matches(const std::vector<std::string>& patterns, const std::string& subject) {
  return std::ranges::any_of(patterns,
                             [&](const auto& pattern) { return bus::matches(pattern, subject); });
}

Member member(const std::string& node, Role role) { return {node, {role}, {"probe"}, {"billing"}}; }

struct Case {
  Role role;
  const char* subject;
  bool may;
};

void expect(std::span<const Case> table, std::vector<std::string> keys::Permissions::*verb) {
  for (const auto& row : table)
    BOOST_TEST_CONTEXT(keys::to_string(row.role) << " " << row.subject) {
      const auto cut = keys::permissions_of("main", member("me", row.role));
      BOOST_TEST(any_matches(cut.*verb, row.subject) == row.may);
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(permissions)

BOOST_AUTO_TEST_CASE(what_a_node_may_publish_goes_by_its_role_and_bears_its_name) {
  const Case table[] = {
      {Role::orchestrator, "troupe.main.task.agent-1.me", true},
      {Role::orchestrator, "troupe.main.task.agent-1.other", false},
      {Role::orchestrator, "troupe.main.ctl.agent-1.me", true},
      {Role::orchestrator, "troupe.main.evt.r1.me", true},
      {Role::orchestrator, "troupe.main.in.billing.me", false},
      {Role::orchestrator, "troupe.other.task.agent-1.me", false},
      {Role::orchestrator, "_INBOX.other.1", false}, // it answers as everybody does
      {Role::orchestrator, "$JS.API.CONSUMER.MSG.NEXT.troupe-main-in.drain", true},
      {Role::orchestrator, "$JS.API.STREAM.DELETE.troupe-main-in", false},
      {Role::orchestrator, "$JS.API.STREAM.CREATE.other", false},
      {Role::agent, "troupe.main.tool.probe.me", true},
      {Role::agent, "troupe.main.run.orchestrator-1.me", true},
      {Role::agent, "troupe.main.task.agent-2.me", false},
      {Role::agent, "troupe.main.ctl.agent-2.me", false},
      {Role::agent, "troupe.main.evt.r1.me", false},
      {Role::tool, "troupe.main.hb.all.me", true},
      {Role::tool, "troupe.main.hb.limits.me", true},
      {Role::tool, "troupe.main.hb.all.other", false},
      {Role::tool, "troupe.main.run.orchestrator-1.me", true},
      {Role::tool, "troupe.main.run.orchestrator-1.other", false},
      {Role::tool, "troupe.main.tool.probe.me", false},
      {Role::tool, "troupe.main.tool.logs.me", false},
      {Role::tool, "$SRV.PING", false},
      {Role::gateway, "troupe.main.in.billing.me", true},
      {Role::gateway, "troupe.main.hb.all.me", true},
      {Role::gateway, "troupe.main.run.orchestrator-1.me", false},
      {Role::gateway, "troupe.main.task.agent-1.me", false},
      {Role::injector, "troupe.main.in.billing.me", true},
      {Role::injector, "troupe.main.in.other.me", false},
      {Role::injector, "troupe.main.in.billing.other", false},
      {Role::injector, "troupe.main.hb.all.me", false},
      {Role::injector, "troupe.main.task.agent-1.me", false},
      {Role::viewer, "troupe.main.hb.all.me", false},
  };
  expect(table, &keys::Permissions::publish);
}

BOOST_AUTO_TEST_CASE(what_a_node_may_hear_is_meant_for_it) {
  const Case table[] = {
      {Role::orchestrator, "troupe.main.run.me.agent-1", true},
      {Role::orchestrator, "troupe.main.run.other.agent-1", false},
      {Role::orchestrator, "troupe.main.hb.all.agent-1", true},
      {Role::agent, "troupe.main.task.me.orchestrator-1", true},
      {Role::agent, "troupe.main.task.other.orchestrator-1", false},
      {Role::agent, "_INBOX.me.1f.7", true},
      {Role::agent, "_INBOX.other.1f.7", false},
      {Role::agent, "$SRV.PING", true},
      {Role::tool, "troupe.main.ctl.me.orchestrator-1", true},
      {Role::tool, "troupe.main.task.me.orchestrator-1", false},
      {Role::tool, "troupe.main.tool.probe-at-me.agent-1", true},
      {Role::tool, "troupe.main.tool.probe-all.agent-1", true},
      {Role::tool, "troupe.main.tool.probe-at-other.agent-1", false},
      {Role::tool, "troupe.main.tool.logs.agent-1", false},
      {Role::tool, "troupe.main.hb.all.agent-1", false},
      {Role::injector, "troupe.main.in.billing.other", false},
      {Role::viewer, "troupe.main.evt.r1.orchestrator-1", true},
      {Role::viewer, "troupe.main.run.orchestrator-1.agent-1", false},
      {Role::viewer, "_INBOX.other.1f.7", false},
  };
  expect(table, &keys::Permissions::subscribe);
}

BOOST_AUTO_TEST_CASE(calls_of_a_toolkit_are_heard_in_its_queue_group_alone) {
  const auto cut = keys::permissions_of("main", member("me", Role::tool));
  BOOST_TEST(std::ranges::count(cut.subscribe, "troupe.main.tool.probe.* tool_servers") == 1);
  BOOST_TEST(std::ranges::count(cut.subscribe, "troupe.main.tool.probe.*") == 0);
}

BOOST_AUTO_TEST_CASE(a_node_of_several_roles_may_what_each_may_and_only_nodes_answer) {
  const Member both{"me", {Role::orchestrator, Role::agent}, {"probe"}, {}};
  const auto cut = keys::permissions_of("main", both);
  BOOST_TEST(cut.answers);
  BOOST_TEST(any_matches(cut.publish, "troupe.main.task.agent-1.me"));
  BOOST_TEST(any_matches(cut.subscribe, "troupe.main.task.me.orchestrator-1"));
  BOOST_TEST(any_matches(cut.subscribe, "troupe.main.tool.probe-all.agent-1"));
  auto sorted = cut.publish;
  std::ranges::sort(sorted);
  BOOST_TEST((std::ranges::adjacent_find(sorted) == sorted.end()));
  BOOST_TEST(!keys::permissions_of("main", member("me", Role::injector)).answers);
  const auto viewer = keys::permissions_of("main", member("me", Role::viewer));
  BOOST_TEST(!viewer.answers);
  BOOST_TEST(viewer.publish.empty());
}

BOOST_AUTO_TEST_CASE(roles_are_read_by_their_names) {
  for (const auto role : keys::all_roles)
    BOOST_TEST((keys::parse_role(keys::to_string(role)) == role));
  BOOST_TEST(!keys::parse_role("tools"));
}

BOOST_AUTO_TEST_SUITE_END()
