#include "ops/cli/view/run_words.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/table.hpp"

using namespace troupe;

BOOST_AUTO_TEST_CASE(an_event_becomes_one_plain_line_with_its_time_and_step) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"type":"run.created","at":"2026-11-20T18:46:51.123Z","plan":"service-down"})",
       "18:46:51.123  run created, plan service-down"},
      {R"({"type":"run.adopted","at":"2026-11-20T18:46:51.123Z","epoch":2,"node":"o-2"})",
       "18:46:51.123  run adopted by o-2, epoch 2"},
      {R"({"type":"attempt.assigned","at":"2026-11-20T18:46:51.130Z","step":"examine/probe","attempt":2,"node":"agent-1"})",
       "18:46:51.130  examine/probe       attempt 2 on agent-1"},
      {R"({"type":"attempt.failed","at":"2026-11-20T18:46:51.130Z","step":"restart","attempt":3,"error":{"class":"tool_failed","message":"exit code 1"},"retry_at":"2026-11-20T18:46:52.130Z"})",
       "18:46:51.130  restart             attempt 3 failed, next try at 18:46:52.130: tool_failed: "
       "exit code 1"},
      {R"({"type":"attempt.lost","at":"2026-11-20T18:46:51.130Z","step":"restart","attempt":3,"node":"agent-1"})",
       "18:46:51.130  restart             attempt 3 lost with node agent-1"},
      {R"({"type":"activity.reserved","at":"2026-11-20T18:46:51.130Z","step":"restart","tool":"service.restart","arguments":{"service":"web"}})",
       "18:46:51.130  restart             service.restart begins  service=web"},
      {R"({"type":"activity.recorded","at":"2026-11-20T18:46:51.130Z","step":"look","tool":"probe.http","outcome":{"output":{"ok":true}}})",
       "18:46:51.130  look                probe.http  ok=true"},
      {R"({"type":"activity.recorded","at":"2026-11-20T18:46:51.130Z","step":"look","tool":"files.touch","outcome":{"output":{}}})",
       "18:46:51.130  look                files.touch done"},
      {R"({"type":"activity.settled","at":"2026-11-20T18:46:51.130Z","step":"look","tool":"service.stop","outcome":{"error":{"class":"timeout","message":"too slow"}}})",
       "18:46:51.130  look                service.stop failed: timeout: too slow"},
      {R"({"type":"group.completed","at":"2026-11-20T18:46:51.130Z","step":""})",
       "18:46:51.130  (plan)              completed"},
      {R"({"type":"run.finished","at":"2026-11-20T18:46:51.130Z","state":"failed","reason":"restart failed"})",
       "18:46:51.130  run failed: restart failed"},
      {R"({"type":"group.restarting","at":"2026-11-20T18:46:51.130Z","group":"services","child":"services/n8n","victims":["services/n8n"],"error":{"class":"timeout","message":"late"},"due":"2026-11-20T18:46:52.130Z"})",
       "18:46:51.130  services            restarts 1 because services/n8n failed: timeout: late"},
      {R"({"type":"group.escalated","at":"2026-11-20T18:46:51.130Z","group":"","child":"n8n","reason":"3 restarts within 5m are spent"})",
       "18:46:51.130  (plan)              does not restart n8n: 3 restarts within 5m are spent"},
      {R"({"type":"approval.decided","at":"2026-11-20T18:46:51.130Z","step":"ok","approved":false,"by":"ann","reason":"late"})",
       "18:46:51.130  ok                  denied by ann: late"},
      {R"({"type":"run.paused","at":"2026-11-20T18:46:51.130Z","by":"ann"})",
       "18:46:51.130  run paused by ann"},
      {R"({"type":"step.waiting","at":"2026-11-20T18:46:51.130Z","step":"rest","until":"2026-11-20T18:47:00.000Z"})",
       "18:46:51.130  rest                waits until 18:47:00.000"},
      {R"({"type":"activity.unknown","at":"2026-11-20T18:46:51.130Z","step":"pay","tool":"bank.pay"})",
       "18:46:51.130  pay                 bank.pay: outcome unknown"},
      {R"({"type":"step.ready","at":"2026-11-20T18:46:51.130Z","step":"restart"})", ""},
      {R"({"type":"budget.crossed","at":"2026-11-20T18:46:51.130Z","step":"restart"})",
       "18:46:51.130  restart             budget.crossed"},
  };
  for (auto [event, line] : table) BOOST_TEST(view::event_line(boost::json::parse(event)) == line);
}

