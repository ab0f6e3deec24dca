// How each event of the journal looks as JSON: one line per field (message/shape.hpp explains the
// form). Events of every version since the first can be read: a field that is added is `optional`.
#pragma once
#include "runtime/message/shape_codec.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::message {

using supervision::ActivityRecorded;
using supervision::ActivityReserved;
using supervision::ActivityUnknown;
using supervision::AttemptAssigned;
using supervision::AttemptFailed;
using supervision::AttemptLost;
using supervision::AttemptReturned;
using supervision::CancelRequested;
using supervision::RunCreated;
using supervision::RunFinished;
using supervision::SignalReceived;
using supervision::StepBlocked;
using supervision::StepCancelled;
using supervision::StepCompleted;
using supervision::StepFailed;
using supervision::StepReady;
using supervision::StepSkipped;

template <>
inline constexpr Names<ports::RunState> names<ports::RunState>{
    ports::parse_run_state, "a state of a run", " (completed, failed, cancelled or needs_person)"};

template <>
inline constexpr auto shape<RunCreated> =
    body("run.created", required("job", &RunCreated::job), required("team", &RunCreated::team),
         required("title", &RunCreated::title), required("plan", &RunCreated::plan),
         required("plan_hash", &RunCreated::plan_hash), required("bundle", &RunCreated::bundle),
         required("inputs", &RunCreated::inputs), optional("parent", &RunCreated::parent),
         optional("requested_by", &RunCreated::requested_by),
         optional("forked_from", &RunCreated::forked_from),
         optional("forked_at", &RunCreated::forked_at), optional("deadline", &RunCreated::deadline),
         optional("retry_budget", &RunCreated::retry_budget),
         optional("priority", &RunCreated::priority));
template <>
inline constexpr auto shape<supervision::RunAdopted> =
    body("run.adopted", required("epoch", &supervision::RunAdopted::epoch),
         required("node", &supervision::RunAdopted::node),
         required("incarnation", &supervision::RunAdopted::incarnation));
template <>
inline constexpr auto shape<StepReady> = body("step.ready", required("step", &StepReady::step));
template <>
inline constexpr auto shape<StepSkipped> = body("step.skipped",
                                                required("step", &StepSkipped::step));
template <>
inline constexpr auto shape<StepBlocked> = body("step.blocked",
                                                required("step", &StepBlocked::step),
                                                required("need", &StepBlocked::need));
template <>
inline constexpr auto shape<AttemptAssigned> = body(
    "attempt.assigned", required("step", &AttemptAssigned::step),
    optional("iteration", &AttemptAssigned::iteration),
    required("attempt", &AttemptAssigned::attempt), required("node", &AttemptAssigned::node),
    required("incarnation", &AttemptAssigned::incarnation),
    required("task", &AttemptAssigned::task), optional("timeout_ms", &AttemptAssigned::timeout_ms),
    optional("resumed", &AttemptAssigned::resumed));
template <>
inline constexpr auto shape<AttemptReturned> = body(
    "attempt.returned", required("step", &AttemptReturned::step),
    required("attempt", &AttemptReturned::attempt), required("reason", &AttemptReturned::reason),
    optional("handed_over", &AttemptReturned::handed_over));
template <>
inline constexpr auto shape<AttemptLost> = body("attempt.lost",
                                                required("step", &AttemptLost::step),
                                                required("attempt", &AttemptLost::attempt),
                                                required("node", &AttemptLost::node));
template <>
inline constexpr auto shape<AttemptFailed> = body("attempt.failed",
                                                  required("step", &AttemptFailed::step),
                                                  required("attempt", &AttemptFailed::attempt),
                                                  required("error", &AttemptFailed::error),
                                                  optional("retry_at", &AttemptFailed::retry_at));
template <>
inline constexpr auto shape<StepCompleted> = body("step.completed",
                                                  required("step", &StepCompleted::step),
                                                  optional("attempt", &StepCompleted::attempt),
                                                  required("output", &StepCompleted::output),
                                                  optional("kept", &StepCompleted::kept));
template <>
inline constexpr auto shape<StepFailed> = body("step.failed", required("step", &StepFailed::step),
                                               required("error", &StepFailed::error));
