// Every message between the actors of a node, on one page. Between nodes there is only
// message::AgentMessage.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/caf_support.hpp"
#include "actors/load.hpp"
#include "runtime/intake/injected.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/placement/placement.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/ports/operations.hpp"
#include "runtime/supervision/run_driver.hpp"
#include "toolkits/toolkit.hpp"

namespace troupe::actors {

template <class T>
void actor_message(const T&); // these types may travel (caf_support.hpp)

// ---- from the bus
struct Incoming { // a message for this actor; `reply_to` is empty when nobody waits
  message::AgentMessage message;
  std::string reply_to;
  std::string from;                           // the sender's node, as the subject has it
  std::shared_ptr<const Load::Ticket> ticket; // counts it until its actor is done with it
};
struct Answered { // the answer to a Link::ask, under the asker's own token
  std::uint64_t token = 0;
  Result<message::AgentMessage> answer;
};
struct LinkChanged {
  bool up = false;
};

// ---- a clock's tick: each actor's own, `what` tells them apart, a stale `epoch` is ignored
struct Tick {
  std::uint32_t what = 0;
  std::uint64_t epoch = 0;
};

// ---- the end of the node: to the agent host and its agents, tool servers, the orchestrator, its
// runs. What runs goes on elsewhere
struct HandOver {};
struct LeaveCluster {}; // orchestrator -> membership: no run is kept

// ---- faults: tests make any actor crash; nothing else sends this
struct InjectFault {};

// ---- run -> journal writer -> run
struct AppendRequest {
  ports::Append append;
};
struct Appended {
  AppendId id;
  ports::AppendOutcome outcome{};
};

// ---- run <-> dispatcher
struct PlaceRequest {
  std::vector<placement::PlacementRequest> wanted;
};
struct PlaceAnswer { // what could be placed at once; the rest is offered when it can
  std::vector<placement::Placement> placements;
};
struct Offered { // to a run whose step waited
  placement::Placement placement;
};
struct WithdrawRequest { // the run no longer wants it; an empty step: nothing at all
  RunId run;
  std::string step;
  bool in_use = false; // all the same its attempts go on: at whoever has it next
};
struct CreditReturned { // an attempt there ended, or was never sent
  RunId run;
  supervision::ReleaseCredit of;
};
struct PermitsHeld { // an attempt was under way when its run was adopted here
  placement::PlacementRequest placed;
};
struct NodeRefused { // it has no slot: no credit until its next heartbeat
  IncarnationId incarnation;
};
struct NodeIsSilent { // to the orchestrator, and on to every run
  IncarnationId incarnation;
};
struct NodeIsGone { // to the orchestrator, and on to every run
  IncarnationId incarnation;
  bool in_order = false;
};
struct WatchIncarnation { // answered by NodeIsGone, to the orchestrator, if nobody hears of it
  IncarnationId incarnation;
};
struct WhyNowhere {
  placement::PlacementRequest request;
};
struct NowhereBecause {
  placement::Nowhere of;
};
struct ListNodes {};
struct NodesListed {
  std::vector<ports::NodeStatus> nodes;
};

// ---- run <-> group <-> step
struct Supervise { // run -> the group that `path` stands in: this actor works for it
  std::string path;
  caf::actor child;
};
struct ChildCrashed { // group -> run
  std::string path, reason;
};
struct Perform { // run -> step, once durable
  supervision::Effect effect;
  Epoch epoch = 0;
};
struct Happened { // step -> run
  supervision::Stimulus what;
};

// ---- store -> run
struct InboxPage {
  Result<std::vector<ports::InboxRow>> rows;
};

// ---- store -> reader of events
struct JournalPage {
  Result<std::vector<ports::JournalRow>> rows;
};
struct RunRowRead {
  Result<std::optional<ports::RunRow>> row;
};
struct RunAppended {}; // an append of the run it waits for is durable

// ---- orchestrator
struct ClaimNow {};     // a new job, or runs that somebody left
struct TakeArrivals {}; // runs have arrived (actors/arrivals.hpp)
struct WakeRun {        // something is in its inbox
  RunId run;
};
struct ParkRun { // run -> orchestrator: it only waits, until then or (nothing) for its inbox. No
                 // append is under way, and it decides nothing until it is stopped or not parked
  RunId run;
  std::optional<Instant> until;
};
struct NotParked { // orchestrator -> run: its inbox holds something
  RunId run;
};
struct RunLeft { // run -> orchestrator: finished, or lost to somebody else
  RunId id;
  IncarnationId owner; // for whom it ran
  supervision::RunExit exit{};
};
struct Fenced {}; // membership -> orchestrator: drop every run
struct Joined {   // membership -> orchestrator: claim
  IncarnationId owner;
};

// ---- intake
struct SubmitJob {
  ports::JobRequest request;
  std::function<void(Result<ports::Submitted>)> done;
};
struct AlertsPosted {
  std::string body;
  std::function<void(Result<JsonText>)> done;
};

struct EventInjected { // answered with what came of it, once that is in Postgres
  intake::Injected event;
  std::function<void(Result<JsonText>)> done;
  bool keep = true; // what cannot be used becomes a dead letter, else it is refused
};

// ---- agent host <-> agent
struct AgentEnded { // agent -> host: completed, failed or cancelled, to be repeated until the owner
                    // answers
  message::Body end;
};
struct OwnerIs { // host -> agent: its run was taken over
  std::string node;
  Epoch epoch = 0;
};
struct StopAgent {
  std::string reason;
};

// ---- tool server <-> its calls
struct CallEnded {
  std::uint64_t call = 0;
  Result<JsonText> result;
  std::uint32_t duration_ms = 0;
};

} // namespace troupe::actors
