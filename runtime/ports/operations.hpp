// Port: what the outside may ask of the engine. net/http serves it; actors implement it.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/ports/job_store.hpp"
#include "runtime/ports/journal.hpp"

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
};

struct Health {
  bool ready = false;
  bool bus_up = false;
  bool store_up = false;
  bool joined = false;
  std::string reason; // why not ready, empty when ready
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

  virtual void jobs(JobFilter filter, Done<std::vector<JobRow>> done) = 0;
  virtual void job(JobId id, Done<std::optional<JobRow>> done) = 0;
  virtual void runs(JobFilter filter, Done<std::vector<RunRow>> done) = 0;
  /// The folded run as one JSON object; null if there is none.
  virtual void run(RunId id, Done<JsonText> done) = 0;
  /// Events from `after` on (exclusive cursor; nothing: from the start), at most `limit` appends,
  /// as one JSON object
  /// {"events":[..],"cursor":n,"end":bool}; null if there is no such run.
  virtual void events(RunId id, std::optional<Seq> after, std::uint32_t limit,
                      Done<JsonText> done) = 0;
  virtual void nodes(Done<std::vector<NodeStatus>> done) = 0;
  virtual Health health() const = 0; // thread-safe, does not block
};

} // namespace troupe::ports
