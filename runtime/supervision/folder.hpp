// How each event changes the state of a run: one overload per event. Private to fold.
#pragma once
#include <algorithm>

#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

struct Folder {
  RunState& run;
  Instant at;

  void operator()(const RunCreated& e) const;
  void operator()(const RunAdopted& e) const;

  // ---- steps
  void operator()(const StepReady& e) const;
  void operator()(const StepSkipped& e) const;
  void operator()(const StepBlocked& e) const;
  void operator()(const StepCompleted& e) const;
  void operator()(const StepFailed& e) const;
  void operator()(const StepCancelled& e) const;
  void operator()(const StepStopping& e) const;
  void operator()(const FallbackTaken& e) const;

  // ---- attempts
  void operator()(const AttemptAssigned& e) const;
  void operator()(const AttemptReturned& e) const;
  void operator()(const AttemptLost& e) const;
  void operator()(const AttemptFailed& e) const;
  void operator()(const AttemptStopping& e) const;
  void operator()(const AttemptStopped& e) const;
  void operator()(const AttemptProgressed& e) const;

  // ---- activities
  void operator()(const ActivityRecorded& e) const;
  void operator()(const ActivityReserved& e) const;
  void operator()(const ActivitySettled& e) const;
  void operator()(const ActivityUnknown& e) const;
  void operator()(const ActivityResolved& e) const;

  // ---- groups
  void operator()(const GroupExpanded& e) const;
  void operator()(const CaseChosen& e) const;
  void operator()(const GroupRestarting& e) const;
  void operator()(const GroupRestarted& e) const;
  void operator()(const GroupEscalated&) const;

  // ---- waits, people, children
  void operator()(const StepWaiting& e) const;
  void operator()(const WaitSkipped& e) const;
  void operator()(const SignalReceived& e) const;
  void operator()(const SignalTaken& e) const;
  void operator()(const ApprovalRequested& e) const;
  void operator()(const ApprovalDecided& e) const;
  void operator()(const ChildStarted& e) const;
  void operator()(const ChildEnded& e) const;

  // ---- the run
  void operator()(const CancelRequested& e) const;
  void operator()(const KillRequested& e) const;
  void operator()(const RunPaused&) const;
  void operator()(const RunResumed&) const;
  void operator()(const RunUndoing&) const;
  void operator()(const RunFinished& e) const;

 private:
  /// A step that is not there yet is an instance of a body, "each[3]", or an undo, "x~undo".
  StepState* find_or_make(const std::string& path) const;
  void begin_attempt(const std::string& path, Attempt attempt) const;
  void end(const std::string& path, StepPhase phase) const;
  void end(StepState& step, StepPhase phase) const;
  /// One whose attempt or child run is under way is stopped first.
  void count_retries(StepState& step, std::uint32_t number) const;
  void make_victim(StepState& victim) const;
  void forget_restart(const StepState& victim) const;
  void recount(StepState& owner) const;
  /// Begins the next iteration of a step and of all below it.
  void reset(StepIndex index) const;
};

} // namespace troupe::supervision
