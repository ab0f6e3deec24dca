// The contract of a toolkit: a bundle of related tools. It reaches the network through ports, runs
// commands as argv lists, and knows nothing of actors (actors/tool_server serves it on the bus).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/artifact_limits.hpp"
#include "runtime/clock.hpp"
#include "runtime/json_text.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/result.hpp"

namespace troupe::toolkits {

enum class Risk : std::uint8_t { read, write, destructive };

/// What a repeat means. pure: nothing; idempotent: the same state; keyed: the sink refuses a
/// repeated key; once: a second effect.
enum class Effect : std::uint8_t { pure, idempotent, keyed, once };

std::string_view to_string(Risk risk);
std::string_view to_string(Effect effect);

struct ToolSpec {
  std::string name; // "<toolkit>.<verb>"
  std::string description;
  JsonText input_schema; // JSON Schema, draft 7; additionalProperties false
  JsonText output_schema;
  Risk risk = Risk::read;
  Effect effect = Effect::pure;
  Millis timeout{limits::tool_timeout_default};
  /// A larger output is an error, tool_failed. One that does not fit a message
  /// (limits::tool_output_bytes_max) becomes an artifact, and its reference the result.
  std::size_t output_bytes_max = limits::large_result_bytes_max;
  bool reconciles = false; // of a `once` tool: Toolkit::reconcile can tell whether a call happened
};

struct ToolCall {
  std::string tool;
  JsonText arguments;          // checked against input_schema by the caller
  std::string idempotency_key; // the same for every repeat of the same activity
  std::string job;             // names the workspace
  Millis timeout{limits::tool_timeout_default};
  std::optional<message::ArtifactAccess> artifacts{}; // by which it may move some
};

/// What a toolkit finds out, afterwards, about a call whose outcome nobody knows.
struct Reconciled {
  std::optional<bool> happened; // nothing: it cannot tell, and a person has to
  JsonText output;              // of the call, if it happened
  std::string reason;           // if it cannot tell
};

class Toolkit {
 public:
  virtual ~Toolkit() = default;

  virtual std::string_view name() const = 0; // "probe"
  virtual const std::vector<ToolSpec>& tools() const = 0;
  /// True: it acts on this node's own files or services, and is addressed there. False: any of its
  /// servers may answer.
  virtual bool bound() const = 0;

  /// Blocks for at most call.timeout and returns soon after `stop` is requested. Called from
  /// several threads at once. tool_failed, timeout, invalid_input, cancelled: as the error's text
  /// says. Nothing it starts survives the call, except a service that its catalogue tells it to
  /// start.
  virtual Result<JsonText> call(const ToolCall& call, std::stop_token stop) = 0;

  /// Of a tool that `reconciles`: whether this very call (its idempotency key, its arguments)
  /// happened. Whoever acted is gone by then, and cannot act any more. Changes nothing. As call(),
  /// it may block and is called from several threads.
  virtual Reconciled reconcile(const ToolCall&, std::stop_token) {
    return {std::nullopt, {}, "the tool cannot tell"};
  }
};

} // namespace troupe::toolkits
