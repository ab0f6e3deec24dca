#include "runtime/simulation/scripted_agent.hpp"

#include "runtime/agent/allowed_tools.hpp"

namespace troupe::simulation {
namespace {

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 1469598103934665603ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

class ScriptedAgent final : public agent::Agent {
 public:
  enum class Ending { completes, fails, hangs };

  ScriptedAgent(const Scenario& scenario, const message::Context& context, std::string name,
                std::vector<std::string> tools, Ending ending)
      : scenario_{scenario},
        step_{context.step},
        name_{std::move(name)},
        tools_{std::move(tools)},
        attempt_{context.attempt},
        ending_{ending} {}

  std::vector<agent::Action> on(const agent::Event& event, Instant) override {
    if (const auto* answer = std::get_if<agent::ToolAnswered>(&event)) {
      // Some failures it can live with; what must not be passed over ends it.
      if (answer->outcome.error && !retried_by_default(answer->outcome.error->error_class))
        return {agent::Fail{*answer->outcome.error}};
      answers_ += answer->outcome.error ? '-' : '+';
    }
    if (next_ == tools_.size()) return end();
    const auto call = next_++;
    return {
        agent::CallTool{call, tools_[call],
                        JsonText{R"({"entry":")" + name_ + '/' + std::to_string(call) + "\"}"}}};
  }

 private:
  std::vector<agent::Action> end() const {
    switch (ending_) {
      case Ending::hangs: return {};
      case Ending::fails:
        return {agent::Fail{make_error(ErrorClass::task_failed, "the script says so")}};
      case Ending::completes: break;
    }
    return {agent::Complete{answer_of(
        scenario_, step_,
        R"("attempt":)" + std::to_string(attempt_) + R"(,"answers":")" + answers_ + '"')}};
  }

  const Scenario& scenario_;
  std::string step_, name_, answers_;
  std::vector<std::string> tools_;
  AttemptNumber attempt_;
  Ending ending_;
  std::size_t next_ = 0;
};

} // namespace

std::unique_ptr<agent::Agent> make_scripted_agent(const agent::Assignment& assignment,
                                                  const Scenario& scenario, std::uint64_t seed) {
  const auto& context = assignment.context;
  const std::string name = context.step + '/' + std::to_string(context.iteration);
  SeededEntropy script{seed ^ hash_of(to_string(context.run) + name)};
  std::vector<std::string> allowed, calls;
  for (const auto& [tool, what] : scenario.tools)
    if (agent::allows(assignment.task.role.tools, tool)) allowed.push_back(tool);
  const auto pick = [&](std::size_t bound) {
    return static_cast<std::size_t>(script.uniform() * static_cast<double>(bound));
  };
  for (auto left = pick(scenario.habits.calls_max + 1); left > 0 && !allowed.empty(); --left)
    calls.push_back(allowed[pick(allowed.size())]);

  SeededEntropy fate{script.next() + context.attempt};
  using Ending = ScriptedAgent::Ending;
  auto ending = Ending::completes;
  const double drawn = fate.uniform();
  if (drawn < scenario.habits.agent_fails) ending = Ending::fails;
  if (drawn > 1 - scenario.habits.agent_hangs && assignment.task.timeout_ms > 0)
    ending = Ending::hangs;
  return std::make_unique<ScriptedAgent>(scenario, context, name, std::move(calls), ending);
}

} // namespace troupe::simulation
