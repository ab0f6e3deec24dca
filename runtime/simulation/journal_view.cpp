#include "runtime/simulation/journal_view.hpp"

#include "runtime/result.hpp"

namespace troupe::simulation {

using namespace supervision;

const JournalView::Grant* JournalView::find(NonceId nonce) const {
  const auto effect = by_nonce.find(nonce);
  if (effect == by_nonce.end()) return nullptr;
  const auto grant = grants.find(effect->second);
  return grant != grants.end() && grant->second.nonce == nonce ? &grant->second : nullptr;
}

void JournalView::fold(const Event& event, Time now) {
  const auto end = [&](AttemptNumber attempt) {
    if (const auto found = attempts.find(attempt); found != attempts.end())
      found->second.ended = true;
  };
  std::visit(Overloaded{
                 [&](const RunAdopted& e) {
                   epoch = e.epoch;
                   owner = e.incarnation;
                 },
                 [&](const AttemptAssigned& e) {
                   attempts_made = std::max(attempts_made, e.attempt);
                   attempts[e.attempt] = {e.step, e.iteration, e.incarnation, owner, now};
                   iterations[e.step] = e.iteration;
                   last_attempts[e.step] = e.attempt;
                 },
                 [&](const AttemptReturned& e) { end(e.attempt); },
                 [&](const AttemptLost& e) { end(e.attempt); },
                 [&](const AttemptFailed& e) { end(e.attempt); },
                 [&](const StepCompleted& e) {
                   end(e.attempt);
                   if (e.attempt > 0) completed.insert({e.step, iteration_of(e.step)});
                 },
                 [&](const StepCancelled& e) {
                   if (const auto last = last_attempts.find(e.step); last != last_attempts.end())
                     end(last->second);
                 },
                 [&](const ActivityReserved& e) {
                   const Effect effect{{e.step, iteration_of(e.step)}, e.key};
                   grants[effect] = {e.nonce, e.executor, Grant::State::reserved, now, e.attempt};
                   by_nonce[e.nonce] = effect;
                 },
                 [&](const ActivitySettled& e) {
                   const auto effect = by_nonce.find(e.nonce);
                   if (effect != by_nonce.end() && find(e.nonce) != nullptr)
                     grants[effect->second].state = Grant::State::settled;
                 },
                 [&](const ActivityUnknown& e) {
                   const auto grant = grants.find({{e.step, iteration_of(e.step)}, e.key});
                   if (grant != grants.end()) grant->second.state = Grant::State::unknown;
                 },
                 [&](const AttemptStopping& e) {
                   if (const auto found = attempts.find(e.attempt); found != attempts.end())
                     found->second.stopping = true;
                 },
                 [&](const AttemptStopped& e) { end(e.attempt); },
                 [&](const ActivityResolved& e) {
                   const auto grant = grants.find({{e.step, iteration_of(e.step)}, e.key});
                   if (grant == grants.end()) return;
                   if (e.happened)
                     grant->second.state = Grant::State::settled;
                   else
                     grants.erase(grant);
                 },
                 [&](const RunFinished& e) { finished = e; },
                 [](const auto&) {},
             },
             event);
}

} // namespace troupe::simulation
