// How each message looks as JSON: one line per field, used by the reader and the writer alike.
//   required: always written; a document without it is refused.
//   optional: not written while it has its default; a document without it gets the default.
// A member that is not listed here does not compile (see `complete`), so none can be forgotten.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/message/agent_message.hpp"

namespace troupe::message {

template <class Access>
struct Field {
  std::string_view name;
  Access access; // a pointer to a member, or a callable that takes the struct
  bool is_required;
};
template <class Access>
constexpr Field<Access> required(std::string_view name, Access access) {
  return {name, access, true};
}
template <class Access>
constexpr Field<Access> optional(std::string_view name, Access access) {
  return {name, access, false};
}

template <class... Fields>
struct Shape {
  std::string_view type; // of a body: "task.assigned"
  std::tuple<Fields...> fields;
};
template <class... Fields>
constexpr Shape<Fields...> part(Fields... fields) {
  return {{}, {fields...}};
}
template <class... Fields>
constexpr Shape<Fields...> body(std::string_view type, Fields... fields) {
  return {type, {fields...}};
}

/// Unspecialised: a value that is not an object with fields.
struct NoShape {};
template <class T>
inline constexpr NoShape shape{};
template <class T>
concept Shaped = !std::is_same_v<std::remove_cvref_t<decltype(shape<T>)>, NoShape>;

// ---- parts

template <>
inline constexpr auto shape<Error> = part(required("class", &Error::error_class),
                                          required("message", &Error::message),
                                          optional("retry_after_ms", &Error::retry_after_ms));

template <>
inline constexpr auto shape<ActivityKey> = part(optional("undo", &ActivityKey::undo),
                                                required("tool", &ActivityKey::tool),
                                                required("ordinal", &ActivityKey::ordinal));

template <>
inline constexpr auto shape<ActivityOutcome> = part(optional("output", &ActivityOutcome::output),
                                                    optional("error", &ActivityOutcome::error));

template <>
inline constexpr auto shape<RecordedActivity> =
    part(required("key", &RecordedActivity::key), required("digest", &RecordedActivity::digest),
         required("arguments", &RecordedActivity::arguments),
         required("outcome", &RecordedActivity::outcome),
         optional("duration_ms", &RecordedActivity::duration_ms));

template <>
inline constexpr auto shape<ArtifactAccess> = part(required("urls", &ArtifactAccess::urls),
                                                   required("token", &ArtifactAccess::token));

template <>
inline constexpr auto shape<RoleDefinition> = part(required("role", &RoleDefinition::role),
                                                   required("kind", &RoleDefinition::kind),
                                                   optional("native", &RoleDefinition::native),
                                                   optional("runbook", &RoleDefinition::runbook),
                                                   optional("tools", &RoleDefinition::tools),
                                                   optional("hash", &RoleDefinition::hash));

// ---- task

template <>
inline constexpr auto shape<TaskAssigned> = body(
    "task.assigned", required("role", &TaskAssigned::role), optional("task", &TaskAssigned::task),
    optional("context", &TaskAssigned::context), optional("recorded", &TaskAssigned::recorded),
    optional("progress", &TaskAssigned::progress),
    optional("timeout_ms", &TaskAssigned::timeout_ms), optional("resumed", &TaskAssigned::resumed),
    optional("artifacts", &TaskAssigned::artifacts));

template <>
inline constexpr auto shape<TaskAccepted> =
    body("task.accepted", required("incarnation", &TaskAccepted::incarnation));

template <>
inline constexpr auto shape<TaskRefused> = body("task.refused",
                                                required("error", &TaskRefused::error));

template <>
inline constexpr auto shape<TaskProgress> = body("task.progress",
                                                 optional("note", &TaskProgress::note),
                                                 optional("progress", &TaskProgress::progress));

template <>
inline constexpr auto shape<TaskCompleted> = body("task.completed",
                                                  required("output", &TaskCompleted::output),
                                                  optional("riders", &TaskCompleted::riders));

template <>
inline constexpr auto shape<TaskFailed> = body("task.failed", required("error", &TaskFailed::error),
                                               optional("retry_after_ms",
                                                        &TaskFailed::retry_after_ms),
                                               optional("riders", &TaskFailed::riders),
                                               optional("handed_over", &TaskFailed::handed_over));

template <>
inline constexpr auto shape<TaskCancel> = body("task.cancel",
                                               optional("reason", &TaskCancel::reason),
                                               optional("attempts", &TaskCancel::attempts));

template <>
inline constexpr auto shape<TaskCancelled> = body("task.cancelled",
                                                  optional("riders", &TaskCancelled::riders));

template <>
inline constexpr auto shape<TaskStatus> = body("task.status");

template <>
inline constexpr auto shape<TaskAcknowledged> = body("task.acknowledged");

template <>
inline constexpr auto shape<TaskDiscarded> = body("task.discarded",
                                                  optional("reason", &TaskDiscarded::reason));

// ---- activity

template <>
inline constexpr auto shape<ActivityReserve> = body(
    "activity.reserve", required("key", &ActivityReserve::key),
    required("digest", &ActivityReserve::digest),
    required("arguments", &ActivityReserve::arguments),
    required("effect", &ActivityReserve::effect), required("risk", &ActivityReserve::risk),
    required("nonce", &ActivityReserve::nonce), required("executor", &ActivityReserve::executor),
    optional("riders", &ActivityReserve::riders),
    optional("reconcile", &ActivityReserve::reconcile));

template <>
inline constexpr auto shape<ActivityGranted> = body("activity.granted",
                                                    required("key", &ActivityGranted::key),
                                                    required("nonce", &ActivityGranted::nonce));

template <>
inline constexpr auto shape<ActivityRefused> = body("activity.refused",
                                                    required("key", &ActivityRefused::key),
                                                    required("nonce", &ActivityRefused::nonce),
                                                    required("error", &ActivityRefused::error));

template <>
inline constexpr auto shape<ActivitySettle> =
    body("activity.settle", required("key", &ActivitySettle::key),
         required("nonce", &ActivitySettle::nonce), required("outcome", &ActivitySettle::outcome),
         optional("duration_ms", &ActivitySettle::duration_ms),
         optional("not_done", &ActivitySettle::not_done));

template <>
inline constexpr auto shape<ActivitySettled> = body("activity.settled",
                                                    required("key", &ActivitySettled::key),
                                                    required("outcome", &ActivitySettled::outcome));

template <>
inline constexpr auto shape<ActivityDiscarded> = body("activity.discarded",
                                                      required("key", &ActivityDiscarded::key),
                                                      optional("reason",
                                                               &ActivityDiscarded::reason));

// ---- tool

template <>
inline constexpr auto shape<ActivityReconcile> = body(
    "activity.reconcile", required("key", &ActivityReconcile::key),
    required("arguments", &ActivityReconcile::arguments), optional("job", &ActivityReconcile::job));

template <>
inline constexpr auto shape<ActivityReconciled> =
    body("activity.reconciled", required("key", &ActivityReconciled::key),
         required("verdict", &ActivityReconciled::verdict),
         optional("output", &ActivityReconciled::output),
         optional("reason", &ActivityReconciled::reason));

template <>
inline constexpr auto shape<ToolCall> = body("tool.call", required("key", &ToolCall::key),
                                             required("arguments", &ToolCall::arguments),
                                             required("job", &ToolCall::job),
                                             required("owner_node", &ToolCall::owner_node),
                                             optional("riders", &ToolCall::riders),
                                             optional("artifacts", &ToolCall::artifacts));

template <>
inline constexpr auto shape<ToolResult> = body("tool.result", required("key", &ToolResult::key),
                                               required("outcome", &ToolResult::outcome),
                                               required("digest", &ToolResult::digest),
                                               optional("recorded", &ToolResult::recorded),
                                               optional("duration_ms", &ToolResult::duration_ms));

template <>
inline constexpr auto shape<ToolProgress> = body("tool.progress",
                                                 required("key", &ToolProgress::key),
                                                 optional("note", &ToolProgress::note));

template <>
inline constexpr auto shape<ToolCancel> = body("tool.cancel", required("key", &ToolCancel::key));

// ---- run, bus, decision, approval, event

template <>
inline constexpr auto shape<RunAdopted> = body("run.adopted",
                                               required("owner_node", &RunAdopted::owner_node),
                                               required("owner", &RunAdopted::owner));

template <>
inline constexpr auto shape<RunSignal> = body("run.signal", required("name", &RunSignal::name));

template <>
inline constexpr auto shape<WhoIs> = body("bus.whois");

template <>
inline constexpr auto shape<Here> = body("bus.here", required("node", &Here::node),
                                         required("incarnation", &Here::incarnation));

template <>
inline constexpr auto shape<NotHere> = body("bus.not_here", optional("reason", &NotHere::reason));

template <>
inline constexpr auto shape<DecisionRequested> = body("decision.requested",
                                                      required("kind", &DecisionRequested::kind),
                                                      required("context",
                                                               &DecisionRequested::context));

template <>
inline constexpr auto shape<DecisionMade> = body("decision.made",
                                                 required("kind", &DecisionMade::kind),
                                                 required("proposal", &DecisionMade::proposal));

template <>
inline constexpr auto shape<ApprovalRequested> = body("approval.requested",
                                                      required("role", &ApprovalRequested::role),
                                                      required("subject",
                                                               &ApprovalRequested::subject));

template <>
inline constexpr auto shape<ApprovalDecided> =
    body("approval.decided", required("approved", &ApprovalDecided::approved),
         required("by", &ApprovalDecided::by), optional("reason", &ApprovalDecided::reason));

template <>
inline constexpr auto shape<EventAlert> = body("event.alert",
                                               required("alert", &EventAlert::alert));

template <>
inline constexpr auto shape<EventInjected> = body("event.injected",
                                                  required("source", &EventInjected::source),
                                                  required("event", &EventInjected::event));

// ---- node

template <>
inline constexpr auto shape<NodeHeartbeat> =
    body("node.heartbeat", required("incarnation", &NodeHeartbeat::incarnation),
         optional("version", &NodeHeartbeat::version), optional("modes", &NodeHeartbeat::modes),
         optional("roles", &NodeHeartbeat::roles), optional("labels", &NodeHeartbeat::labels),
         optional("tools", &NodeHeartbeat::tools), required("slots", &NodeHeartbeat::slots),
         required("free_slots", &NodeHeartbeat::free_slots),
         optional("runs_owned", &NodeHeartbeat::runs_owned),
         optional("draining", &NodeHeartbeat::draining), optional("kinds", &NodeHeartbeat::kinds),
         optional("mailbox", &NodeHeartbeat::mailbox), optional("lag_ms", &NodeHeartbeat::lag_ms),
         optional("tool_calls", &NodeHeartbeat::tool_calls),
         optional("journal_queue", &NodeHeartbeat::journal_queue),
         optional("steps_waiting", &NodeHeartbeat::steps_waiting),
         optional("http", &NodeHeartbeat::http));

template <>
inline constexpr auto shape<NodeDraining> =
    body("node.draining", required("incarnation", &NodeDraining::incarnation));

template <>
inline constexpr auto shape<ClosedKey> = part(required("key", &ClosedKey::key),
                                              required("for_ms", &ClosedKey::for_ms));

template <>
inline constexpr auto shape<NodeLimited> = body("node.limited",
                                                required("closed", &NodeLimited::closed));

template <>
inline constexpr auto shape<NodeLeft> = body("node.left",
                                             required("incarnation", &NodeLeft::incarnation));

// ---- the envelope: what stands beside `v`, `type` and `content`

template <auto Member>
inline constexpr auto in_context = [](auto& message) -> auto& {
  return message.context.*Member;
};

template <>
inline constexpr auto shape<AgentMessage> = part(
    required("id", &AgentMessage::id), // `type` is written after it
    required("sender", &AgentMessage::sender), required("recipient", &AgentMessage::recipient),
    optional("run", in_context<&Context::run>), optional("step", in_context<&Context::step>),
    optional("iteration", in_context<&Context::iteration>),
    optional("attempt", in_context<&Context::attempt>),
    optional("epoch", in_context<&Context::epoch>), optional("priority", &AgentMessage::priority),
    required("timestamp", &AgentMessage::timestamp), optional("deadline", &AgentMessage::deadline),
    optional("trace", &AgentMessage::trace));

// ---- completeness

namespace detail {

struct Anything {
  template <class T>
  operator T() const;
};
/// Counts the members of an aggregate: as many initialisers as it takes.
template <class T, class... Counted>
consteval std::size_t count_members() {
  if constexpr (requires { T{Counted{}..., Anything{}}; })
    return count_members<T, Counted..., Anything>();
  else
    return sizeof...(Counted);
}
template <class T>
inline constexpr std::size_t field_count = std::tuple_size_v<decltype(shape<T>.fields)>;
template <class T>
inline constexpr bool complete = count_members<T>() == field_count<T>;

static_assert(complete<Error> && complete<ActivityKey> && complete<ActivityOutcome> &&
              complete<RecordedActivity> && complete<RoleDefinition> && complete<ClosedKey>);
// Its `context` is spelled out, its `body` is `content`.
static_assert(count_members<AgentMessage>() - 2 + count_members<Context>() ==
              field_count<AgentMessage>);

template <class Variant>
struct Bodies;
template <class... Body>
struct Bodies<std::variant<Body...>> {
  static_assert((complete<Body> && ...), "a body has a member that its shape does not list");
  static constexpr std::array<std::string_view, sizeof...(Body)> types{shape<Body>.type...};
};

} // namespace detail

/// "task.assigned", ... in the order of the alternatives of Body.
inline constexpr auto& body_types = detail::Bodies<Body>::types;

} // namespace troupe::message
