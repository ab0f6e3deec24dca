// A run under virtual time: a journal in memory, nodes that are just names, no thread and no sleep.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/sha256.hpp"
#include "runtime/supervision/item_list.hpp"
#include "runtime/supervision/run_machine.hpp"
#include "runtime/supervision/run_view.hpp"
#include "runtime/supervision/snapshot.hpp"

namespace troupe::supervision {

/// Drives a RunMachine as the shell does: decide, append, perform. Everything that was sent is kept
/// for the test to look at.
struct World {
  Instant now{std::chrono::milliseconds{1'000'000}};
  SeededEntropy entropy{7};
  std::shared_ptr<config::UnpackedBundle> bundle = std::make_shared<config::UnpackedBundle>();
  RunId run_id = entropy.make_id<RunId>(now);
  std::vector<ports::JournalRow> journal;
  std::vector<SendAssignment> sent;
  std::vector<Reply> replies;
  std::vector<ArmTimer> timers;
  std::vector<CancelAttempt> cancels;
  std::vector<AskStatus> questions;
  std::vector<std::string> started, stopped; // paths of actors
  std::vector<std::string> withdrawn;        // steps that want no node any more
  std::vector<StartChildRun> children;
  std::vector<CancelChildRun> cancelled_children;
  std::vector<IncarnationId> watched;
  std::vector<TellParent> told;
  std::vector<AskTool> asked_tools;
  std::vector<placement::PlacementRequest> waiting, held; // held: at adoption
  std::vector<ReleaseCredit> released;
  std::map<std::string, IncarnationId> nodes;
  std::map<std::string, std::string> artifacts; // what the store holds, by hash
  std::vector<Effect> store_asked;              // has not answered yet
  bool store_answers = true;
  std::size_t inline_bytes_max;
  bool capacity = true;
  bool ended = false;
  std::unique_ptr<RunMachine> machine;

  explicit World(std::string plan_text, std::string inputs = "{}",
                 const std::vector<std::string>& children = {},
                 std::size_t inline_bytes_max = limits::payload_bytes_max)
      : inline_bytes_max{inline_bytes_max} {
    for (const auto& text : children) {
      auto child = plan::parse_plan("child.yaml", "---\n" + text);
      if (!child.faults.empty()) throw std::runtime_error(plan::render(child.faults, "child.yaml"));
      const auto name = child.plan.name;
      bundle->plans.emplace(name, std::move(child.plan));
    }
    auto parsed = plan::parse_plan("plan.yaml", "---\n" + plan_text);
    if (!parsed.faults.empty()) throw std::runtime_error(plan::render(parsed.faults, "plan.yaml"));
    bundle->plan = std::move(parsed.plan);
    for (const auto* role : {"a", "b", "c", "r"}) bundle->roles[role].role = role;
    add_node("n1");
    RunCreated created;
    created.job = entropy.make_id<JobId>(now);
    created.team = "team";
    created.title = created.plan = bundle->plan.name;
    created.inputs = JsonText{std::move(inputs)};
    journal.push_back({0, entropy.make_id<AppendId>(now), now, encode({created})});
    adopt("owner-1");
  }

  void add_node(const std::string& name) { nodes[name] = entropy.make_id<IncarnationId>(now); }

  /// Folds the journal afresh and takes the run over.
  void adopt(const std::string& owner) {
    RunState state = make_run_state(run_id, bundle);
    if (const auto folded = fold_rows(state, journal); !folded)
      throw std::runtime_error(folded.error().message);
    machine = std::make_unique<RunMachine>(through_snapshot(state), entropy, inline_bytes_max);
    store_asked.clear();
    for (const auto& list : machine->missing()) machine->bring(read_from_store(list));
    happen(Adopt{owner, entropy.make_id<IncarnationId>(now)});
  }

  /// What a new owner finds that folds from a snapshot: whatever happens here goes through one.
  RunState through_snapshot(const RunState& state) const {
    auto kept = decode_state(run_id, bundle, encode_state(state));
    if (!kept) throw std::runtime_error("a snapshot cannot be read: " + encode_state(state));
    for (StepIndex i = 0; i < state.steps.size(); ++i) {
      const auto& was = state.steps[i];
      const auto& is = kept->steps[i];
      if (is.node != was.node || is.children != was.children || is.needs != was.needs ||
          is.dependants != was.dependants || is.undo != was.undo || is.undoes != was.undoes)
        throw std::runtime_error("a snapshot changes step " + was.path);
    }
    if (kept->by_path != state.by_path || kept->by_attempt != state.by_attempt ||
        encode_state(*kept) != encode_state(state))
      throw std::runtime_error("a snapshot changes " + encode_state(state));
    return *std::move(kept);
  }

