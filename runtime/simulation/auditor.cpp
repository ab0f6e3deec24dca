#include "runtime/simulation/auditor.hpp"

#include <algorithm>

#include "runtime/artifact/reference.hpp"
#include "runtime/limits.hpp"
#include "runtime/simulation/orchestrator_node.hpp"
#include "runtime/simulation/people.hpp"
#include "runtime/simulation/process.hpp"
#include "runtime/simulation/simulated_store.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {
namespace {

using namespace supervision;

/// The lease period, less what the clocks of two processes may differ by.
constexpr Time lease_at_least = limits::lease_period - Millis{30};

std::string describe(const message::ActivityKey& key) {
  return key.tool + " #" + std::to_string(key.ordinal);
}

} // namespace

void Auditor::violated(std::string property, std::string detail) {
  if (violation_) return;
  world_.trace("VIOLATED " + property + ": " + detail);
  violation_ = Violation{std::move(property), std::move(detail), world_.agenda().now()};
}

// ---- the store

void Auditor::submitted(const ports::NewJob& job) {
  if (runs_.try_emplace(job.run).second) ++unfinished_;
}

void Auditor::inserted(const ports::Append& append, bool owner_stands) {
  auto& run = runs_[append.run];
  if (!owner_stands)
    violated("no_row_by_a_fenced_incarnation", "row " + std::to_string(append.seq));
  if (run.finished) violated("nothing_after_the_end", "row " + std::to_string(append.seq));
  const auto events = decode(append.body);
  if (!events) return violated("journal_can_be_folded", events.error().message);
  for (const auto& event : *events) {
    world_.trace("  run " + to_string(append.run).substr(32) + " row " +
                 std::to_string(append.seq) + ": " + std::string{type_name(event)} +
                 (world_.traced() ? " " + encode({event}) : ""));
    check_event(run, append, event);
    run.fold(event, world_.agenda().now());
    if (std::holds_alternative<AttemptAssigned>(event)) check_permits(append.owner);
    world_.people().read(append.run, event);
  }
  check_named(append);
  if (append.owner != run.owner)
    violated("a_row_is_written_by_the_owner", "row " + std::to_string(append.seq));
  if (run.finished) --unfinished_;
}

void Auditor::check_event(JournalView& run, const ports::Append& append, const Event& event) {
  std::visit(Overloaded{
                 [&](const RunAdopted& e) {
                   if (e.epoch != run.epoch + 1)
                     violated("epochs_only_rise",
                              std::to_string(run.epoch) + " to " + std::to_string(e.epoch));
                 },
                 [&](const AttemptAssigned& e) {
                   if (e.attempt <= run.attempts_made)
                     violated("attempt_numbers_are_never_reused", std::to_string(e.attempt));
                   if (run.completed.contains({e.step, e.iteration}))
                     violated("a_finished_step_is_not_run_again", e.step);
                 },
                 [&](const AttemptLost& e) { check_lost(run, append.run, e); },
                 [&](const StepCompleted& e) { check_completed(run, append.run, e); },
                 [&](const ActivitySettled& e) {
                   const auto acted = acted_.find(e.nonce);
                   const bool same =
                       acted != acted_.end() &&
                       (acted->second.outcome ? *acted->second.outcome == e.outcome.output
                                              : e.outcome.error.has_value());
                   if (!same) violated("what_is_settled_was_done", e.step + ' ' + describe(e.key));
                 },
                 [&](const ActivityUnknown& e) { check_unknown(run, e); },
                 [&](const ChildStarted& e) {
                   children_[{append.run, e.attempt}] = e.run;
                 },
                 [&](const ChildEnded& e) { check_child(append.run, e); },
                 [&](const RunFinished&) { check_end(run); },
                 [&](const SignalReceived& e) { check_signal(append.run, e.id); },
                 [](const auto&) {},
             },
             event);
}

void Auditor::check_named(const ports::Append& append) {
  for (const auto& hash : artifact::hashes_in(append.body))
    if (!world_.store().database().read_artifact(append.run, hash, 0))
      violated("what_a_row_names_is_stored", "row " + std::to_string(append.seq) + ": " + hash);
}

bool Auditor::happened(RunId run, const ActivityUnknown& e) const {
  const auto& view = runs_.at(run);
  const auto grant = view.grants.find({{e.step, view.iteration_of(e.step)}, e.key});
  return grant != view.grants.end() && acted_.contains(grant->second.nonce);
}

