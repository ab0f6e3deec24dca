// The one envelope between actors, on the bus and off it (DESIGN: AgentMessage). codec.hpp has its
// JSON.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/error_class.hpp"
#include "runtime/ids.hpp"
#include "runtime/json_text.hpp"
#include "runtime/result.hpp"

namespace troupe::message {

enum class Priority : std::uint8_t { low = 0, normal = 1, high = 2, critical = 3 };

std::string_view to_string(Priority priority);                 // "normal"
std::optional<Priority> parse_priority(std::string_view name); // nothing for an unknown word

// ---- parts that several messages share

/// Names one activity for ever: the key under which it is reserved and settled (DURABILITY.md).
/// Run, step instance and iteration stand in the envelope.
struct ActivityKey {
  bool undo = false;         // do | undo
  std::string tool;          // "service.restart"; "model" for a model call
  std::uint32_t ordinal = 0; // among the calls of that tool in this iteration, from 0
  friend auto operator<=>(const ActivityKey&, const ActivityKey&) = default;
};

/// What came of an activity: an output or an error.
struct ActivityOutcome {
  JsonText output; // null when it failed
  std::optional<Error> error;
  friend bool operator==(const ActivityOutcome&, const ActivityOutcome&) = default;
};

/// An activity as the journal has it. A resumed attempt gets these; pure ones travel back as
/// riders.
struct RecordedActivity {
  ActivityKey key;
  std::string digest; // sha256 of the canonical arguments
  JsonText arguments;
  ActivityOutcome outcome;
  std::uint32_t duration_ms = 0;
  friend bool operator==(const RecordedActivity&, const RecordedActivity&) = default;
};

/// What a role is, pinned: the executor needs no file of its own.
struct RoleDefinition {
  std::string role;               // "diagnostician"
  std::string kind;               // runbook | native | model | remote; foreign: of a program that
                                  // is no troupe, on a node that names the role
  std::string native;             // the agent's name, for kind native
  JsonText runbook;               // the document, for kind runbook
  std::vector<std::string> tools; // what it may call: "probe.http", "service.*"
  std::string hash;               // sha256 of all of the above
  friend bool operator==(const RoleDefinition&, const RoleDefinition&) = default;
};

/// Where an executor moves artifacts to and from, and by what right (ARCHITECTURE.md, "Artifacts").
struct ArtifactAccess {
  std::vector<std::string> urls; // of orchestrator nodes, "http://10.0.0.7:8420"; the owner's first
  std::string token;             // of the attempt
  friend bool operator==(const ArtifactAccess&, const ArtifactAccess&) = default;
};

// ---- task: owner <-> the node that runs an attempt

struct TaskAssigned {
  RoleDefinition role;
  JsonText task;    // the step's `task`, templates filled in
  JsonText context; // {"job":{..},"alerts":[..]}; what every agent of the job may read
  std::vector<RecordedActivity> recorded; // of this iteration, in order
  std::optional<JsonText> progress;       // last progress of the attempt before, if it reported any
  std::uint32_t timeout_ms = 0;           // of this attempt; 0: none
  bool resumed = false; // true: replay everything recorded; false: only successful effects
  std::optional<ArtifactAccess> artifacts{};
  friend bool operator==(const TaskAssigned&, const TaskAssigned&) = default;
};
struct TaskAccepted {
  IncarnationId incarnation;
  friend bool operator==(const TaskAccepted&, const TaskAccepted&) = default;
};
struct TaskRefused { // no slot, draining, unknown role kind: never burns a try
  Error error;
  friend bool operator==(const TaskRefused&, const TaskRefused&) = default;
};
struct TaskProgress {
  std::string note;
  JsonText progress;
  friend bool operator==(const TaskProgress&, const TaskProgress&) = default;
};
struct TaskCompleted { // repeated until task.acknowledged or task.discarded
  JsonText output;
  std::vector<RecordedActivity> riders; // pure activities not yet recorded
  friend bool operator==(const TaskCompleted&, const TaskCompleted&) = default;
};
struct TaskFailed { // repeated likewise
  Error error;
  std::optional<std::uint32_t> retry_after_ms; // for rate_limited
  std::vector<RecordedActivity> riders;
  bool handed_over = false; // agent_down because its node drains: goes on elsewhere, spends nothing
  friend bool operator==(const TaskFailed&, const TaskFailed&) = default;
};
struct TaskCancel { // acknowledged at once, when the executor has it; a repeat does no harm
  std::string reason;
  std::vector<AttemptNumber>
      attempts{}; // of the run, all on this node; empty: the envelope's alone
  friend bool operator==(const TaskCancel&, const TaskCancel&) = default;
};
struct TaskCancelled { // repeated likewise
  std::vector<RecordedActivity> riders;
  friend bool operator==(const TaskCancelled&, const TaskCancelled&) = default;
};
struct TaskStatus { // owner -> executor: what became of it? answered by accepted, completed,
                    // failed, or not_here
  friend bool operator==(const TaskStatus&, const TaskStatus&) = default;
};
struct TaskAcknowledged {
  friend bool operator==(const TaskAcknowledged&, const TaskAcknowledged&) = default;
};
struct TaskDiscarded {
  std::string reason;
  friend bool operator==(const TaskDiscarded&, const TaskDiscarded&) = default;
};

// ---- activity: executor (tool server; for model calls the agent) <-> owner

struct ActivityReserve {
  ActivityKey key;
  std::string digest;
  JsonText arguments;
  std::string effect; // idempotent | keyed | once
  std::string risk;   // read | write | destructive
  NonceId nonce;
  IncarnationId executor;
  std::vector<RecordedActivity> riders; // pure activities that go before it
  /// Who can tell afterwards whether it happened: a recipient of `tool`, such as "ledger" or
  /// "service-at-node-1"; empty: nobody but a person.
  std::string reconcile{};
  friend bool operator==(const ActivityReserve&, const ActivityReserve&) = default;
};
struct ActivityGranted { // a command: ignored below the highest epoch seen for the run
  ActivityKey key;
  NonceId nonce;
  friend bool operator==(const ActivityGranted&, const ActivityGranted&) = default;
};
struct ActivityRefused { // effect_conflict, denied, budget_exceeded, outcome_unknown
  ActivityKey key;
  NonceId nonce;
  Error error;
  friend bool operator==(const ActivityRefused&, const ActivityRefused&) = default;
};
struct ActivitySettle { // repeated until activity.settled or activity.discarded
  ActivityKey key;
  NonceId nonce;
  ActivityOutcome outcome;
  std::uint32_t duration_ms = 0;
  bool not_done = false; // it did not act under this nonce, and never will
  friend bool operator==(const ActivitySettle&, const ActivitySettle&) = default;
};
struct ActivitySettled { // acknowledges a settle; answers a reserve whose result is already
                         // recorded
  ActivityKey key;
  ActivityOutcome outcome;
  friend bool operator==(const ActivitySettled&, const ActivitySettled&) = default;
};
struct ActivityDiscarded {
  ActivityKey key;
  std::string reason;
  friend bool operator==(const ActivityDiscarded&, const ActivityDiscarded&) = default;
};

struct ActivityReconcile { // owner -> tool server: its executor is gone; did it happen?
  ActivityKey key;         // with the envelope's run, step and iteration: the idempotency key
  JsonText arguments;
  std::string job; // names the workspace
  friend bool operator==(const ActivityReconcile&, const ActivityReconcile&) = default;
};
struct ActivityReconciled {
  ActivityKey key;
  std::string verdict; // happened | not_happened | unknown
  JsonText output;     // of the call, if it happened
  std::string reason;  // if nobody can tell
  friend bool operator==(const ActivityReconciled&, const ActivityReconciled&) = default;
};

// ---- tool: agent -> tool server and back

struct ToolCall {
  ActivityKey key;
  JsonText arguments;
  std::string job;        // names the workspace
  std::string owner_node; // whose `run` subject takes the reserve
  std::vector<RecordedActivity> riders;
  std::optional<ArtifactAccess> artifacts{};
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};
struct ToolResult {
  ActivityKey key;
  ActivityOutcome outcome;
  std::string digest;
  bool recorded =
      false; // true: settled in the journal; false: pure, the agent carries it as a rider
  std::uint32_t duration_ms = 0;
  friend bool operator==(const ToolResult&, const ToolResult&) = default;
};
struct ToolProgress {
  ActivityKey key;
  std::string note;
  friend bool operator==(const ToolProgress&, const ToolProgress&) = default;
};
struct ToolCancel {
  ActivityKey key;
  friend bool operator==(const ToolCancel&, const ToolCancel&) = default;
};

// ---- run, bus, decision, approval, event

struct RunAdopted { // new owner -> every executor of the run
  std::string owner_node;
  IncarnationId owner;
  friend bool operator==(const RunAdopted&, const RunAdopted&) = default;
};
struct RunSignal { // wake-up: the inbox of the run has something
  std::string name;
  friend bool operator==(const RunSignal&, const RunSignal&) = default;
};
struct WhoIs {
  friend bool operator==(const WhoIs&, const WhoIs&) = default;
};
struct Here {
  std::string node;
  IncarnationId incarnation;
  friend bool operator==(const Here&, const Here&) = default;
};
struct NotHere { // for another incarnation, or not the owner, or never heard of: ask whois
  std::string reason;
  friend bool operator==(const NotHere&, const NotHere&) = default;
};
struct DecisionRequested {
  std::string kind; // strategic | tactical | recovery | optimisation
  JsonText context;
  friend bool operator==(const DecisionRequested&, const DecisionRequested&) = default;
};
struct DecisionMade {
  std::string kind;
  JsonText proposal;
  friend bool operator==(const DecisionMade&, const DecisionMade&) = default;
};
struct ApprovalRequested {
  std::string role;
  JsonText subject;
  friend bool operator==(const ApprovalRequested&, const ApprovalRequested&) = default;
};
struct ApprovalDecided {
  bool approved = false;
  std::string by;
  std::string reason;
  friend bool operator==(const ApprovalDecided&, const ApprovalDecided&) = default;
};
struct EventAlert {
  JsonText alert;
  friend bool operator==(const EventAlert&, const EventAlert&) = default;
};
struct EventInjected {
  std::string source;
  JsonText event;
  friend bool operator==(const EventInjected&, const EventInjected&) = default;
};

// ---- node

struct NodeHeartbeat {
  IncarnationId incarnation;
  std::string version;
  std::vector<std::string> modes;  // orchestrator, agent
  std::vector<std::string> roles;  // "*" means any role whose kind it can run
  std::vector<std::string> labels; // "gpu=1"
  std::vector<std::string> tools;  // names of the tools its tool servers offer
  std::uint32_t slots = 0;         // in all
  std::uint32_t free_slots = 0;
  std::uint32_t runs_owned = 0;
  bool draining = false;
  std::vector<std::string> kinds;  // of roles that "*" stands for; none: not said, so any
  std::uint32_t mailbox = 0;       // messages of the bus that its actors are not done with
  std::uint32_t lag_ms = 0;        // the longest that one took, since the heartbeat before
  std::uint32_t tool_calls = 0;    // under way at its tool servers
  std::uint32_t journal_queue = 0; // appends not yet answered
  std::uint32_t steps_waiting = 0; // of the runs it owns: for a node that has room
  std::string http{};              // where others reach its HTTP; empty: nowhere
  friend bool operator==(const NodeHeartbeat&, const NodeHeartbeat&) = default;
};
struct NodeDraining {
  IncarnationId incarnation;
  friend bool operator==(const NodeDraining&, const NodeDraining&) = default;
};
struct ClosedKey {
  std::string key; // "tool:prometheus"
  std::uint32_t for_ms = 0;
  friend bool operator==(const ClosedKey&, const ClosedKey&) = default;
};
struct NodeLimited { // the other side asked for a pause; repeated by whoever heard it, until then
  std::vector<ClosedKey> closed;
  friend bool operator==(const NodeLimited&, const NodeLimited&) = default;
};
struct NodeLeft {
  IncarnationId incarnation;
  friend bool operator==(const NodeLeft&, const NodeLeft&) = default;
};

using Body =
    std::variant<TaskAssigned, TaskAccepted, TaskRefused, TaskProgress, TaskCompleted, TaskFailed,
                 TaskCancel, TaskCancelled, TaskStatus, TaskAcknowledged, TaskDiscarded,
                 ActivityReserve, ActivityGranted, ActivityRefused, ActivitySettle, ActivitySettled,
                 ActivityDiscarded, ToolCall, ToolResult, ToolProgress, ToolCancel, RunAdopted,
                 RunSignal, WhoIs, Here, NotHere, DecisionRequested, DecisionMade,
                 ApprovalRequested, ApprovalDecided, EventAlert, EventInjected, NodeHeartbeat,
                 NodeDraining, NodeLeft, ActivityReconcile, ActivityReconciled, NodeLimited>;

/// Where a message belongs to one. Empty step: the message is about the run as a whole.
struct Context {
  RunId run;
  std::string step;            // instance path: "examine/probe", "each[3]/restart"
  std::uint32_t iteration = 0; // life of the step, from 0
  AttemptNumber attempt = 0;   // 0: none
  Epoch epoch = 0;
  friend bool operator==(const Context&, const Context&) = default;
};

struct AgentMessage {
  MessageId id;
  std::string sender;    // "node/actor": "node-1/run"
  std::string recipient; // likewise
  Context context;
  Priority priority = Priority::normal;
  Instant timestamp{};
  std::optional<Instant> deadline;
  std::string trace; // W3C traceparent, or empty
  Body body;
  friend bool operator==(const AgentMessage&, const AgentMessage&) = default;
};

/// "task.assigned", "activity.reserve", ... of the body's alternative.
std::string_view type_name(const Body& body);

} // namespace troupe::message
