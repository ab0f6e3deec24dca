#include "runtime/supervision/standing.hpp"

#include <algorithm>

namespace troupe::supervision {

Result<> check_standing(const RunState& run, AttemptNumber number) {
  const auto refused = [&](const std::string& why) {
    return make_error(ErrorClass::effect_conflict,
                      "attempt " + std::to_string(number) + " of run " + to_string(run.id) + why);
  };
  const auto step = run.by_attempt.find(number);
  if (step == run.by_attempt.end()) return refused(" is not known");
  const auto& attempts = run.steps[step->second].attempts;
  const auto attempt = std::ranges::find(attempts, number, &Attempt::number);
  if (attempt == attempts.end()) return refused(" is not known");
  if (run.finished || attempt->state != Attempt::State::running)
    return refused(" is over: " +
                   std::string{run.finished ? "the run has ended" : to_string(attempt->state)});
  return {};
}

} // namespace troupe::supervision
