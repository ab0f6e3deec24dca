// A journal folded again from what `troupe events --json` wrote.
#include "ops/cli/replay.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/cli/exit_codes.hpp"
#include "runtime/json_value.hpp"
#include "runtime/supervision/run_view.hpp"

using namespace troupe;
using namespace troupe::supervision;
namespace json = boost::json;

namespace {

const std::string run_id = "0198f3a1-7c1e-7000-8000-00000000000a";
const std::string bundle =
    R"({"plan":{"plan":"p","steps":[{"id":"one","agent":"a"}]},"roles":{},"team":"t"})";

/// As the API gives them: flat, an activity's key spelled out.
std::string lines_of(const std::vector<std::vector<Event>>& appends) {
  std::vector<ports::JournalRow> rows;
  for (const auto& events : appends)
    rows.push_back({rows.size(), {}, Instant{Millis{1'000}}, encode(events)});
  std::string text;
  const auto page = read_json(view_events(rows)->text);
  for (const auto& event : page->at("events").as_array()) text += json::serialize(event) + "\n";
  return text;
}

std::string with_bundle(const std::string& lines) {
  return R"({"type":"run.bundle","run":")" + run_id + R"(","bundle":)" + bundle + "}\n" + lines;
}

const std::vector<std::vector<Event>> appends = {
    {RunCreated{{}, "t", "title", "p", "h", "b", JsonText{"{}"}}},
    {StepReady{""}, StepReady{"one"}},
    {AttemptAssigned{"one", 0, 1, "n1", {}, JsonText{"null"}, 0, false}},
    {ActivityRecorded{
         "one", 1, {{false, "t.v", 3}, "d", JsonText{R"({"a":1})"}, {JsonText{"7"}, {}}, 3}},
     ActivityReserved{"one", 1, {false, "t.w", 1}, "d", JsonText{"{}"}, "once", "write", {}, {}}},
    {StepCompleted{"one", 1, JsonText{"1"}}}};

cli::Failure failure_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const cli::Failure& failure) {
    return failure;
  }
  return {cli::ExitCode::ok, ""};
}

} // namespace

BOOST_AUTO_TEST_CASE(events_of_a_file_fold_to_the_run_that_wrote_them) {
  const auto run = cli::read_recorded(with_bundle(lines_of(appends)), "run.jsonl");
  BOOST_TEST(to_string(run.id) == run_id);
  BOOST_REQUIRE(run.rows.size() == appends.size());
  RunState state = make_run_state(
      run.id, std::make_shared<const config::UnpackedBundle>(*config::unpack_bundle(run.bundle)));
  BOOST_REQUIRE(fold_rows(state, run.rows).ok());
  const auto* step = state.find("one");
  BOOST_TEST((step->phase == StepPhase::completed));
  BOOST_TEST(step->output.text == "1");
  BOOST_REQUIRE(step->ledger.entries().size() == 2u);
  BOOST_TEST(step->ledger.entries()[0].key.tool == "t.v");
  BOOST_TEST(step->ledger.entries()[0].key.ordinal == 3u);
  BOOST_TEST(step->ledger.entries()[0].arguments.text == R"({"a":1})");
  BOOST_TEST((step->ledger.entries()[1].state == LedgerEntry::State::reserved));
}

BOOST_AUTO_TEST_CASE(what_is_no_such_file_or_no_whole_journal_is_said) {
  const std::pair<std::string, const char*> unreadable[] = {
      {"", "f:0: no event"}, {"{}\n", "f:1: no event"}, {"\n[1]\n", "f:2: not a JSON object"}};
  for (const auto& [text, words] : unreadable) {
    const auto failure = failure_of([&] { cli::read_recorded(text, "f"); });
    BOOST_TEST((failure.code() == cli::ExitCode::bad_data));
    BOOST_TEST(std::string{failure.what()}.starts_with(words), failure.what());
  }
  auto gap = cli::read_recorded(with_bundle(lines_of(appends)), "f");
  gap.rows.erase(gap.rows.begin() + 2);
  BOOST_TEST(std::string{failure_of([&] { cli::replay_run(gap, {}, true, {}); }).what()}.find(
                 "expected append 2, found 3") != std::string::npos);
  auto strange = appends;
  strange.push_back({StepReady{"nobody"}});
  const auto run = cli::read_recorded(with_bundle(lines_of(strange)), "f");
  BOOST_TEST(std::string{failure_of([&] { cli::replay_run(run, {}, true, {}); }).what()}.find(
                 "append 5: step.ready is about `nobody`") != std::string::npos);
}
