// Stage 8 of 9: what the journal holds. One append is the events of one decision (DURABILITY.md);
// folding all appends of a run from the first gives its state on any node, at any time.
//
// Body of an append: {"v":1,"events":[{"type":"attempt.assigned","step":"triage",...},...]}
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/json_text.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/result.hpp"

namespace troupe::supervision {

// A step or group is named by its instance path: "examine/probe". Fields are only ever added.

struct RunCreated { // always the first event
  JobId job;
  std::string team, title, plan, plan_hash;
  std::string bundle; // hash of the pinned document that the run executes
  JsonText inputs;
  std::optional<RunId> parent{};      // whose step started it: told when it ends
  std::string requested_by{};         // who may not approve its steps; empty: nobody in particular
  std::optional<RunId> forked_from{}; // the run that it goes on from, with what stood there
  std::string forked_at{};            // and the step that it begins at; empty: none in particular
  std::optional<Instant> deadline{};  // of the step that started it: what cannot end by then is
                                      // refused
  std::optional<std::uint32_t> retry_budget{}; // what that step's groups had left
  std::optional<message::Priority> priority{}; // of the job; nothing: normal
};
struct RunAdopted { // a new owner; raises the epoch
  Epoch epoch = 0;
  std::string node;
  IncarnationId incarnation;
};
struct StepReady { // its needs are met and its `when` is true; makes an instance of a body or undo
  std::string step;
};
struct StepSkipped { // its `when` is false
  std::string step;
};
struct StepBlocked { // a need failed, was cancelled or is blocked
  std::string step, need;
};
struct AttemptAssigned { // journaled before it is sent
  std::string step;
  std::uint32_t iteration = 0;
  AttemptNumber attempt = 0;
  std::string node;
  IncarnationId incarnation;
  JsonText task; // templates filled in
  std::uint32_t timeout_ms = 0;
  bool resumed = false;
};
struct AttemptReturned { // refused, unanswered or handed over: spends no try
  std::string step;
  AttemptNumber attempt = 0;
  std::string reason;
  bool handed_over = false; // its node drains; what it did is recorded, and the next one resumes
};
struct AttemptLost { // its node is gone; the step resumes under a new number
  std::string step;
  AttemptNumber attempt = 0;
  std::string node;
};
struct AttemptFailed { // spends a try
  std::string step;
  AttemptNumber attempt = 0;
  Error error;
  std::optional<Instant> retry_at; // the next try; nothing: the step fails
};
struct StepCompleted {
  std::string step;
  AttemptNumber attempt = 0; // 0: a group
  JsonText output;
  bool kept = false; // it completed in the run this one was forked from
};
struct StepFailed {
  std::string step;
  Error error;
};
struct StepCancelled {
  std::string step;
};
struct StepStopping { // everything below it is cancelled; then it fails with this
  std::string step;
  Error error;
};
struct AttemptStopping { // its executor was asked to stop, and is awaited
  std::string step;
  AttemptNumber attempt = 0;
  std::string reason;
};
struct AttemptStopped { // and has: a completion that came after the cancel is kept, to be undone
  std::string step;
  AttemptNumber attempt = 0;
  bool completed = false;
  JsonText output;
  std::optional<Error> error;
};
struct AttemptProgressed { // the next attempt gets it
  std::string step;
  AttemptNumber attempt = 0;
  JsonText progress;
};
struct FallbackTaken { // retries are exhausted; another role has its own
  std::string step, role;
};
struct GroupExpanded { // a foreach: what it goes over
  std::string step;
  JsonText items; // a list; null: the artifact holds it
  std::string artifact{};
  std::uint64_t bytes = 0, count = 0; // of the artifact, of items in it
};
struct CaseChosen { // a switch
  std::string step, label;
};
struct GroupRestarting { // victims are stopped and undone; then, not before `due`, GroupRestarted
  std::string group, child;
  Error error; // the child's
  std::vector<std::string> victims;
  Instant due{};
};
struct GroupRestarted { // each of them, and all below, begins its next iteration
  std::string group;
  std::vector<std::string> victims;
};
struct GroupEscalated { // it may not restart the child, which fails
  std::string group, child, reason;
};
struct RunUndoing { // the run failed or was cancelled: what was done is taken back
  std::string reason;
};
struct StepWaiting { // a wait, until then or for a signal
  std::string step;
  std::optional<Instant> until;
};
struct WaitSkipped { // a person's "run now": of a wait, a retry or a restart
  std::string id, step;
};
struct SignalTaken { // by a wait; each signal once
  std::string step, id;
};
struct ApprovalRequested {
  std::string step, role;
  JsonText subject;
  std::string digest; // sha256 of the canonical subject: what a decision binds
  Instant expires_at{};
};
struct ApprovalDecided {
  std::string id, step;
  bool approved = false;
  std::string by, reason;
};
struct ChildStarted { // a run of its own, with a job of its own
  std::string step;
  AttemptNumber attempt = 0;
  RunId run;
  JobId job;
  AppendId append; // of its first row
  std::string plan;
  JsonText inputs;
};
struct ChildEnded {
  std::string step;
  AttemptNumber attempt = 0;
  ports::RunState state = ports::RunState::completed;
  std::string reason;
  JsonText output;
  std::uint32_t retries = 0; // and restarts, that it spent
};
struct RunPaused { // nothing new starts
  std::string id, by;
};
struct RunResumed {
  std::string id, by;
};
struct KillRequested { // no undo, no `always`
  std::string id, reason;
};
struct ActivityResolved { // a person's or the tool's own word on an unknown outcome
  std::string step;
  message::ActivityKey key;
  bool happened = false;
  message::ActivityOutcome outcome; // when it did
  std::string by;
};
struct ActivityRecorded { // a pure one, after the fact
  std::string step;
  AttemptNumber attempt = 0;
  message::RecordedActivity activity;
};
struct ActivityReserved { // an effect may be about to happen
  std::string step;
  AttemptNumber attempt = 0;
  message::ActivityKey key;
  std::string digest;
  JsonText arguments;
  std::string effect, risk;
  NonceId nonce;
  IncarnationId executor;
  std::string reconcile{}; // who can tell afterwards whether it happened; empty: only a person
};
struct ActivitySettled { // what came of it
  std::string step;
  message::ActivityKey key;
  NonceId nonce;
  message::ActivityOutcome outcome;
  std::uint32_t duration_ms = 0;
};
struct ActivityUnknown { // nobody can tell any more whether it happened
  std::string step;
  message::ActivityKey key;
  bool asked = false;   // its tool cannot tell either: a person has to
  std::string reason{}; // why it cannot
};
struct SignalReceived {
  std::string id, name;
  JsonText body;
};
struct CancelRequested {
  std::string id, reason;
};
struct RunFinished { // always the last event
  ports::RunState state = ports::RunState::completed;
  std::string reason;
  JsonText output;
};

using Event =
    std::variant<RunCreated, RunAdopted, StepReady, StepSkipped, StepBlocked, AttemptAssigned,
                 AttemptReturned, AttemptLost, AttemptFailed, StepCompleted, StepFailed,
                 StepCancelled, ActivityRecorded, ActivityReserved, ActivitySettled,
                 ActivityUnknown, SignalReceived, CancelRequested, RunFinished, StepStopping,
                 AttemptStopping, AttemptStopped, AttemptProgressed, FallbackTaken, GroupExpanded,
                 CaseChosen, GroupRestarting, GroupRestarted, GroupEscalated, RunUndoing,
                 StepWaiting, WaitSkipped, SignalTaken, ApprovalRequested, ApprovalDecided,
                 ChildStarted, ChildEnded, RunPaused, RunResumed, KillRequested, ActivityResolved>;

/// "attempt.assigned"
std::string_view type_name(const Event& event);

/// The body of one append.
std::string encode(const std::vector<Event>& events);

/// internal: not a body, a newer version, or an unknown event. The text says which.
Result<std::vector<Event>> decode(std::string_view body);

} // namespace troupe::supervision
