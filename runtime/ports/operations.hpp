// Port: what the outside may ask of the engine. net/http serves it; actors implement it.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/intake/injected.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/ports/journal.hpp"
#include "runtime/ports/schedules.hpp"

namespace troupe::ports {

/// A job asked for by a person or a program.
struct JobRequest {
  std::string plan_text; // YAML or JSON of a plan; or
  std::string plan_name; // the name of a plan of the team
  std::string plan_file; // what faults are reported against: "plan.yaml"
  std::string team;      // empty: the only team of the node
  std::string title;     // empty: the plan's name
  JsonText inputs{"{}"};
  std::string idempotency_key;
  message::Priority priority = message::Priority::normal;
  std::string source = "http";
  Labels labels{};
};

/// A run's answer to "what happened": see ARCHITECTURE.md, "A run as JSON".
struct NodeStatus {
  std::string name;
  IncarnationId incarnation;
  std::string version;
  std::vector<std::string> modes, roles, labels, tools;
  std::uint32_t slots = 0, free_slots = 0, runs_owned = 0;
  std::uint32_t heartbeat_age_ms = 0;
  bool draining = false;
  /// message::NodeHeartbeat says what each counts.
  std::uint32_t mailbox = 0, lag_ms = 0, tool_calls = 0, journal_queue = 0, steps_waiting = 0;
  std::vector<std::string> kinds{};
};

struct Health {
  bool ready = false;
  bool bus_up = false;
  bool store_up = false;
  bool joined = false;
  std::string reason; // why not ready, empty when ready
};

// What a person or a program may ask of a run that is under way. `by` is who asks.
struct Kill { // it ends now: no undo, no `always` steps
  std::string reason;
};
struct Pause { // nothing new starts; what runs goes on
  std::string by;
};
struct Resume {
  std::string by;
};
struct SkipWait {   // "run now": timers, waits between tries, backoffs of restarts
  std::string step; // empty: every one in the run
};
struct Resolve { // whether an effect of unknown outcome happened
  std::string step;
  std::string tool; // empty: the only one of the step
  bool happened = false;
  JsonText output; // of the call, if it did
  std::string by;
};
struct Decide { // an approval
  std::string step;
  std::string digest; // of the subject that was read: a decision binds it
  bool approved = false;
  std::string by, reason;
};
using Command = std::variant<Kill, Pause, Resume, SkipWait, Resolve, Decide>;

/// A new run of the same job, from what an earlier one has done.
struct ForkRequest {
  std::string from;                       // the step to begin again at; empty: none in particular
  bool keep = true;                       // what stands; else, where `from` is empty, nothing does
  JsonText inputs{"{}"};                  // those that are another now
  std::optional<JsonText> task{}, with{}; // of the step `from`: other words for it
  std::string by;                         // who asks; empty: whoever asked for the earlier run
  bool preview = false;                   // only say what would be kept and what repeated
  bool accept_repeats = false;            // effects may happen once more
  bool retry = false;                     // of a run that has ended: none goes on beside this one
};

/// A page of a run's events.
struct EventsPage {
  std::optional<Seq> after;  // exclusive cursor; nothing: from the start
  std::uint32_t limit = 256; // appends
  Millis wait{0};            // for something to come, while there is nothing
};

/// A page of what a foreach or repeat made of its body.
struct StepPage {
  std::string step; // of a foreach or repeat
  std::size_t from = 0;
  std::size_t limit = 100;
};

/// All calls: never block, `done` runs exactly once on any thread.
class Operations {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Operations() = default;

  /// invalid_input: the plan or its inputs are wrong; the message has every fault on a line of its
  /// own.
  virtual void submit(JobRequest request, Done<Submitted> done) = 0;
  /// The body of an Alertmanager webhook. Answered after the commit. The answer is the JSON of the
  /// endpoint:
  /// {"accepted":n,"duplicates":m,"jobs":["id"]}. invalid_input: cannot be read; no_capacity: full.
  virtual void alertmanager(std::string body, Done<JsonText> done) = 0;
  /// Records a signal for a run. invalid_input: no such run, or it has ended.
  virtual void signal(RunId run, std::string name, JsonText body, Done<bool> done) = 0;
  virtual void cancel(RunId run, std::string reason, Done<bool> done) = 0;
  /// Records a command, once the run as it is now allows it. Nothing: there is no such run.
  /// invalid_input: it names a step or tool that is not there. effect_conflict: the run is over, or
  /// there is nothing in it to pause, skip, resolve or decide. denied: `by` may not. The run may
  /// still change before it takes the command: the first in its journal wins.
  virtual void command(RunId run, Command command, Done<std::optional<bool>> done) = 0;