BOOST_AUTO_TEST_CASE(durations_are_as_short_as_they_are_useful) {
  const std::pair<int, const char*> table[] = {
      {-5, "0ms"},       {0, "0ms"},        {999, "999ms"},     {1'000, "1.0s"},
      {59'999, "59.9s"}, {60'000, "1m00s"}, {187'000, "3m07s"}, {7'500'000, "2h05m"}};
  for (auto [ms, text] : table) BOOST_TEST(view::brief(Millis{ms}) == text);
}

BOOST_AUTO_TEST_CASE(text_is_cut_by_columns_not_bytes_and_colours_are_closed) {
  BOOST_TEST(view::clip("abc", 3, true) == "abc");
  BOOST_TEST(view::clip("abcd", 3, true) == "ab…");
  BOOST_TEST(view::clip("abcd", 3, false) == "ab~");
  BOOST_TEST(view::clip("├─ ✔ ab", 5, true) == "├─ ✔…");
  BOOST_TEST(view::clip("abcd", 0, true) == "abcd");
  BOOST_TEST(view::clip("\x1b[31mabcd\x1b[0m", 3, true) == "\x1b[31mab…\x1b[0m");
  BOOST_TEST(view::display_width("\x1b[31m├─✔\x1b[0m") == 3U);
}

BOOST_AUTO_TEST_CASE(lists_are_tables_and_say_so_when_they_are_empty) {
  Instant now = *parse_iso8601("2026-11-20T19:00:00Z");
  view::Style plain;
  auto runs = boost::json::parse(R"({"runs":[
    {"id":"r-1","job":"j-1","state":"completed","owner":"o-1","reason":"",
     "created_at":"2026-11-20T18:59:00Z","finished_at":"2026-11-20T18:59:04Z"},
    {"id":"r-22","job":"j-2","state":"failed","owner":null,"reason":"restart failed",
     "created_at":"2026-11-20T18:00:00Z","finished_at":"2026-11-20T18:00:01Z"}]})");
  BOOST_TEST(view::render_runs(runs, plain, now) ==
             "RUN   STATE      TOOK  AGE        OWNER  JOB  REASON\n"
             "r-1   completed  4.0s  1m00s ago  o-1    j-1\n"
             "r-22  failed     1.0s  1h00m ago         j-2  restart failed\n");
  BOOST_TEST(view::render_runs(boost::json::parse(R"({"runs":[]})"), plain, now) ==
             "no runs yet; `troupe run PLAN` starts one\n");
  auto nodes = boost::json::parse(R"({"nodes":[{"name":"agent-1","modes":["agent"],"slots":8,
    "free_slots":7,"runs_owned":0,"roles":["*"],"labels":[],"version":"0.1.0","heartbeat_age_ms":120,
    "draining":true,"mailbox":3,"lag_ms":12,"tool_calls":2,"journal_queue":0,"steps_waiting":0}]})");
  BOOST_TEST(
      view::render_nodes(nodes, plain) ==
      "NODE     MODES  STATE     HEARTBEAT  FREE  RUNS  CALLS  MAILBOX  JOURNAL  WAITING  LAG"
      "   ROLES  LABELS  VERSION\n"
      "agent-1  agent  draining  120ms ago  7/8   0     2      3        0        0        12ms"
      "  *              0.1.0\n");
}
