// Stage 3 of 9: one step's talk with the node that runs its attempt: assign, ask after it. Its
// cancel is the run's: one message for all on a node. Sans I/O, as run_driver.hpp.
#pragma once
#include "runtime/message/outgoing.hpp"
#include "runtime/supervision/run_machine.hpp"

namespace troupe::supervision {

/// What a step needs of its shell. No call may lead back into the driver before it has returned.
class StepPort {
 public:
  virtual ~StepPort() = default;
  virtual void ask(AttemptNumber attempt, message::Outgoing message) = 0; // answer: answered()
  virtual void ask_later(AttemptNumber attempt, Millis after) = 0;        // answer: status_due()
  virtual void happened(Stimulus what) = 0;                               // to the run
  /// To the run: the end of an attempt that came as an answer. Its node wants to hear that the run
  /// has it.
  virtual void ended(message::AgentMessage end, const std::string& node) = 0;
  virtual void refused(IncarnationId node) = 0; // it has no slot
};

class StepDriver {
 public:
  /// `port` must outlive the driver.
  StepDriver(RunId run, std::string path, StepPort& port)
      : run_{run}, path_{std::move(path)}, port_{port} {}

  /// SendAssignment, AskStatus, CancelAttempt; nothing else concerns a step.
  void perform(const Effect& effect, Epoch epoch, Instant now);
  void answered(AttemptNumber attempt, Result<message::AgentMessage> answer);
  void status_due(AttemptNumber attempt);

 private:
  void assign(const SendAssignment& effect, Instant now);
  void talk_about(const AskStatus& attempt);
  void ask();
  void ask_later(Millis after);
  void cancel(const CancelAttempt& effect);
  void unanswered(const Error& error);
  message::Outgoing message(std::string_view verb, AttemptNumber attempt, const std::string& node,
                            IncarnationId incarnation, message::Body body) const;

  RunId run_;
  std::string path_;
  StepPort& port_;
  Epoch epoch_ = 0;
  AskStatus asked_; // whose answer is waited for
  bool assigning_ = false;
  unsigned timers_ = 0; // of that attempt; the last one asks
};

} // namespace troupe::supervision