  void happen(Stimulus stimulus) {
    Decision decision = machine->decide({std::move(stimulus)}, now, steady());
    conclude(decision);
    if (store_answers) answer_store();
  }

  void answer_store() {
    for (const auto& effect : std::exchange(store_asked, {})) {
      if (const auto* put = std::get_if<StoreArtifact>(&effect)) {
        artifacts[put->what.hash] = *put->content;
        happen(*supervision::told(*put, Result<>{}));
      } else {
        happen(read_from_store(std::get<ReadArtifact>(effect)));
      }
    }
  }
  ArtifactRead read_from_store(const ReadArtifact& asked) const {
    const auto found = artifacts.find(asked.what.hash);
    const auto content = found == artifacts.end()
                             ? artifact::Content{}
                             : std::make_shared<const std::string>(found->second);
    return std::get<ArtifactRead>(*supervision::told(asked, content));
  }
  /// As a step of the run, or one before it, left it. The reference.
  std::string keep_artifact(const std::string& content) {
    const auto hash = sha256_hex(content);
    artifacts[hash] = content;
    return artifact::to_json({hash, content.size()}).text;
  }

  /// The clock that no correction of the date moves.
  Millis steady() const { return now.time_since_epoch() - date_moved_by; }
  Millis date_moved_by{0};

  void conclude(Decision& decision) {
    while (!decision.wanted.empty()) {
      std::vector<placement::Placement> placements;
      for (auto& wanted : std::exchange(decision.wanted, {})) {
        if (!capacity || nodes.empty())
          waiting.push_back(wanted);
        else
          placements.push_back({wanted.step, nodes.begin()->first, nodes.begin()->second});
      }
      if (placements.empty()) break;
      machine->place(placements, now, decision);
    }
    if (!decision.events.empty())
      journal.push_back(
          {machine->take_seq(), entropy.make_id<AppendId>(now), now, encode(decision.events)});
    if (machine->state().steps.size() < 100) through_snapshot(machine->state());
    for (auto& effect : decision.effects) std::visit([this](auto& e) { perform(e); }, effect);
  }

  void offer_capacity() {
    capacity = true;
    Decision decision;
    std::vector<placement::Placement> placements;
    for (const auto& wanted : std::exchange(waiting, {}))
      placements.push_back({wanted.step, nodes.begin()->first, nodes.begin()->second});
    machine->place(placements, now, decision);
    conclude(decision);
  }

  void perform(const SendAssignment& e) { sent.push_back(e); }
  void perform(const Reply& e) { replies.push_back(e); }
  void perform(const ArmTimer& e) { timers.push_back(e); }
  void perform(const CancelAttempt& e) { cancels.push_back(e); }
  void perform(const AskStatus& e) { questions.push_back(e); }
  void perform(const StartActor& e) { started.push_back(e.step); }
  void perform(const StopActor& e) { stopped.push_back(e.step); }
  void perform(const StartChildRun& e) { children.push_back(e); }
  void perform(const CancelChildRun& e) { cancelled_children.push_back(e); }
  void perform(const WatchNode& e) { watched.push_back(e.incarnation); }
  void perform(const TellParent& e) { told.push_back(e); }
  void perform(const StoreArtifact& e) { store_asked.emplace_back(e); }
  void perform(const ReadArtifact& e) { store_asked.emplace_back(e); }
  void perform(const AskTool& e) { asked_tools.push_back(e); }
  void perform(const ReleaseCredit& e) { released.push_back(e); }
  void perform(const WithdrawPlacement& e) { withdrawn.push_back(e.step); }
  void perform(const HoldPermits& e) { held.push_back(e.placed); }
  void perform(const EndRun&) { ended = true; }
  template <class Other>
  void perform(const Other&) {}

  // ---- what executors say