  /// Starts a new run of the run's job (a preview: only says what it would do):
  /// {"job","run" or null,"kept":[path],"again":[path],"repeats":[{"step","tool","effect","state",
  /// "arguments","undone"}]}; null: no such run. invalid_input: the step, the inputs or the edit.
  /// effect_conflict: effects would repeat and nobody said that they may; a retry of a run that has
  /// not ended.
  virtual void fork(RunId run, ForkRequest request, Done<JsonText> done) = 0;

  virtual void jobs(JobFilter filter, Done<std::vector<JobRow>> done) = 0;
  virtual void job(JobId id, Done<std::optional<JobRow>> done) = 0;
  virtual void runs(JobFilter filter, Done<std::vector<RunRow>> done) = 0;
  /// The folded run as one JSON object; null if there is none.
  virtual void run(RunId id, Done<JsonText> done) = 0;
  /// A page of the instances of a foreach or repeat, as ARCHITECTURE.md has it; null if there is no
  /// such run. invalid_input: no such step, or it has no instances.
  virtual void instances(RunId id, StepPage page, Done<JsonText> done) = 0;
  /// The approvals that are pending in a run, {"approvals":[..]}; null if there is none.
  virtual void approvals(RunId id, Done<JsonText> done) = 0;
  /// The same over all runs: of the `limit` newest that ask at all.
  virtual void pending_approvals(std::uint32_t limit, Done<JsonText> done) = 0;
  /// Why the run, or a step of it, stands where it stands; null if there is no such run.
  /// invalid_input: no such step.
  virtual void why(RunId id, std::string step, Done<JsonText> done) = 0;
  /// {"events":[..],"cursor":n,"end":bool}; null if there is no such run. `end`: nothing more will
  /// come after these.
  virtual void events(RunId id, EventsPage page, Done<JsonText> done) = 0;
  /// What the run pins and executes, as one JSON object; null if there is no such run.
  virtual void bundle(RunId id, Done<JsonText> done) = 0;

  /// Schedules of this node's teams; a choice that is empty is every team, every id.
  /// {"schedules":[..]}, as runtime/intake/schedule_view.hpp has it.
  virtual void schedules(ScheduleId choice, Done<JsonText> done) = 0;
  /// One of them; null: there is none.
  virtual void schedule(ScheduleId id, Done<JsonText> done) = 0;
  /// {"times":[{"team","id","at","local"}]}: their next due times together, in order.
  virtual void next_times(ScheduleId choice, std::uint32_t limit, Done<JsonText> done) = 0;
  /// Pauses it, or goes on with it. False: nothing changed. Nothing: there is no such schedule.
  virtual void pause_schedule(ScheduleId id, bool pause, std::string by,
                              Done<std::optional<bool>> done) = 0;
  /// A job now, whatever its due times, also while it is paused. Nothing: no such schedule.
  virtual void run_schedule(ScheduleId id, std::string idempotency_key,
                            Done<std::optional<Submitted>> done) = 0;

  /// An event from outside the bus; without a `place`, it is given one. The answer is that of the
  /// job it starts, {"job","run","duplicate"}, or, for the source alertmanager, as above.
  /// invalid_input: it is no CloudEvent, or nothing is to be done about it.
  virtual void inject(intake::Injected event, Done<JsonText> done) = 0;
  /// Injected events that could not be used, newest first:
  /// {"dead_letters":[{"id","in","by","at","reason"}],"next":n or null}. `before` is the `next` of
  /// the page before; 0: from the newest.
  virtual void dead_letters(std::uint32_t limit, std::uint64_t before, Done<JsonText> done) = 0;
  /// One of them, with its `event`; null: there is none.
  virtual void dead_letter(std::string id, Done<JsonText> done) = 0;
  /// As inject; what is taken this time is a dead letter no longer. null: there is none.
  virtual void retry_dead_letter(std::string id, Done<JsonText> done) = 0;
  /// False: there is none.
  virtual void drop_dead_letter(std::string id, Done<bool> done) = 0;

  /// {"rules":[{"key","concurrency","rate"}],"limits":[{"key","concurrency","rate","in_use",
  /// "waiting","tokens","nodes":[{"node","in_use","waiting"}]}]}: the rules of this node, and what
  /// all nodes use and wait for. null: no such limit, or no bound.
  virtual void limits(Done<JsonText> done) = 0;
  virtual void nodes(Done<std::vector<NodeStatus>> done) = 0;
  virtual Health health() const = 0; // thread-safe, does not block
};

} // namespace troupe::ports
