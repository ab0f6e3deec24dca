// RunMachine: what executors say of attempts.
#include <algorithm>

#include "runtime/artifact/reference.hpp"
#include "runtime/json_schema.hpp"
#include "runtime/limits.hpp"
#include "runtime/supervision/recovery.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/turn.hpp"

namespace troupe::supervision {
namespace {

using namespace message;

/// The answer to a repeated end of an attempt that is over: taken, or superseded.
Body answer_to_late_end(const Attempt& attempt, const Body& body) {
  const bool taken =
      (attempt.state == Attempt::State::completed && std::holds_alternative<TaskCompleted>(body)) ||
      (attempt.state == Attempt::State::failed && std::holds_alternative<TaskFailed>(body)) ||
      attempt.state == Attempt::State::cancelled || attempt.handed_over;
  if (taken) return TaskAcknowledged{};
  return TaskDiscarded{"attempt " + std::to_string(attempt.number) +
                       " is over: " + std::string{to_string(attempt.state)}};
}

/// Only its own node can tell of it. The bus has seen to it that the sender is who it says.
bool is_of_its_node(const message::AgentMessage& message, const Attempt& attempt) {
  return std::string_view{message.sender}.substr(0, message.sender.find('/')) == attempt.node;
}

const Attempt* find_attempt(const StepState& step, AttemptNumber number) {
  for (const auto& attempt : step.attempts)
    if (attempt.number == number) return &attempt;
  return nullptr;
}

} // namespace

bool ends_an_attempt(const Body& body) {
  return std::holds_alternative<TaskCompleted>(body) || std::holds_alternative<TaskFailed>(body) ||
         std::holds_alternative<TaskCancelled>(body);
}

/// The bus knows at once whether anybody listens there; who only is late answers.
void RunMachine::on(Turn& turn, const NodeSilent& stimulus) {
  for (const auto& step : run_.steps)
    if (const Attempt* attempt = step.current();
        attempt != nullptr && attempt->incarnation == stimulus.incarnation)
      turn.perform(AskStatus{step.path, attempt->number, attempt->node, attempt->incarnation});
}

void RunMachine::on(Turn& turn, const Received& stimulus) {
  const auto& context = stimulus.message.context;
  const auto& body = stimulus.message.body;
  StepState* step = run_.of_attempt(context.attempt);
  const Attempt* attempt = step != nullptr ? find_attempt(*step, context.attempt) : nullptr;
  if (attempt == nullptr) {
    turn.reply(stimulus, NotHere{"no attempt " + std::to_string(context.attempt) +
                                 " in the journal of this run"});
    return;
  }
  if (std::holds_alternative<ActivitySettle>(body)) return on_settle(turn, stimulus, *step);

  Attempt* current = step->current();
  if (current == nullptr || current->number != context.attempt) {
    if (ends_an_attempt(body)) turn.reply(stimulus, answer_to_late_end(*attempt, body));
    if (const auto* reserve = std::get_if<ActivityReserve>(&body))
      turn.reply(stimulus,
                 ActivityDiscarded{reserve->key,
                                   "attempt " + std::to_string(attempt->number) + " is over"});
    return;
  }
  if (std::holds_alternative<ActivityReserve>(body))
    return on_reserve(turn, stimulus, *step, *current);
  if (!is_of_its_node(stimulus.message, *current)) {
    if (ends_an_attempt(body))
      turn.reply(stimulus, TaskDiscarded{"attempt " + std::to_string(current->number) +
                                         " runs on node " + current->node});
    return;
  }
  if (step->phase == StepPhase::stopping) return on_stopping(turn, stimulus, *step);
  on_task(turn, stimulus, *step, *current);
}

void RunMachine::on(Turn& turn, const AssignmentUnanswered& stimulus) {
  StepState* step = run_.of_attempt(stimulus.attempt);
  const Attempt* attempt = step != nullptr ? step->current() : nullptr;
  if (attempt == nullptr || attempt->number != stimulus.attempt) return;
  if (stimulus.delivered)
    turn.perform(CancelAttempt{step->path, attempt->number, attempt->node, attempt->incarnation,
                               "the assignment was not answered in time"});
  if (step->phase == StepPhase::stopping)
    return stopped(turn, *step, {step->path, attempt->number, false, {}, {}});
  return_attempt(turn, *step, *attempt, stimulus.reason);
}

void RunMachine::on(Turn& turn, const AttemptNotThere& stimulus) {
  StepState* step = run_.of_attempt(stimulus.attempt);
  Attempt* attempt = step != nullptr ? step->current() : nullptr;
  if (attempt != nullptr && attempt->number == stimulus.attempt)
    lose_attempt(turn, *step, *attempt);
}

void RunMachine::on(Turn& turn, const NodeGone& stimulus) {
  gone_.insert(stimulus.incarnation);
  for (auto& step : run_.steps) {
    Attempt* attempt = step.current();
    if (attempt == nullptr || attempt->incarnation != stimulus.incarnation) continue;
    if (stimulus.in_order && step.phase != StepPhase::stopping)
      return_attempt(turn, step, *attempt, "node " + attempt->node + " left", true);
    else
      lose_attempt(turn, step, *attempt);
  }
  turn.touch_all(); // an undo may have waited for what it might still do
}

/// What an attempt that was asked to stop says at its end. A completion that comes after the cancel
/// is kept and undone; it starts nothing.
void RunMachine::on_stopping(Turn& turn, const Received& stimulus, StepState& step) {
  AttemptStopped how{step.path, step.current()->number, false, {}, {}};
  const bool over = std::visit(
      Overloaded{[&](const TaskCompleted& done) {
                   record_riders(turn, step, how.attempt, done.riders);
                   how.completed = true;
                   how.output = done.output;
                   return true;
                 },
                 [&](const TaskFailed& failed) {
                   record_riders(turn, step, how.attempt, failed.riders);
                   how.error = failed.error;
                   return true;
                 },
                 [&](const TaskCancelled& cancelled) {
                   record_riders(turn, step, how.attempt, cancelled.riders);
                   return true;
                 },
                 [&](const TaskRefused&) { return true; }, [&](const NotHere&) { return true; },
                 [](const auto&) { return false; }},
      stimulus.message.body);
  if (!over) return;
  stopped(turn, step, std::move(how));
  turn.reply(stimulus, TaskAcknowledged{});
}

void RunMachine::on_task(Turn& turn, const Received& stimulus, StepState& step, Attempt& attempt) {
  const AttemptNumber number = attempt.number;
  std::visit(
      Overloaded{
          [&](const TaskProgress& progress) { on_progress(turn, step, progress); },
          [&](const TaskRefused& refused) {
            return_attempt(turn, step, attempt, refused.error.message);
          },
          [&](const NotHere&) { lose_attempt(turn, step, attempt); },
          [&](const TaskCompleted& done) {
            record_riders(turn, step, number, done.riders);
            complete_checked(turn, step, number, done.output);
            turn.reply(stimulus, TaskAcknowledged{});
          },
          [&](const TaskFailed& failed) {
            record_riders(turn, step, number, failed.riders);
            if (failed.handed_over) {
              return_attempt(turn, step, attempt, failed.error.message, true);
            } else if (failed.error.error_class == ErrorClass::agent_down) {
              lose_attempt(turn, step, attempt);
            } else {
              std::optional<Millis> retry_after;
              if (failed.retry_after_ms) retry_after = Millis{*failed.retry_after_ms};
              fail_try(turn, step, number, failed.error, retry_after);
            }
            turn.reply(stimulus, TaskAcknowledged{});
          },
          [&](const TaskCancelled& cancelled) {
            record_riders(turn, step, number, cancelled.riders);
            fail_try(turn, step, number,
                     make_error(ErrorClass::cancelled, "the executor cancelled the attempt"), {});
            turn.reply(stimulus, TaskAcknowledged{});
          },
          [](const auto&) {}, // accepted: said by the answer to the assignment, not journaled
      },
      stimulus.message.body);
}

/// Stage 7: does the result fit?
void RunMachine::complete_checked(Turn& turn, StepState& step, AttemptNumber attempt,
                                  const JsonText& output) {
  std::string fault;
  if (output.text.size() > limits::payload_bytes_max)
    fault = "the output is " + std::to_string(output.text.size()) + " bytes; at most " +
            std::to_string(limits::payload_bytes_max) + " fit";
  else if (const auto& schema = step.node->output_schema)
    for (const auto& one : schema_faults(schema->text, output))
      fault += (fault.empty() ? "" : "; ") + one;
  if (const auto aside = artifact::parse_reference(output); aside && !fault.empty())
    fault = "output_schema cannot look into an artifact, which an output of " +
            std::to_string(aside->bytes) + " bytes is: " + fault;
  if (fault.empty()) return complete(turn, step, attempt, output);
  const auto error = make_error(ErrorClass::invalid_output, fault);
  if (attempt == 0) return fail_step(turn, step, error); // a signal's body: there is no other try
  fail_try(turn, step, attempt, error, {});
}

/// The next attempt gets the last progress, on any node: it is journaled, but not each time.
void RunMachine::on_progress(Turn& turn, StepState& step, const TaskProgress& progress) {
  if (progress.progress == JsonText{}) return; // a note alone
  const bool due = !step.progress_at || turn.now - *step.progress_at >= limits::progress_interval;
  if (!due) return void(progress_[step.path] = progress.progress);
  progress_.erase(step.path);
  turn.emit(AttemptProgressed{step.path, step.current()->number, progress.progress});
}

/// Before an attempt ends otherwise than well: the last it reported, if that was too soon.
void RunMachine::keep_progress(Turn& turn, const StepState& step, AttemptNumber attempt) {
  if (auto last = progress_.extract(step.path))
    turn.emit(AttemptProgressed{step.path, attempt, std::move(last.mapped())});
}

} // namespace troupe::supervision
