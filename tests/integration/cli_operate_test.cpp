// What people do to a run, as they type it.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/integration/cli_world.hpp"
#include "tests/support/eventually.hpp"

using namespace troupe;
using namespace troupe::test;
namespace json = boost::json;

namespace {

constexpr const char* gate =
    "plan: gate\n"
    "inputs: { size: { type: integer, default: 1 } }\n"
    "steps:\n"
    "  - { id: look, tool: probe.tcp, with: { host: 127.0.0.1, port: 9 } }\n"
    "  - { id: ok, approval: { role: admin, expires: 1h, message: \"Size ${{ inputs.size }}?\" } "
    "}\n"
    "  - { id: rest, wait: { for: 1h } }\n"
    "  - { id: told, wait: { signal: go } }\n";

/// Waits until the step waits for that.
void await_wait(const std::string& run, const std::string& step, const std::string& what) {
  std::string last;
  const bool there = support::eventually([&] {
    const Answer answer = troupe_says({"why", run, step, "--json"});
    last = answer.text;
    return answer.code == 0 && answer.says("\"waits_for\":\"" + what + "\"");
  });
  BOOST_TEST_REQUIRE(there, last);
}

std::string submit() {
  const Answer submitted =
      troupe_says({"run", cluster().plan("gate.yaml", gate), "--detach", "--json"});
  BOOST_TEST_REQUIRE(submitted.code == 0, submitted.text);
  return std::string{submitted.parsed().at("run").as_string()};
}

/// Through the approval, the timer and the signal to its end.
void see_through(const std::string& run) {
  await_wait(run, "ok", "approval");
  expect({"approve"}, 0, run);
  expect({"approve", run}, 64, "add --yes");
  expect({"approve", run, "okk", "--yes"}, 65, "did you mean `ok`?");
  expect({"approve", run, "--yes"}, 0, "approved: ok");
  await_wait(run, "rest", "timer");
  expect({"why", run}, 0, "Step `rest` waits for a time");
  expect({"runs", "skip", run, "rest"}, 0, "run now recorded");
  await_wait(run, "told", "signal");
  expect({"runs", "show", run, "--tree"}, 0, "waits for signal go");
  expect({"runs", "skip", run, "told"}, 65, "waits for no time");
  expect({"runs", "pause", run}, 0, "pause recorded");
  await_wait(run, "", "resume");
  expect({"runs", "pause", run}, 65, "is paused already");
  expect({"runs", "resume", run}, 0, "resume recorded");
  expect({"runs", "signal", run, "go", R"({"by":"ann"})"}, 0, "signal go recorded");
  expect({"runs", "watch", run}, 0, "completed");
}

} // namespace

BOOST_AUTO_TEST_CASE(a_run_is_operated_explained_replayed_retried_and_compared) {
  const std::string first = submit();
  see_through(first);
  expect({"approve", first, "--yes"}, 65, "no approval is pending");
  expect({"runs", "kill", first}, 65, "is over: completed");

  const Answer events = troupe_says({"events", first, "--json", "--bundle", "--follow"});
  BOOST_TEST(events.code == 0);
  const std::string file = cluster().plan("run.jsonl", events.text);
  expect({"replay", file}, 0, "gate  completed");
  expect({"replay", file, "--step"}, 0, "── append 1");
  expect({"replay", file, "--until", "0"}, 0, "gate  running");
  expect({"replay", file, "--until", "999"}, 65, "the run has no append 999");
  expect({"replay", first, "--json"}, 0, "\"state\":\"completed\"");

  expect({"runs", "retry", first, "--from", "told", "--preview"}, 0, "keeps  look, ok, rest");
  const Answer retried =
      troupe_says({"runs", "retry", first, "--from", "ok", "--input", "size=2", "--json"});
  BOOST_TEST_REQUIRE(retried.code == 0, retried.text);
  BOOST_TEST(json::serialize(retried.parsed().at("kept")) == R"(["look"])");
  const std::string second{retried.parsed().at("run").as_string()};
  await_wait(second, "ok", "approval");
  expect({"runs", "retry", second}, 65, "is still running");
  expect({"approve", second, "--deny", "--reason", "too large", "--yes"}, 0, "denied: ok");
  expect({"runs", "watch", second}, 1, "failed");
  expect({"why", second, "ok"}, 0, "too large");
  expect({"why", second, "rest"}, 0, "is blocked: it needs `ok`");
  expect({"runs", "show", second}, 0, "kept");
  expect({"diff", first, second}, 1, "input size");
  expect({"diff", first, first}, 0, "the same inputs, plan, states");
}

BOOST_AUTO_TEST_CASE(a_killed_run_ends_at_once) {
  const std::string run = submit();
  await_wait(run, "ok", "approval");
  expect({"runs", "kill", run, "--reason", "enough"}, 0, "kill recorded");
  expect({"runs", "watch", run}, 1, "cancelled");
  expect({"why", run}, 0, "enough");
}
