#include "tests/unit/message/samples.hpp"

#include <utility>

namespace troupe::message {
namespace {

template <class IdType>
IdType id(std::uint8_t last) {
  auto made = *parse_id<IdType>("01a1fa42-207b-7510-aa4c-364796553b00");
  made.bytes[15] = last;
  return made;
}

const ActivityKey key{false, "service.restart", 1};
const ActivityKey undo_key{true, "service.start", 0};
const Error error{ErrorClass::tool_failed, "nginx: \"bind\" failed\n(98: Address already in use)"};
const std::string digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
const JsonText arguments{R"({"service":"nginx","wait":{"seconds":1.50}})"};
const ActivityOutcome done{JsonText{R"({"pid":4711,"name":"caf\u00e9"})"}, std::nullopt};
const ActivityOutcome failed{JsonText{}, error};
const IncarnationId incarnation = id<IncarnationId>(0xa1);
const NonceId nonce = id<NonceId>(0xb1);

const std::vector<RecordedActivity> activities{
    {{false, "probe.http", 0}, digest, JsonText{R"({"url":"http://127.0.0.1/"})"}, failed, 12},
    {undo_key, digest, JsonText{"{}"}, done, 0}};

const RoleDefinition role{"diagnostician",
                          "runbook",
                          "validator",
                          JsonText{R"({"runbook":"diagnose","rules":[]})"},
                          {"probe.http", "service.*"},
                          digest};

std::vector<Body> sample_bodies() {
  return {
      TaskAssigned{role, JsonText{R"("Find out why it is down")"},
                   JsonText{R"({"job":{"title":"nginx down"},"alerts":[]})"}, activities,
                   JsonText{R"({"seen":2})"}, 60'000, true},
      TaskAccepted{incarnation},
      TaskRefused{{ErrorClass::no_capacity, "8 of 8 slots are taken"}},
      TaskProgress{"probing", JsonText{"[1,2]"}},
      TaskCompleted{JsonText{R"({"cause":"process_gone"})"}, activities},
      TaskFailed{{ErrorClass::rate_limited, "the model asks for a pause"}, 1500, activities, false},
      TaskCancel{"cancelled by a person", {}},
      TaskCancelled{activities},
      TaskStatus{},
      TaskAcknowledged{},
      TaskDiscarded{"superseded by attempt 4"},
      ActivityReserve{key, digest, arguments, "idempotent", "write", nonce, incarnation, activities,
                      ""},
      ActivityGranted{key, nonce},
      ActivityRefused{key, nonce, {ErrorClass::denied, "policy: no restart at night"}},
      ActivitySettle{key, nonce, done, 842, false},
      ActivitySettled{key, failed},
      ActivityDiscarded{undo_key, "the run is gone"},
      ToolCall{key, arguments, "01a1fa42-207b-7510-aa4c-364796553bc1", "node-1", activities},
      ToolResult{key, done, digest, true, 842},
      ToolProgress{key, "waiting for the health probe"},
      ToolCancel{key},
      RunAdopted{"node-2", incarnation},
      RunSignal{"resolved"},
      WhoIs{},
      Here{"node-2", incarnation},
      NotHere{"another incarnation"},
      DecisionRequested{"recovery", JsonText{R"({"failed":"restart"})"}},
      DecisionMade{"recovery", JsonText{R"({"retry":true})"}},
      ApprovalRequested{"admin", JsonText{R"({"tool":"service.restart"})"}},
      ApprovalDecided{true, "ada", "seen and checked"},
      EventAlert{JsonText{R"({"status":"firing"})"}},
      EventInjected{"cron", JsonText{R"({"specversion":"1.0"})"}},
      NodeHeartbeat{incarnation,
                    "0.1.0",
                    {"orchestrator", "agent"},
                    {"*"},
                    {"gpu=1"},
                    {"probe.http", "service.restart"},
                    8,
                    3,
                    2,
                    true},
      NodeDraining{incarnation},
      NodeLeft{incarnation},
      ActivityReconcile{key, arguments, "01a1fa42-207b-7510-aa4c-364796553bc1"},
      ActivityReconciled{key, "happened", JsonText{R"({"pid":4711})"}, "looked"},
      NodeLimited{{{"tool:prometheus", 30'000}}},
  };
}

AgentMessage message_of(Body body) {
  AgentMessage message;
  message.id = id<MessageId>(0x01);
  message.sender = "node-1/run";
  message.recipient = "node-2/agents";
  message.context = {id<RunId>(0x02), "examine/each[3]", 2, 7, 4};
  message.priority = Priority::high;
  message.timestamp = *parse_iso8601("2026-11-20T18:46:51.123Z");
  message.deadline = *parse_iso8601("2026-11-20T18:47:51Z");
  message.trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  message.body = std::move(body);
  return message;
}

} // namespace

std::vector<AgentMessage> sample_messages() {
  std::vector<AgentMessage> messages;
  for (auto& body : sample_bodies()) messages.push_back(message_of(std::move(body)));
  return messages;
}

std::vector<std::pair<std::string, AgentMessage>> later_samples() {
  auto reserve = ActivityReserve{key,   digest,      arguments,  "idempotent",       "write",
                                 nonce, incarnation, activities, "service-at-node-2"};
  const ArtifactAccess access{{"http://10.0.0.7:8420", "https://troupe.example.org"}, "ta1.token"};
  TaskAssigned assigned;
  assigned.role.role = "diagnostician";
  assigned.role.kind = "native";
  assigned.artifacts = access;
  NodeHeartbeat beat;
  beat.incarnation = incarnation;
  beat.http = "http://10.0.0.7:8420";
  return {
      {"task.cancel-of_a_node", message_of(TaskCancel{"cancelled by a person", {7, 8, 1000}})},
      {"task.failed-handed_over",
       message_of(TaskFailed{
           {ErrorClass::agent_down, "node node-2 is draining"}, std::nullopt, {}, true})},
      {"task.failed-limited",
       message_of(TaskFailed{{ErrorClass::rate_limited, "429", 30'000}, 30'000, {}, false})},
      {"activity.reserve-reconciled", message_of(std::move(reserve))},
      {"node.heartbeat-loaded", message_of(NodeHeartbeat{incarnation,
                                                         "0.1.0",
                                                         {"orchestrator", "agent"},
                                                         {"*"},
                                                         {},
                                                         {},
                                                         8,
                                                         3,
                                                         2,
                                                         false,
                                                         {"native", "runbook"},
                                                         7,
                                                         12,
                                                         4,
                                                         5,
                                                         6})},
      {"tool.call-artifacts",
       message_of(
           ToolCall{key, arguments, "01a1fa42-207b-7510-aa4c-364796553bc1", "node-1", {}, access})},
      {"task.assigned-artifacts", message_of(std::move(assigned))},
      {"node.heartbeat-http", message_of(std::move(beat))},
  };
}

} // namespace troupe::message