template <>
inline constexpr auto shape<StepCancelled> = body("step.cancelled",
                                                  required("step", &StepCancelled::step));
template <>
inline constexpr auto shape<ActivityRecorded> =
    body("activity.recorded", required("step", &ActivityRecorded::step),
         required("attempt", &ActivityRecorded::attempt),
         required("activity", &ActivityRecorded::activity));
template <>
inline constexpr auto shape<ActivityReserved> = body(
    "activity.reserved", required("step", &ActivityReserved::step),
    required("attempt", &ActivityReserved::attempt), required("key", &ActivityReserved::key),
    required("digest", &ActivityReserved::digest),
    required("arguments", &ActivityReserved::arguments),
    required("effect", &ActivityReserved::effect), required("risk", &ActivityReserved::risk),
    required("nonce", &ActivityReserved::nonce), required("executor", &ActivityReserved::executor),
    optional("reconcile", &ActivityReserved::reconcile));
template <>
inline constexpr auto shape<supervision::ActivitySettled> =
    body("activity.settled", required("step", &supervision::ActivitySettled::step),
         required("key", &supervision::ActivitySettled::key),
         required("nonce", &supervision::ActivitySettled::nonce),
         required("outcome", &supervision::ActivitySettled::outcome),
         optional("duration_ms", &supervision::ActivitySettled::duration_ms));
template <>
inline constexpr auto shape<ActivityUnknown> = body("activity.unknown",
                                                    required("step", &ActivityUnknown::step),
                                                    required("key", &ActivityUnknown::key),
                                                    optional("asked", &ActivityUnknown::asked),
                                                    optional("reason", &ActivityUnknown::reason));
template <>
inline constexpr auto shape<SignalReceived> = body("signal.received",
                                                   required("id", &SignalReceived::id),
                                                   required("name", &SignalReceived::name),
                                                   required("body", &SignalReceived::body));
template <>
inline constexpr auto shape<CancelRequested> = body("run.cancel_requested",
                                                    required("id", &CancelRequested::id),
                                                    optional("reason", &CancelRequested::reason));
template <>
inline constexpr auto shape<RunFinished> = body("run.finished",
                                                required("state", &RunFinished::state),
                                                optional("reason", &RunFinished::reason),
                                                optional("output", &RunFinished::output));

template <>
inline constexpr auto shape<supervision::StepStopping> =
    body("step.stopping", required("step", &supervision::StepStopping::step),
         required("error", &supervision::StepStopping::error));
template <>
inline constexpr auto shape<supervision::AttemptStopping> =
    body("attempt.stopping", required("step", &supervision::AttemptStopping::step),
         required("attempt", &supervision::AttemptStopping::attempt),
         optional("reason", &supervision::AttemptStopping::reason));
template <>
inline constexpr auto shape<supervision::AttemptStopped> =
    body("attempt.stopped", required("step", &supervision::AttemptStopped::step),
         required("attempt", &supervision::AttemptStopped::attempt),
         optional("completed", &supervision::AttemptStopped::completed),
         optional("output", &supervision::AttemptStopped::output),
         optional("error", &supervision::AttemptStopped::error));
template <>
inline constexpr auto shape<supervision::AttemptProgressed> =
    body("attempt.progressed", required("step", &supervision::AttemptProgressed::step),
         required("attempt", &supervision::AttemptProgressed::attempt),
         required("progress", &supervision::AttemptProgressed::progress));
template <>
inline constexpr auto shape<supervision::FallbackTaken> =
    body("step.fallback", required("step", &supervision::FallbackTaken::step),
         required("role", &supervision::FallbackTaken::role));
template <>
inline constexpr auto shape<supervision::GroupExpanded> =
    body("group.expanded", required("step", &supervision::GroupExpanded::step),
         optional("items", &supervision::GroupExpanded::items),
         optional("artifact", &supervision::GroupExpanded::artifact),
         optional("bytes", &supervision::GroupExpanded::bytes),
         optional("count", &supervision::GroupExpanded::count));
template <>
inline constexpr auto shape<supervision::CaseChosen> =
    body("group.chosen", required("step", &supervision::CaseChosen::step),
         required("label", &supervision::CaseChosen::label));
