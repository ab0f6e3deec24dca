// Stage 5 of 9: the attempts that a node runs for their owners: takes them within its slots, and
// repeats how each ended until its owner has answered. Sans I/O: actors/agent_host and the
// simulation run this class.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "runtime/agent/attempt_driver.hpp"
#include "runtime/message/outgoing.hpp"

namespace troupe::agent {

/// A message, and where its answer goes; only the shell knows what `reply_to` means.
struct Asked {
  message::AgentMessage message;
  std::string reply_to;
  std::string from; // the sender's node
};

/// What a host needs of its shell. No call may lead back into the driver before it has returned.
class HostPort {
 public:
  virtual ~HostPort() = default;
  virtual void answer(const Asked& to, message::Body body) = 0;
  /// Starts the agent of an attempt. Its end: ended(). An error is how the attempt ends.
  virtual Result<> start(std::uint64_t attempt, Assignment assignment) = 0;
  virtual void stop(std::uint64_t attempt, const std::string& reason) = 0;
  virtual void owner_is(std::uint64_t attempt, const std::string& node, Epoch epoch) = 0;
  virtual void hand_over(std::uint64_t attempt) = 0; // it ends here, to go on elsewhere
  virtual void deliver(std::uint64_t attempt, message::Outgoing message) = 0; // answer: delivered()
  virtual void ask_whois(std::uint64_t attempt, message::Outgoing message) = 0; // owner_found()
  virtual void deliver_later(std::uint64_t attempt, Millis after) = 0;          // delivery_due()
};

class HostDriver {
 public:
  /// `process`: this start of the node. `port` must outlive the driver.
  HostDriver(IncarnationId process, std::uint32_t slots, HostPort& port)
      : process_{process}, slots_{slots}, port_{port} {}

  void receive(Asked asked, bool draining);
  void ended(std::uint64_t attempt, message::Body end); // only the first counts
  void delivered(std::uint64_t attempt, const Result<message::AgentMessage>& answer);
  void owner_found(std::uint64_t attempt, const Result<message::AgentMessage>& answer);
  void delivery_due(std::uint64_t attempt);
  /// The node is about to end: what still runs goes on elsewhere, without having spent anything.
  void hand_over();

  std::uint32_t free_slots() const;
  /// That run, or whose end their owner has not taken yet.
  std::size_t attempts() const { return attempts_.size(); }

 private:
  struct Attempt {
    message::Context context;
    std::string owner_node;
    std::optional<message::Body> end; // once it has one: repeated until it is answered
  };
  using Attempts = std::map<std::uint64_t, Attempt>;

  void assigned(Asked& asked, message::TaskAssigned& task, bool draining);
  void status(const Asked& asked);
  void cancel(const Asked& asked, const message::TaskCancel& cancel);
  void deliver(std::uint64_t number, const Attempt& attempt);
  void deliver_later(std::uint64_t number);
  Attempts::iterator find(const message::Context& context);
  Attempts::iterator find(RunId run, AttemptNumber attempt);

  IncarnationId process_;
  std::uint32_t slots_;
  HostPort& port_;
  Attempts attempts_;
  std::uint64_t last_number_ = 0;
  std::map<RunId, Epoch> epochs_; // the highest seen
};

/// The node to turn to after an answer to bus.whois: the owner of the run; or, when nobody owns it,
/// whoever answered, which tells from Postgres what became of it.
std::string owner_in(const message::AgentMessage& whois_answer);

} // namespace troupe::agent
