#include "runtime/supervision/why_words.hpp"

#include <algorithm>
#include <vector>

namespace troupe::supervision::words {

std::string span(Millis duration) {
  using namespace std::chrono;
  const auto shown = std::max(duration, Millis{0});
  if (shown < 1s) return std::to_string(shown.count()) + "ms";
  return format_duration(duration_cast<seconds>(shown));
}

std::string since(Instant at, Instant now) {
  return "since " + to_iso8601(at) + " (" + span(now - at) + ")";
}

std::string until(Instant at, Instant now) {
  if (at <= now) return "at " + to_iso8601(at) + " (due)";
  return "at " + to_iso8601(at) + " (in " + span(at - now) + ")";
}

std::string error(const Error& error) {
  return std::string{to_string(error.error_class)} + ": " + error.message;
}

std::string quoted(std::string_view path) {
  return path.empty() ? "the plan" : '`' + std::string{path} + '`';
}

std::string count(std::size_t number, std::string_view noun) {
  return std::to_string(number) + ' ' + std::string{noun} + (number == 1 ? "" : "s");
}

std::string attempt(const Attempt& attempt) {
  std::string text = "attempt " + std::to_string(attempt.number);
  if (!attempt.node.empty()) text += " on " + attempt.node;
  switch (attempt.state) {
    case Attempt::State::running: text += " is under way"; break;
    case Attempt::State::completed: text += " completed"; break;
    case Attempt::State::failed: text += " failed"; break;
    case Attempt::State::returned: text += " was not taken"; break;
    case Attempt::State::lost: text += " was lost with its node"; break;
    case Attempt::State::cancelled: text += " was cancelled"; break;
  }
  if (attempt.ended_at) text += " after " + span(*attempt.ended_at - attempt.assigned_at);
  if (attempt.error && attempt.state != Attempt::State::lost)
    text += " (" + error(*attempt.error) + ")";
  return text;
}

std::string attempts(const StepState& step) {
  std::vector<const Attempt*> ended;
  for (const auto& one : step.attempts)
    if (one.iteration == step.iteration && one.state != Attempt::State::running &&
        one.state != Attempt::State::completed)
      ended.push_back(&one);
  constexpr std::size_t most = 5;
  std::string text;
  for (std::size_t i = ended.size() > most ? ended.size() - most : 0; i < ended.size(); ++i)
    text += (text.empty() ? "" : "; ") + attempt(*ended[i]);
  if (ended.size() > most) text = "the last of " + count(ended.size(), "attempt") + ": " + text;
  return text;
}

} // namespace troupe::supervision::words