template <>
inline constexpr auto shape<supervision::GroupRestarting> =
    body("group.restarting", required("group", &supervision::GroupRestarting::group),
         required("child", &supervision::GroupRestarting::child),
         required("error", &supervision::GroupRestarting::error),
         required("victims", &supervision::GroupRestarting::victims),
         required("due", &supervision::GroupRestarting::due));
template <>
inline constexpr auto shape<supervision::GroupRestarted> =
    body("group.restarted", required("group", &supervision::GroupRestarted::group),
         required("victims", &supervision::GroupRestarted::victims));
template <>
inline constexpr auto shape<supervision::GroupEscalated> =
    body("group.escalated", required("group", &supervision::GroupEscalated::group),
         required("child", &supervision::GroupEscalated::child),
         required("reason", &supervision::GroupEscalated::reason));
template <>
inline constexpr auto shape<supervision::RunUndoing> =
    body("run.undoing", optional("reason", &supervision::RunUndoing::reason));
template <>
inline constexpr auto shape<supervision::StepWaiting> =
    body("step.waiting", required("step", &supervision::StepWaiting::step),
         optional("until", &supervision::StepWaiting::until));
template <>
inline constexpr auto shape<supervision::WaitSkipped> =
    body("wait.skipped", required("id", &supervision::WaitSkipped::id),
         required("step", &supervision::WaitSkipped::step));
template <>
inline constexpr auto shape<supervision::SignalTaken> =
    body("signal.taken", required("step", &supervision::SignalTaken::step),
         required("id", &supervision::SignalTaken::id));
template <>
inline constexpr auto shape<supervision::ApprovalRequested> =
    body("approval.requested", required("step", &supervision::ApprovalRequested::step),
         required("role", &supervision::ApprovalRequested::role),
         required("subject", &supervision::ApprovalRequested::subject),
         required("digest", &supervision::ApprovalRequested::digest),
         required("expires_at", &supervision::ApprovalRequested::expires_at));
template <>
inline constexpr auto shape<supervision::ApprovalDecided> =
    body("approval.decided", required("id", &supervision::ApprovalDecided::id),
         required("step", &supervision::ApprovalDecided::step),
         required("approved", &supervision::ApprovalDecided::approved),
         optional("by", &supervision::ApprovalDecided::by),
         optional("reason", &supervision::ApprovalDecided::reason));
template <>
inline constexpr auto shape<supervision::ChildStarted> =
    body("child.started", required("step", &supervision::ChildStarted::step),
         required("attempt", &supervision::ChildStarted::attempt),
         required("run", &supervision::ChildStarted::run),
         required("job", &supervision::ChildStarted::job),
         required("append", &supervision::ChildStarted::append),
         required("plan", &supervision::ChildStarted::plan),
         required("inputs", &supervision::ChildStarted::inputs));
template <>
inline constexpr auto shape<supervision::ChildEnded> =
    body("child.ended", required("step", &supervision::ChildEnded::step),
         required("attempt", &supervision::ChildEnded::attempt),
         required("state", &supervision::ChildEnded::state),
         optional("reason", &supervision::ChildEnded::reason),
         optional("output", &supervision::ChildEnded::output),
         optional("retries", &supervision::ChildEnded::retries));
template <>
inline constexpr auto shape<supervision::RunPaused> =
    body("run.paused", required("id", &supervision::RunPaused::id),
         optional("by", &supervision::RunPaused::by));
template <>
inline constexpr auto shape<supervision::RunResumed> =
    body("run.resumed", required("id", &supervision::RunResumed::id),
         optional("by", &supervision::RunResumed::by));
template <>
inline constexpr auto shape<supervision::KillRequested> =
    body("run.kill_requested", required("id", &supervision::KillRequested::id),
         optional("reason", &supervision::KillRequested::reason));
template <>
inline constexpr auto shape<supervision::ActivityResolved> =
    body("activity.resolved", required("step", &supervision::ActivityResolved::step),
         required("key", &supervision::ActivityResolved::key),
         required("happened", &supervision::ActivityResolved::happened),
         optional("outcome", &supervision::ActivityResolved::outcome),
         optional("by", &supervision::ActivityResolved::by));

/// "run.created", ... in the order of the alternatives of Event; nothing is left out.
inline constexpr auto& event_types = detail::Bodies<supervision::Event>::types;

} // namespace troupe::message
