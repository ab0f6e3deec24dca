// The journal is the truth: folding it anywhere gives the same run.
#include <boost/test/unit_test.hpp>
#include <fstream>

#include "runtime/supervision/run_view.hpp"
#include "tests/unit/supervision/world.hpp"

using namespace troupe;
using namespace troupe::supervision;

BOOST_AUTO_TEST_SUITE(fold_)

BOOST_AUTO_TEST_CASE(a_fold_of_the_journal_equals_the_state_that_wrote_it) {
  World world{
      "{plan: p, steps: [{id: both, parallel: [{id: x, agent: a, retry: [{jitter: none}]}, {id: y, "
      "agent: b}]}, "
      "{id: after, agent: c, when: \"${{ steps.both.output.y == 1 }}\"}]}"};
  world.fail("both/x");
  world.complete("both/y", "1");
  world.ring_last_timer();
  world.complete("both/x");
  RunState folded = make_run_state(world.run_id, world.bundle);
  BOOST_REQUIRE(fold_rows(folded, world.journal).ok());
  const ports::RunRow row;
  BOOST_TEST(view_run(folded, row).text == view_run(world.machine->state(), row).text);
}

BOOST_AUTO_TEST_CASE(a_snapshot_is_due_by_appends_and_by_steps) {
  RunState run;
  run.next_seq = 256;
  BOOST_TEST(snapshot_due(run, 0, 256));
  BOOST_TEST(!snapshot_due(run, 1, 256));
  run.steps.resize(1'000);
  BOOST_TEST(!snapshot_due(run, 0, 256));
  run.next_seq = 1'000;
  BOOST_TEST(snapshot_due(run, 0, 256));
}

BOOST_AUTO_TEST_CASE(every_event_is_written_and_read_back) {
  SeededEntropy entropy{3};
  const Instant at{std::chrono::milliseconds{1000}};
  const std::vector<Event> events = {
      RunCreated{entropy.make_id<JobId>(at), "t", "title", "p", "h", "b", JsonText{R"({"a":1})"}},
      RunAdopted{2, "n", entropy.make_id<IncarnationId>(at)},
      StepReady{"s"},
      StepSkipped{"s"},
      StepBlocked{"s", "need"},
      AttemptAssigned{"s", 1, 2, "n", entropy.make_id<IncarnationId>(at), JsonText{"\"do\""}, 5,
                      true},
      AttemptReturned{"s", 2, "refused"},
      AttemptLost{"s", 2, "n"},
      AttemptFailed{"s", 2, make_error(ErrorClass::timeout, "late"), at},
      StepCompleted{"s", 2, JsonText{"[1]"}},
      StepFailed{"s", make_error(ErrorClass::denied, "no")},
      StepCancelled{"s"},
      ActivityRecorded{"s", 2, {{false, "t.v", 0}, "d", JsonText{"{}"}, {JsonText{"1"}, {}}, 3}},
      ActivityReserved{"s",
                       2,
                       {true, "t.v", 1},
                       "d",
                       JsonText{"{}"},
                       "once",
                       "write",
                       entropy.make_id<NonceId>(at),
                       entropy.make_id<IncarnationId>(at)},
      supervision::ActivitySettled{"s",
                                   {false, "t.v", 1},
                                   entropy.make_id<NonceId>(at),
                                   {JsonText{}, make_error(ErrorClass::tool_failed, "x")},
                                   9},
      ActivityUnknown{"s", {false, "t.v", 1}},
      SignalReceived{"i", "n", JsonText{"null"}},
      CancelRequested{"i", "why"},
      RunFinished{ports::RunState::needs_person, "why", JsonText{"{}"}},
      StepStopping{"s", make_error(ErrorClass::timeout, "late")},
      AttemptStopping{"s", 2, "why"},
      AttemptStopped{"s", 2, true, JsonText{"1"}, {}},
      AttemptProgressed{"s", 2, JsonText{"50"}},
      FallbackTaken{"s", "other"},
      GroupExpanded{"g", JsonText{"[1,2]"}},
      CaseChosen{"g", "a"},
      GroupRestarting{"g", "g/s", make_error(ErrorClass::task_failed, "x"), {"g/s", "g/t"}, at},
      GroupRestarted{"g", {"g/s", "g/t"}},
      GroupEscalated{"g", "g/s", "why"},
      RunUndoing{"why"},
      StepWaiting{"s", at},
      WaitSkipped{"i", "s"},
      SignalTaken{"s", "i"},
      ApprovalRequested{"s", "admin", JsonText{"{}"}, "d", at},
      ApprovalDecided{"i", "s", true, "ann", "why"},
      ChildStarted{"s", 3, entropy.make_id<RunId>(at), entropy.make_id<JobId>(at),
                   entropy.make_id<AppendId>(at), "child", JsonText{"{}"}},
      ChildEnded{"s", 3, ports::RunState::failed, "why", JsonText{"1"}},
      RunPaused{"i", "ann"},
      RunResumed{"i", "ann"},
      KillRequested{"i", "why"},
      ActivityResolved{"s", {false, "t.v", 1}, true, {JsonText{"1"}, {}}, "ann"}};
  BOOST_TEST(events.size() == std::variant_size_v<Event>);
  const auto body = encode(events);
  const auto read = decode(body);
  BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error().message));
  BOOST_TEST(read->size() == events.size());
  BOOST_TEST(encode(*read) == body);
}

BOOST_AUTO_TEST_CASE(a_journal_of_an_older_version_is_read_for_ever) {
  const std::pair<const char*, std::size_t> versions[] = {
      {"0.1", 19}, {"0.2", 41}, {"0.3", 1}}; // 0.3: the form that is new
  for (const auto& [version, count] : versions) BOOST_TEST_CONTEXT(version) {
      std::ifstream file{std::string{TROUPE_SOURCE_DIR} +
                         "/tests/unit/supervision/golden/every_event_" + version + ".json"};
      const std::string body{std::istreambuf_iterator<char>{file}, {}};
      const auto read = decode(body.substr(0, body.find_last_not_of('\n') + 1));
      BOOST_REQUIRE_MESSAGE(read.ok(), (read.ok() ? "" : read.error().message));
      BOOST_TEST(read->size() == count);
      BOOST_TEST(encode(*read) + '\n' == body); // and this version still writes it so
    }
}

BOOST_AUTO_TEST_CASE(a_body_that_cannot_be_read_says_where) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"v":1,"events":[{"type":"step.ready"}]})", "/events/0/step: missing"},
      {R"({"v":1,"events":[{"type":"later.event"}]})", "unknown event `later.event`"},
      {R"({"v":2,"events":[]})", "format 2 is newer"},
      {"[", "expected an object"},
  };
  for (const auto& [body, text] : table) {
    const auto read = decode(body);
    BOOST_REQUIRE(!read.ok());
    BOOST_TEST(read.error().message.find(text) != std::string::npos, read.error().message);
  }
}

BOOST_AUTO_TEST_CASE(a_gap_in_the_journal_is_refused) {
  World world{"{plan: p, steps: [{id: one, agent: a}]}"};
  world.complete("one");
  auto rows = world.journal;
  rows.erase(rows.begin() + 1);
  RunState state = make_run_state(world.run_id, world.bundle);
  BOOST_TEST(!fold_rows(state, rows).ok());
}

BOOST_AUTO_TEST_SUITE_END()
