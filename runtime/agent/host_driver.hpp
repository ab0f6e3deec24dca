// Stage 5 of 9: the attempts that a node runs for their owners: takes them within its slots, and
// repeats how each ended until its owner has answered. Sans I/O: actors/agent_host and the
// simulation run this class.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/agent/attempt_driver.hpp"
#include "runtime/message/outgoing.hpp"

namespace troupe::agent {

/// A message, and where its answer goes; only the shell knows what `reply_to` means.
struct Asked {
  message::AgentMessage message;
  std::string reply_to;
  std::string from; // the sender's node
};

/// For all attempts together, however many there are.
enum class HostTimer : std::uint8_t {
  accept, // what has not ended by now is accepted
  deliver // an end that nobody has acknowledged is told again
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
  virtual void ring(HostTimer which, Millis after) = 0;                         // rang()
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
  void rang(HostTimer which);
  /// The node is about to end: what still runs goes on elsewhere, without having spent anything.
  void hand_over();

  std::uint32_t free_slots() const;
  /// That run, or whose end their owner has not taken yet.
  std::size_t attempts() const { return attempts_.size(); }

 private:
  struct Attempt {
    message::Context context;
    std::string owner_node;
    std::optional<message::Body> end; // once it has one: repeated until it is acknowledged
    std::optional<Asked> assignment;  // until it is answered: by the end itself, if that is soon
  };
  /// What a timer is for: each waits one to two of its periods.
  struct Waiting {
    std::vector<std::uint64_t> last, next;
    bool ringing = false;
  };
  using Attempts = std::map<std::uint64_t, Attempt>;

  void assigned(Asked& asked, message::TaskAssigned& task, bool draining);
  void status(const Asked& asked);
  void cancel(const Asked& asked, const message::TaskCancel& cancel);
  void deliver(std::uint64_t number, const Attempt& attempt);
  void acknowledged(const message::Context& context);
  void wait(HostTimer which, std::uint64_t number);
  void ring(HostTimer which);
  void accept(Attempt& attempt);
  void forget(Attempts::iterator attempt);
  Attempts::iterator find(const message::Context& context);
  Attempts::iterator find(RunId run, AttemptNumber attempt);

  IncarnationId process_;
  std::uint32_t slots_;
  HostPort& port_;
  Attempts attempts_;
  std::map<std::pair<RunId, AttemptNumber>, std::uint64_t> numbers_; // of attempts_
  std::map<HostTimer, Waiting> waiting_;
  std::uint64_t last_number_ = 0;
  std::map<RunId, Epoch> epochs_; // the highest seen
};

/// The node to turn to after an answer to bus.whois: the owner of the run; or, when nobody owns it,
/// whoever answered, which tells from Postgres what became of it.
std::string owner_in(const message::AgentMessage& whois_answer);

} // namespace troupe::agent
