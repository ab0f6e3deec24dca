// Stage 5 of 9: drives an agent through one attempt: calls its tools, replays what is recorded,
// carries its pure results to the owner. Sans I/O: actors/agent and the simulation run this class.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/agent/task.hpp"
#include "runtime/message/outgoing.hpp"
#include "runtime/moment.hpp"

namespace troupe::agent {

/// An attempt as its node knows it.
struct Assignment {
  message::Context context; // run, step, iteration, attempt, epoch
  message::TaskAssigned task;
  std::string owner_node; // who assigned it; where its reserves go
  std::string job;        // names the workspace
};

/// What is known of a tool that this very node serves.
struct ServedHere {
  Millis timeout{};
  bool pure = false;
};

/// What an attempt needs of its shell. No call may lead back into the driver before it has
/// returned.
class AttemptPort {
 public:
  virtual ~AttemptPort() = default;
  virtual std::optional<ServedHere> served_here(const std::string& tool) const = 0;
  virtual void call_tool(std::uint64_t call, message::Outgoing message,
                         Millis timeout) = 0;                    // answer: answered()
  virtual void call_later(std::uint64_t call, Millis after) = 0; // answer: call_due()
  virtual void set_timer(std::uint64_t timer, Millis after) = 0; // answer: timer_rang()
  virtual void report(message::Outgoing message) = 0;            // nobody answers
  /// Completed, failed or cancelled: the last call.
  virtual void end(message::Body body) = 0;
};

class AttemptDriver {
 public:
  /// `node`: the name of this one. `port` must outlive the driver.
  AttemptDriver(Assignment assignment, std::shared_ptr<Agent> agent, std::string node,
                AttemptPort& port);

  void start(Moment now);
  void answered(std::uint64_t call, Result<message::AgentMessage> answer, Moment now);
  void call_due(std::uint64_t call, Moment now);
  void timer_rang(std::uint64_t timer, Moment now);
  /// Ends it as cancelled, and asks its calls to stop: the server here, or, where any may have
  /// taken the call, all of them.
  void stop();
  /// Its run has another owner.
  void owner_is(const std::string& node, Epoch epoch);
  /// Ends it here, to be resumed on another node. Calls that act are left to settle.
  void hand_over();

  const message::Context& context() const { return assignment_.context; }

 private:
  struct Call {
    message::ActivityKey key;
    JsonText arguments;
    std::string digest;
    Millis first_asked{}, asked_at{};       // the first time, the last; monotonic
    std::optional<Millis> unserved_since{}; // nobody has listened since then
    Millis timeout{0};                      // after which it fails
    Millis ask_timeout{0};                  // of one asking
    std::string cancel_at;                  // who is to hear that it is cancelled
  };

  void feed(Event event, Moment now);
  void perform(CallTool& action, Moment now);
  void ask(std::uint64_t number, Moment now);
  void answer(std::uint64_t number, message::ActivityOutcome outcome, Moment now);
  void unserved(std::uint64_t number, Call& call, const Error& error, Moment now);
  void end(message::Body body);
  std::optional<message::ActivityOutcome> known_outcome(const Call& call) const;
  message::Outgoing to_owner(message::Body body) const;

  Assignment assignment_;
  std::shared_ptr<Agent> agent_;
  std::string node_;
  AttemptPort& port_;
  std::map<std::string, std::uint32_t> ordinals_;
  std::map<std::uint64_t, Call> calls_;
  std::deque<Event> replayed_; // answers that need nobody
  std::vector<message::RecordedActivity> riders_;
  bool feeding_ = false, ended_ = false;
};

} // namespace troupe::agent
