// What the auditor reads out of a run's journal: a fold of its own, so that a fault of the engine's
// is not repeated in what it is checked against.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "runtime/simulation/agenda.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::simulation {

struct JournalView {
  struct Attempt {
    std::string step;
    std::uint32_t iteration = 0;
    IncarnationId executor, owner; // who runs it, who sent it there
    Time at{};
    bool ended = false;
    bool stopping = false; // it was asked to stop, and nobody wants what it does from here on
  };
  struct Grant {
    enum class State { reserved, settled, unknown };
    NonceId nonce;
    IncarnationId executor;
    State state = State::reserved;
    Time at{};
    AttemptNumber attempt = 0;
  };
  using Life = std::pair<std::string, std::uint32_t>; // a step in one iteration
  using Effect = std::pair<Life, message::ActivityKey>;

  Epoch epoch = 0;
  IncarnationId owner;
  AttemptNumber attempts_made = 0;
  std::map<AttemptNumber, Attempt> attempts;
  std::map<std::string, std::uint32_t> iterations;    // of each step, the last one assigned
  std::map<std::string, AttemptNumber> last_attempts; // of each step
  std::set<Life> completed;
  std::map<Effect, Grant> grants;
  std::map<NonceId, Effect> by_nonce;
  std::optional<supervision::RunFinished> finished;

  void fold(const supervision::Event& event, Time now);
  const Grant* find(NonceId nonce) const; // if it is the one that stands
  bool ended(AttemptNumber attempt) const {
    const auto found = attempts.find(attempt);
    return found != attempts.end() && found->second.ended;
  }
  bool over(AttemptNumber attempt) const {
    return ended(attempt) || (attempts.contains(attempt) && attempts.at(attempt).stopping);
  }
  std::uint32_t iteration_of(const std::string& step) const {
    const auto found = iterations.find(step);
    return found == iterations.end() ? 0 : found->second;
  }
};

} // namespace troupe::simulation
