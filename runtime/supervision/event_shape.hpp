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
inline constexpr auto shape<RunCreated> = body("run.created", required("job", &RunCreated::job),
                                               required("team", &RunCreated::team),
                                               required("title", &RunCreated::title),
                                               required("plan", &RunCreated::plan),
                                               required("plan_hash", &RunCreated::plan_hash),
                                               required("bundle", &RunCreated::bundle),
                                               required("inputs", &RunCreated::inputs));
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
inline constexpr auto shape<AttemptReturned> = body("attempt.returned",
                                                    required("step", &AttemptReturned::step),
                                                    required("attempt", &AttemptReturned::attempt),
                                                    required("reason", &AttemptReturned::reason));
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
                                                  required("output", &StepCompleted::output));
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
    required("nonce", &ActivityReserved::nonce), required("executor", &ActivityReserved::executor));
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
                                                    required("key", &ActivityUnknown::key));
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

/// "run.created", ... in the order of the alternatives of Event; nothing is left out.
inline constexpr auto& event_types = detail::Bodies<supervision::Event>::types;

} // namespace troupe::message