void Auditor::check_completed(const JournalView& run, RunId id, const StepCompleted& e) {
  if (e.attempt == 0) return;                      // a group, or what needs nobody
  if (children_.contains({id, e.attempt})) return; // check_child
  if (run.completed.contains({e.step, run.iteration_of(e.step)}))
    violated("a_finished_step_is_not_run_again", e.step + " completed twice");
  for (const auto& [effect, grant] : run.grants)
    if (grant.attempt == e.attempt && grant.state == JournalView::Grant::State::reserved &&
        acted_.contains(grant.nonce) && lives(grant.executor) &&
        !told_late_.contains({id, e.attempt}))
      violated("a_finished_step_has_its_effects_settled", e.step + ' ' + describe(effect.second));
  const auto outputs = outputs_.find({id, e.attempt});
  if (outputs == outputs_.end() || !outputs->second.contains(e.output.text))
    violated("an_output_is_what_an_executor_returned", e.step + ": " + e.output.text);
}

/// What was done is settled, or its outcome was told to be unknown.
void Auditor::check_end(const JournalView& run) {
  for (const auto& [effect, grant] : run.grants)
    if (grant.state == JournalView::Grant::State::reserved && acted_.contains(grant.nonce))
      violated("an_end_says_what_became_of_every_effect",
               effect.first.first + ' ' + describe(effect.second));
}

/// What owners that stand have sent, and has not ended, is never more than the limit lets begin.
/// Attempts that were taken over may come on top of it.
void Auditor::check_permits(IncarnationId owner) {
  const auto most = world_.scenario().attempts_max;
  if (!most || !world_.store().stands(owner)) return;
  std::size_t under_way = 0;
  for (const auto& [id, run] : runs_)
    if (!run.finished)
      for (const auto& [number, attempt] : run.attempts)
        under_way += !attempt.ended && !ended_.contains({id, number}) &&
                     attempt.owner == run.owner && world_.store().stands(attempt.owner);
  if (under_way > *most)
    violated("no_more_at_a_time_than_a_limit_lets",
             std::to_string(under_way) + " of " + std::to_string(*most));
}