  message::AgentMessage from_executor(AttemptNumber attempt, message::Body body) {
    message::AgentMessage message;
    const auto* step = machine->state().by_attempt.contains(attempt)
                           ? &machine->state().steps[machine->state().by_attempt.at(attempt)]
                           : nullptr;
    message.context = {run_id, step != nullptr ? step->path : "", 0, attempt,
                       machine->state().epoch};
    message.sender = node_of(attempt) + "/agent_host";
    message.body = std::move(body);
    return message;
  }
  std::string node_of(AttemptNumber number) const {
    for (const auto& step : machine->state().steps)
      for (const auto& attempt : step.attempts)
        if (attempt.number == number) return attempt.node;
    return "nobody";
  }
  void say(AttemptNumber attempt, message::Body body) {
    happen(Received{++token, from_executor(attempt, std::move(body))});
  }
  void complete(const std::string& step, std::string output = "null") {
    say(attempt_of(step), message::TaskCompleted{JsonText{std::move(output)}, {}});
  }
  void fail(const std::string& step, ErrorClass error_class = ErrorClass::task_failed) {
    say(attempt_of(step), message::TaskFailed{make_error(error_class, "said so"), {}, {}});
  }

  AttemptNumber attempt_of(const std::string& path) const {
    const auto* step = machine->state().find(path);
    if (step == nullptr || step->current() == nullptr)
      throw std::runtime_error("no attempt of " + path + " is under way");
    return step->current()->number;
  }
  StepPhase phase(const std::string& path) const { return machine->state().find(path)->phase; }
  std::string phase_name(const std::string& path) const {
    return std::string{to_string(phase(path))};
  }
  const SendAssignment* assignment(const std::string& path) const {
    for (auto one = sent.rbegin(); one != sent.rend(); ++one)
      if (one->step == path) return &*one;
    return nullptr;
  }
  /// The virtual clock goes to the last timer that was armed, and it rings.
  void ring_last_timer() {
    const ArmTimer timer = timers.back();
    now = timer.due;
    happen(TimerDue{timer.step, timer.kind, timer.attempt});
  }
  /// The virtual clock goes to that moment, and every timer that was armed until then rings, in
  /// order.
  void pass(Millis time) {
    const Instant until = now + time;
    while (true) {
      auto next = timers.end();
      for (auto timer = timers.begin(); timer != timers.end(); ++timer)
        if (timer->due <= until && (next == timers.end() || timer->due < next->due)) next = timer;
      if (next == timers.end()) break;
      const ArmTimer timer = *next;
      timers.erase(next);
      now = std::max(now, timer.due);
      happen(TimerDue{timer.step, timer.kind, timer.attempt});
    }
    now = until;
  }
  /// A row in the run's inbox.
  void post(const std::string& kind, std::string body) {
    happen(InboxRead{{{"i" + std::to_string(++posted), kind, JsonText{std::move(body)}, now}}});
  }
  void cancelled(const std::string& step) { say(attempt_of(step), message::TaskCancelled{}); }
  /// What an executor of the step asks for.
  NonceId reserve(const std::string& step, const std::string& effect, const std::string& tool,
                  IncarnationId executor) {
    const auto nonce = entropy.make_id<NonceId>(now);
    say(attempt_of(step),
        message::ActivityReserve{
            {false, tool, 0}, "digest", JsonText{"{}"}, effect, "write", nonce, executor, {}});
    return nonce;
  }
  /// And is granted, and settles.
  void act(const std::string& step, const std::string& effect, const std::string& tool = "t.do") {
    const auto attempt = attempt_of(step);
    const auto nonce = reserve(step, effect, tool, nodes.begin()->second);
    say(attempt, message::ActivitySettle{{false, tool, 0}, nonce, {JsonText{"1"}, {}}, 5, false});
  }
  std::string output(const std::string& path) const {
    return machine->state().find(path)->output.text;
  }
  std::size_t events(std::string_view type) const {
    std::size_t count = 0;
    for (const auto& row : journal) {
      const auto read = decode(row.body);
      for (const auto& event : *read) count += type_name(event) == type;
    }
    return count;
  }
  /// The journal says all that the state knows.
  bool folds_alike() const;

  const RunFinished& finish() const { return *machine->state().finished; }

  ReplyToken token = 0;
  unsigned posted = 0;
};

inline bool World::folds_alike() const {
  RunState folded = make_run_state(run_id, bundle);
  if (!fold_rows(folded, journal)) return false;
  const ports::RunRow row;
  return view_run(folded, row).text == view_run(machine->state(), row).text;
}

} // namespace troupe::supervision
