#include "tests/unit/agent/play.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <deque>
#include <fstream>
#include <map>
#include <sstream>

#include "runtime/agent/runbook_agent.hpp"

namespace troupe::test {
namespace {

constexpr int events_max = 10'000;

class Player {
 public:
  Player(agent::Agent& agent, const World& world) : agent_{agent}, world_{world} {}

  Played run() {
    events_.push_back(agent::Started{});
    for (int i = 0; i < events_max && !over_; ++i) {
      if (events_.empty() && !next_timer()) break;
      const auto event = events_.front();
      events_.pop_front();
      for (const auto& action : agent_.on(event, now_)) perform(action);
    }
    BOOST_TEST(over_, "the agent neither completed nor failed");
    played_.took = now_ - start_of_play;
    return std::move(played_);
  }

 private:
  bool next_timer() {
    if (timers_.empty()) return false;
    const auto due = timers_.begin();
    now_ = due->first;
    events_.push_back(agent::TimerFired{due->second});
    timers_.erase(due);
    return true;
  }

  void perform(const agent::Action& action) {
    BOOST_TEST(!over_, "an action after the last one");
    std::visit(
        Overloaded{
            [&](const agent::CallTool& call) {
              played_.log.push_back(call.tool + " " + call.arguments.text);
              events_.push_back(agent::ToolAnswered{
                  call.call, world_(call.tool, call.arguments.text, calls_[call.tool]++)});
            },
            [&](const agent::SetTimer& timer) {
              played_.log.push_back("wait " + format_duration(timer.after));
              timers_.emplace(now_ + timer.after, timer.timer);
            },
            [&](const agent::Report& report) { played_.log.push_back("note " + report.note); },
            [&](const agent::Complete& complete) {
              over_ = true;
              played_.output = complete.output.text;
              played_.log.push_back("complete " + complete.output.text);
            },
            [&](const agent::Fail& fail) {
              over_ = true;
              played_.error = fail.error;
              played_.log.push_back("fail " + std::string{to_string(fail.error.error_class)} +
                                    ": " + fail.error.message);
            },
        },
        action);
  }

  agent::Agent& agent_;
  const World& world_;
  Played played_;
  std::deque<agent::Event> events_;
  std::multimap<Instant, std::uint64_t> timers_;
  std::map<std::string, int> calls_;
  Instant now_ = start_of_play;
  bool over_ = false;
};

} // namespace

message::ActivityOutcome returns(std::string json) { return {JsonText{std::move(json)}, {}}; }

message::ActivityOutcome fails(ErrorClass error_class, std::string message) {
  return {JsonText{}, Error{error_class, std::move(message)}};
}

std::vector<std::string> Played::calls() const {
  std::vector<std::string> calls;
  std::copy_if(log.begin(), log.end(), std::back_inserter(calls),
               [](const std::string& line) { return line.find('.') < line.find(' '); });
  return calls;
}

Played play(agent::Agent& agent, const World& world) { return Player{agent, world}.run(); }

agent::Runbook runbook(std::string_view yaml) {
  const auto read = plan::read_source("test.yaml", yaml);
  BOOST_REQUIRE_EQUAL(plan::render(read.faults, "test.yaml"), "");
  auto parsed = agent::parse_runbook(read.source);
  BOOST_REQUIRE_EQUAL(plan::render(parsed.faults, "test.yaml"), "");
  return std::move(parsed.runbook);
}

agent::Task task_of(std::string task_json, std::string context_json) {
  agent::Task task;
  task.step = "under_test";
  task.role.role = "tester";
  task.task = JsonText{std::move(task_json)};
  task.context = JsonText{std::move(context_json)};
  return task;
}

Played play_runbook(std::string_view yaml, std::string task_json, const World& world) {
  const auto agent = agent::make_runbook_agent(runbook(yaml), task_of(std::move(task_json)));
  return play(*agent, world);
}

std::string source_file(const std::string& path) {
  std::ifstream file{std::string{TROUPE_SOURCE_DIR} + "/" + path};
  BOOST_REQUIRE_MESSAGE(file.good(), "cannot read " << path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace troupe::test