/// Nobody gives up an attempt that is at work where it was sent, and can be asked.
void Auditor::check_lost(const JournalView& run, RunId id, const AttemptLost& e) {
  const auto attempt = run.attempts.find(e.attempt);
  if (attempt == run.attempts.end()) return;
  const auto executor = attempt->second.executor;
  for (const auto* agent : world_.agents()) {
    if (agent->incarnation() != executor || !agent->runs(id, e.attempt)) continue;
    const Time unreachable = std::max(agent->link_changed_at(), world_.bus_changed_at());
    const bool reachable = agent->alive() && agent->link_up() && !agent->paused() &&
                           world_.agenda().now() - unreachable > Time{15'000};
    // Word of an earlier silence may have been on its way when it was assigned.
    if (reachable && !gone_since(executor, attempt->second.at - Time{10'000}))
      violated("only_what_is_gone_is_lost", e.step + " #" + std::to_string(e.attempt));
  }
}

void Auditor::check_unknown(const JournalView& run, const ActivityUnknown& e) {
  const auto grant = run.grants.find({{e.step, run.iteration_of(e.step)}, e.key});
  if (grant == run.grants.end())
    return violated("unknown_only_when_the_executor_was_gone", "never granted");
  // Its owner counted from a moment before the row was written.
  const Time silence = world_.agenda().now() - grant->second.at;
  const bool silent = silence >= Time{limits::settle_silence} - Time{60'000};
  if (!silent && !gone_since(grant->second.executor, grant->second.at))
    violated("unknown_only_when_the_executor_was_gone", e.step + ' ' + describe(e.key));
}

void Auditor::check_child(RunId parent, const ChildEnded& e) {
  const auto child = children_.find({parent, e.attempt});
  const auto run = child == children_.end() ? runs_.end() : runs_.find(child->second);
  const auto* end = run == runs_.end() || !run->second.finished ? nullptr : &*run->second.finished;
  if (end == nullptr || end->state != e.state || end->output != e.output)
    violated("a_child_ends_as_its_parent_says", e.step);
}

/// Signals in the order in which the store took them, each once.
void Auditor::check_signal(RunId run, const std::string& id) {
  auto& applied = applied_[run];
  if (std::ranges::find(applied, id) != applied.end()) violated("a_signal_is_applied_once", id);
  const auto& posted = posted_[run];
  const auto before = std::ranges::find(posted, applied.empty() ? id : applied.back());
  const auto at = std::ranges::find(posted, id);
  if (at == posted.end() || at < before) violated("signals_are_applied_in_order", id);
  applied.push_back(id);
}

void Auditor::posted(RunId run, const std::string& signal) { posted_[run].push_back(signal); }

void Auditor::beat(IncarnationId owner) { beats_[owner] = world_.agenda().now(); }

void Auditor::fenced(IncarnationId owner, const std::string& by, const std::string& name) {
  world_.trace(by + " fences " + name);
  if (world_.agenda().now() - beats_[owner] < lease_at_least)
    violated("only_a_still_beat_is_fenced", by + " fences " + name);
}

// ---- the bus

void Auditor::sent(const Process& from, const message::AgentMessage& message) {
  const auto found = runs_.find(message.context.run);
  if (found == runs_.end()) return;
  const auto& run = found->second;
  const auto attempt = message.context.attempt;
  const std::string what = message.context.step + " #" + std::to_string(attempt);
  std::visit(Overloaded{
                 [&](const message::TaskAssigned&) {
                   if (!run.attempts.contains(attempt))
                     violated("nothing_is_done_before_it_is_durable", what + " assigned");
                 },
                 [&](const message::ActivityGranted& granted) {
                   if (!run.by_nonce.contains(granted.nonce))
                     violated("nothing_is_done_before_it_is_durable", what + " granted");
                 },
                 [&](const message::TaskAcknowledged&) { // of an executor: it has a cancel
                   const auto& owners = world_.orchestrators();
                   if (std::ranges::find(owners, &from) != owners.end() && !run.ended(attempt))
                     violated("what_was_acknowledged_is_durable", what + " acknowledged");
                 },
                 [](const auto&) {},
             },
             message.body);
}

void Auditor::heard(const Process& by, const agent::Asked& heartbeat) {
  const auto& beat = std::get<message::NodeHeartbeat>(heartbeat.message.body);
  const Time now = world_.agenda().now();
  auto [item, first] =
      hearings_.try_emplace({by.name(), beat.incarnation}, Hearing{now, Time{-1}, Time{-1}});
  auto& hearing = item->second;
  if (!first && now - hearing.last >= lease_at_least) {
    hearing.last_gap_began = hearing.last;
    hearing.last_gap_ended = now;
  }
  hearing.last = now;
}

void Auditor::held_for_gone(const Process& by, IncarnationId executor) {
  const auto found = hearings_.find({by.name(), executor});
  if (found == hearings_.end() || !lives(executor)) return;
  const auto& [last, gap_began, gap_ended] = found->second;
  const Time now = world_.agenda().now();
  const bool just_back = now - gap_ended < Time{200}; // and its heartbeat not yet read
  if (now - last < lease_at_least && !just_back)
    violated("only_the_silent_are_held_for_gone", "by " + by.name());
}

bool Auditor::lives(IncarnationId executor) const {
  return std::ranges::any_of(world_.agents(), [&](const Process* agent) {
    return agent->alive() && agent->incarnation() == executor;
  });
}

/// Dead, or silent for the lease period, at some time after `since`, for somebody.
bool Auditor::gone_since(IncarnationId executor, Time since) const {
  if (!lives(executor)) return true;
  const Time now = world_.agenda().now();
  return std::ranges::any_of(hearings_, [&](const auto& item) {
    const auto& [whom, hearing] = item;
    if (whom.second != executor) return false;
    return hearing.last_gap_ended >= since || now - hearing.last >= lease_at_least;
  });
}

// ---- the world outside

Result<JsonText> Auditor::acts(const Process& node, const ServedCall& call, bool fails) {
  const std::string done = call.asked.message.context.step + ' ' + describe(call.call.key);
  world_.trace("** " + node.name() + " does " + done + (fails ? ", which fails" : ""));
  Result<JsonText> outcome = answer_of(world_.scenario(), call.asked.message.context.step,
                                       R"("done":")" + to_string(call.nonce) + '"');
  if (fails) outcome = make_error(ErrorClass::tool_failed, "the world says no");
  if (call.traits.pure) return outcome;
  check_act(node, call);
  acted_.insert_or_assign(call.nonce, Acted{world_.agenda().now(), outcome});
  return outcome;
}

void Auditor::check_act(const Process& node, const ServedCall& call) {
  const auto& context = call.asked.message.context;
  const auto& run = runs_[context.run];
  const JournalView::Life life{context.step, context.iteration};
  const std::string what = context.step + ' ' + describe(call.call.key) + " on " + node.name();
  const auto grant = run.grants.find({life, call.call.key});
  const bool granted = grant != run.grants.end() && grant->second.nonce == call.nonce &&
                       grant->second.executor == node.incarnation() &&
                       grant->second.state == JournalView::Grant::State::reserved;
  if (!granted) violated("nothing_is_done_without_a_grant_that_stands", what);
  if (run.completed.contains(life)) violated("no_effect_for_a_finished_step", what);
  const auto key = call.idempotency_key();
  if (world_.scenario().tools.at(call.call.key.tool).effect == "once" && ++once_[key] > 1)
    violated("once_at_most_once", what);
  auto& keys = keys_[to_string(context.run) + context.step + std::to_string(context.iteration) +
                     call.call.key.tool + call.call.arguments.text];
  keys.insert(key);
  if (keys.size() > 1) violated("one_key_for_one_effect", what);
}

void Auditor::attempt_ended(const message::Context& context, const message::Body& end) {
  ended_.insert({context.run, context.attempt});
  if (const auto* done = std::get_if<message::TaskCompleted>(&end))
    outputs_[{context.run, context.attempt}].insert(done->output.text);
}

void Auditor::settle_heard(RunId run, IncarnationId owner, const message::ActivitySettle& settle) {
  const auto& view = runs_[run];
  const auto* grant = view.find(settle.nonce);
  if (view.finished || owner != view.owner || grant == nullptr ||
      grant->state != JournalView::Grant::State::reserved)
    return;
  const Time now = world_.agenda().now();
  auto& heard = settles_heard_[settle.nonce];
  if (heard.epoch != view.epoch) heard = {view.epoch, now, 0};
  if (++heard.times > 8 && now - heard.first > Time{32'000})
    violated("a_settle_that_is_heard_is_taken", describe(settle.key));
}

void Auditor::owner_answered(const Process& by, const message::AgentMessage& answer, bool obeyed) {
  const auto epoch = answer.context.epoch;
  auto& highest = epochs_heard_[{by.incarnation(), answer.context.run}];
  const bool command = std::holds_alternative<message::ActivityGranted>(answer.body) ||
                       std::holds_alternative<message::ActivityRefused>(answer.body) ||
                       std::holds_alternative<message::ActivityDiscarded>(answer.body);
  if (command && obeyed && epoch != 0 && epoch < highest)
    violated(
        "a_command_of_an_old_epoch_is_ignored",
        by.name() + " obeys epoch " + std::to_string(epoch) + " after " + std::to_string(highest));
  highest = std::max(highest, epoch);
}

void Auditor::call_timed_out(const message::Context& context) {
  told_late_.insert({context.run, context.attempt});
}

void Auditor::obeys_discard(const ServedCall& call) {
  const auto& context = call.asked.message.context;
  const auto& run = runs_[context.run];
  const auto* grant = run.find(call.nonce);
  const bool stands = grant != nullptr && grant->state == JournalView::Grant::State::reserved;
  if (!run.finished && stands && (acted_.contains(call.nonce) || !run.over(context.attempt)))
    violated("nothing_current_is_discarded", context.step + ' ' + describe(call.call.key));
}

void Auditor::obeys_task_discard(const message::Context& context) {
  const auto& run = runs_[context.run];
  if (!run.finished && !run.over(context.attempt))
    violated("nothing_current_is_discarded", context.step + " #" + std::to_string(context.attempt));
}

std::vector<RunFinished> Auditor::ends() const {
  std::vector<RunFinished> ends;
  for (const auto& [id, run] : runs_)
    if (run.finished) ends.push_back(*run.finished);
  return ends;
}

void Auditor::conclude() {
  if (unfinished_ > 0) violated("every_run_ends", std::to_string(unfinished_) + " did not");
  for (const auto& [run, posted] : posted_)
    for (const auto& signal : posted)
      if (std::ranges::find(applied_[run], signal) == applied_[run].end())
        violated("no_signal_is_lost", signal);
}

} // namespace troupe::simulation
