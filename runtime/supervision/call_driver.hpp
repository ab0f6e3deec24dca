// Stage 6 of 9: the calls that a tool server has under way. What changes the world goes through the
// run's owner in three beats: reserve, act, settle (DURABILITY.md, "Activities"). Sans I/O:
// actors/tool_server and the simulation run this class.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "runtime/agent/host_driver.hpp"
#include "runtime/message/outgoing.hpp"
#include "runtime/moment.hpp"
#include "runtime/rules.hpp"

namespace troupe::supervision {

/// What a call's tool is to the ledger.
struct ToolTraits {
  bool pure = false;
  std::string effect, risk; // idempotent | keyed | once; read | write | destructive
  std::string reconcile{};  // ActivityReserve::reconcile
};

/// The same for every repeat of the same activity. `context`: its run, step and iteration.
std::string idempotency_key(const message::Context& context, const message::ActivityKey& key);

/// One call, from the agent's asking to the owner's last word.
struct ServedCall {
  enum class State : std::uint8_t { reserving, acting, settling };

  agent::Asked asked; // by the agent; where the result goes
  message::ToolCall call;
  ToolTraits traits;
  std::string digest, owner_node;
  State state = State::reserving;
  NonceId nonce;
  Millis started{}, nonce_sent{}; // since boot
  std::uint32_t duration_ms = 0;
  message::ActivityOutcome outcome; // once settling
  bool not_done = false;            // settling: it was given up before it acted

  std::string idempotency_key() const;
};

using CallNumber = std::uint64_t;

/// What calls need of their shell. No call may lead back into the driver before it has returned.
class CallPort {
 public:
  virtual ~CallPort() = default;
  virtual void act(CallNumber number, const ServedCall& call) = 0;          // answer: acted()
  virtual void ask_owner(CallNumber number, message::Outgoing message) = 0; // owner_answered()
  virtual void ask_whois(CallNumber number, message::Outgoing message) = 0; // owner_found()
  virtual void ask_later(CallNumber number, Millis after) = 0;              // answer: resume()
  virtual void answer(const agent::Asked& to, message::Context context, message::Body body) = 0;
};

/// Every Moment's `monotonic` is of the boot-time clock, which goes on through a suspend.
class CallDriver {
 public:
  /// `entropy` must outlive the driver. `process`: this start of the node.
  CallDriver(IncarnationId process, Entropy& entropy, Rules rules = {})
      : process_{process}, entropy_{entropy}, rules_{rules} {}

  /// The shell of the moment; a driver may outlive one that crashed, so that a call that was
  /// granted and may have acted is settled, and never mistaken for one that was not.
  void attach(CallPort& port);

  /// True: the call is under way already, and its result goes to whoever asked last.
  bool join(const agent::Asked& asked);
  /// Arguments have been checked.
  void begin(agent::Asked asked, ToolTraits traits, Moment now);
  /// Answers a call that is not taken.
  void refuse(const agent::Asked& asked, Error error);

  void owner_answered(CallNumber number, const Result<message::AgentMessage>& answer, Moment now);
  void owner_found(CallNumber number, const Result<message::AgentMessage>& answer);
  void acted(CallNumber number, const Result<JsonText>& result, std::uint32_t duration_ms);
  void resume(CallNumber number, Moment now);
  /// Its attempt is cancelled. A call that has not acted is given up, and its owner told so; the
  /// number of one that is acting: the shell asks it to stop.
  std::optional<CallNumber> cancel(const message::Context& context,
                                   const message::ActivityKey& key);
  /// The node is about to end: what has not acted never will, and is asked elsewhere.
  void hand_over();

  const std::map<CallNumber, ServedCall>& calls() const { return calls_; }

 private:
  void new_nonce(ServedCall& call, Moment now);
  void reserve(CallNumber number, ServedCall& call, Moment now);
  void settle(CallNumber number, const ServedCall& call);
  void granted(CallNumber number, ServedCall& call, const message::ActivityGranted& grant, bool old,
               Moment now);
  void discarded(CallNumber number, ServedCall& call, const message::ActivityDiscarded& why);
  void act(CallNumber number, ServedCall& call);
  void time_out(CallNumber number, ServedCall& call);
  void give_up(CallNumber number, ServedCall& call, std::string why);
  bool lapsed(const ServedCall& call, Moment now) const;
  bool stale(const ServedCall& call, Epoch epoch);
  void ask_owner(CallNumber number, const ServedCall& call, message::Body body);
  void ask_whois(CallNumber number, const ServedCall& call);
  void ask_later(CallNumber number);
  void answer(const ServedCall& call, message::ActivityOutcome outcome, bool recorded);
  void fail(CallNumber number, const ServedCall& call, const Error& error);

  IncarnationId process_;
  Entropy& entropy_;
  Rules rules_;
  CallPort* port_ = nullptr;
  std::map<CallNumber, ServedCall> calls_;
  CallNumber last_ = 0;
  Instant nonce_date_{};
  std::map<RunId, Epoch> epochs_; // the highest seen
};

} // namespace troupe::supervision
