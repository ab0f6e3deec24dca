#include "ops/cli/demo/crash.hpp"

#include <boost/json.hpp>
#include <csignal>

#include "ops/cli/demo/crash_facts.hpp"
#include "ops/cli/demo/stage.hpp"
#include "ops/cli/demo/story.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_words.hpp"

namespace troupe::demo {

using cli::ExitCode;
using cli::Failure;
using view::Tint;
namespace json = boost::json;

namespace {

constexpr Millis run_limit{120'000}; // of one run with all its kills

constexpr const char* team = R"(team: crash
roles:
  clerk: { kind: native, agent: validator, tools: [ledger.*] }
plans:
  order: plan.yaml
)";

// Each effect is a line of the ledger: half a second after its step began, and half a second before
// it ends.
constexpr const char* plan = R"(plan: order
inputs: { name: { type: string } }
steps:
  - { id: reserve, tool: ledger.keyed, with: { entry: "${{ inputs.name }}: reserve", takes: 1s } }
  - { id: charge, tool: ledger.keyed, with: { entry: "${{ inputs.name }}: charge", takes: 1s } }
  - id: ship
    tool: ledger.once
    with: { entry: "${{ inputs.name }}: ship", takes: 1s }
    retry: [{ on: [outcome_unknown], max_attempts: 100, interval: 500ms, backoff_rate: 1 }]
  - { id: receipt, tool: ledger.keyed, with: { entry: "${{ inputs.name }}: receipt", takes: 1s } }
  - { id: close, tool: ledger.keyed, with: { entry: "${{ inputs.name }}: close", takes: 1s } }
)";
constexpr const char* steps[] = {"reserve", "charge", "ship", "receipt", "close"}; // and effects

/// What did not hold: the verdict of the demo, no failure of the command.
struct NotHeld {
  std::string reason;
};

struct Kill {
  std::string step, node;
  std::optional<Millis> recovered; // nothing: the attempt had ended already
};

class CrashDemo {
 public:
  explicit CrashDemo(const CrashOptions& options)
      : options_{options},
        story_{view::detect_style()},
        stage_{options.data, [this](const std::string& text) { story_.line("  " + text); }} {}

  int play() {
    try {
      set_the_stage();
      story_.begin();
      play_run("owner", "the owner of the run is killed as each step begins");
      play_run("agent", "the node that runs a step is killed as it begins");
      check_the_ledger();
    } catch (const NotHeld& verdict) {
      story_.line(view::paint("It does not hold: ", Tint::red, colour()) + verdict.reason);
      story_.fact("logs", stage_.folder().at("troupe/logs"));
      conclude(false, verdict.reason);
      return static_cast<int>(ExitCode::failed);
    }
    conclude(true, "");
    return 0;
  }

 private:
  static bool colour() { return view::detect_style().colour; }

  void set_the_stage() {
    story_.title("Troupe demo: a node dies at every step boundary, and nothing is done twice");
    const auto& folder = stage_.folder();
    cli::write_file_atomically(folder.at("team.yaml"), team);
    cli::write_file_atomically(folder.at("plan.yaml"), plan);
    cli::write_file_atomically(ledger(), "");
    stage_.start_troupe({{"teams", json::array{folder.at("team.yaml")}},
                         {"toolkits", {{"ledger", {{"file", ledger()}}}}}},
                        2);
    stage_.wait_for("the cluster", [&] { return stage_.troupe_ready(); });
    story_.ready("troupe dev", stage_.api().server().url,
                 "orchestrator-1, agent-1 and agent-2, on a bus");
    story_.ready("ledger", "a line for each effect", ledger());
    story_.ready("plan", "five steps, each with an effect", folder.at("plan.yaml"));
  }

  std::string ledger() const { return stage_.folder().at("ledger.jsonl"); }
  static Instant now() { return SystemClock{}.now(); }

  void play_run(const std::string& name, const std::string& title) {
    story_.line("\n  " + view::paint(title, Tint::bold, colour()));
    run_ = submit(name);
    CrashWatch watch;
    std::optional<CrashWatch::Assigned> struck; // and not recovered yet
    cursor_.clear();
    const bool ended = stage_.run_until(run_limit, [&] {
      if (!look(watch)) return false; // the node that would answer is being started
      if (struck) {
        if (!recovered(watch, *struck)) return false;
        struck.reset();
      }
      if (const auto unknown = watch.next_unknown()) tell(unknown->first, unknown->second, name);
      if (auto boundary = watch.next_boundary()) struck = strike(name, *boundary);
      return !struck && is_over_;
    });
    attempts_ += watch.attempts();
    completed_ += watch.completed();
    repeated_ += watch.repeated();
    unknown_ += watch.unknown();
    if (!ended) throw NotHeld{"run " + run_ + " did not end within " + format_duration(run_limit)};
    if (state_ != "completed") throw NotHeld{"run " + run_ + " ended " + state_};
  }

  std::string submit(const std::string& name) {
    const json::object job{{"team", "crash"}, {"plan_name", "order"}, {"inputs", {{"name", name}}}};
    return view::text(stage_.api().post("/v1/jobs", json::serialize(job), "crash-" + name), "run");
  }

  /// What is new in the journal. False: nobody answers.
  bool look(CrashWatch& watch) {
    try {
      const auto page = stage_.api().get("/v1/runs/" + run_ + "/events?limit=500" +
                                         (cursor_.empty() ? "" : "&after=" + cursor_));
      for (const auto& event : view::list(page, "events")) {
        watch.read(event);
        if (view::text(event, "type") == "run.finished") state_ = view::text(event, "state");
      }
      if (auto next = view::text(page, "cursor"); !next.empty()) cursor_ = next;
      is_over_ = view::truth(page, "end");
      return true;
    } catch (const Failure& failure) {
      if (failure.code() == ExitCode::unavailable || failure.code() == ExitCode::try_again)
        return false;
      throw;
    }
  }

  std::optional<CrashWatch::Assigned> strike(const std::string& name,
                                             const CrashWatch::Assigned& boundary) {
    const std::string node = name == "owner" ? "orchestrator-1" : boundary.node;
    const pid_t pid = stage_.process(node);
    struck_at_ = now();
    if (pid == 0 || ::kill(pid, SIGKILL) != 0)
      throw NotHeld{node + " is not there to be killed at " + boundary.step};
    kills_.push_back({boundary.step, node, std::nullopt});
    return boundary;
  }

  bool recovered(const CrashWatch& watch, const CrashWatch::Assigned& boundary) {
    Kill& kill = kills_.back();
    const bool owner = kill.node == "orchestrator-1";
    const auto at = owner ? watch.adopted_after(struck_at_) : watch.assigned_after(boundary);
    const bool too_late = !owner && !at && watch.has_completed(boundary);
    if (!at && !too_late) return false;
    if (at) kill.recovered = *at - struck_at_;
    const std::string what = too_late ? "but the step had just ended"
                             : owner  ? "the run is taken up again after "
                                      : "the step is given to a node again after ";
    story_.happened(view::pad(kill.step, 9) + view::pad(kill.node, 15) + "SIGKILL, " + what +
                    (at ? view::brief(*kill.recovered) : ""));
    return true;
  }

  /// A `once` call may have happened or not; only somebody who looks can tell.
  void tell(const std::string& step, const std::string& tool, const std::string& name) {
    const auto counted = count_entries(cli::read_file(ledger()).value_or(""));
    const bool happened = counted.contains(name + ": " + step);
    const json::object word{{"step", step},
                            {"tool", tool},
                            {"happened", happened},
                            {"output", {{"entry", name + ": " + step}, {"written", true}}},
                            {"by", "the demo"}};
    stage_.api().post("/v1/runs/" + run_ + "/resolve", json::serialize(word));
    story_.happened(view::pad(step, 9) + "nobody knows whether " + tool +
                        " happened; the ledger says " + (happened ? "yes" : "no") +
                        ": troupe runs resolve",
                    Tint::yellow);
  }

  void check_the_ledger() {
    counted_ = count_entries(cli::read_file(ledger()).value_or(""));
    for (const char* run : {"owner", "agent"})
      for (const char* effect : steps) {
        const auto entry = std::string{run} + ": " + effect;
        const unsigned lines = counted_[entry];
        effects_ += lines;
        if (lines == 0) throw NotHeld{"the ledger has no line `" + entry + '`'};
        if (lines > 1) effects_repeated_ += lines - 1;
      }
    if (effects_repeated_ > 0)
      throw NotHeld{std::to_string(effects_repeated_) + " effects were done twice"};
    if (repeated_ > 0) throw NotHeld{std::to_string(repeated_) + " finished steps ran again"};
    if (completed_ != 2 * std::size(steps) || kills_.size() != completed_)
      throw NotHeld{std::to_string(completed_) + " steps completed, " +
                    std::to_string(kills_.size()) + " kills; both should be " +
                    std::to_string(2 * std::size(steps))};
  }

  void conclude(bool held, const std::string& reason) {
    if (held) {
      story_.line("\n" +
                  view::paint("Nothing was lost, nothing was done twice.", Tint::green, colour()));
      const auto times = [](unsigned number, const char* what) {
        return std::to_string(number) + ' ' + what;
      };
      story_.fact("kills", times(static_cast<unsigned>(kills_.size()), "(SIGKILL)"));
      story_.fact("steps", times(completed_, "completed in ") + times(attempts_, "attempts, ") +
                               times(repeated_, "repeated"));
      story_.fact("effects", times(effects_, "in the ledger, ") +
                                 times(effects_repeated_, "repeated; count them: wc -l ") +
                                 ledger());
      story_.fact(
          "unknown",
          times(unknown_, "of them a person had to look up, because nobody else could know"));
    }
    if (!options_.json) return;
    json::array kills;
    for (const Kill& kill : kills_)
      kills.push_back(
          json::object{{"step", kill.step},
                       {"node", kill.node},
                       {"recovered_ms", kill.recovered ? json::value(kill.recovered->count())
                                                       : json::value(nullptr)}});
    json::object line{{"held", held},
                      {"kills", kills_.size()},
                      {"steps", completed_},
                      {"steps_repeated", repeated_},
                      {"attempts", attempts_},
                      {"effects", effects_},
                      {"effects_repeated", effects_repeated_},
                      {"unknown_outcomes", unknown_},
                      {"recoveries", std::move(kills)},
                      {"ledger", ledger()}};
    if (!held) line["reason"] = reason;
    story_.line(json::serialize(line));
  }

  const CrashOptions& options_;
  Story story_;
  Stage stage_;
  std::string run_, cursor_, state_;
  bool is_over_ = false;
  Instant struck_at_;
  std::vector<Kill> kills_;
  std::map<std::string, unsigned> counted_;
  unsigned attempts_ = 0, completed_ = 0, repeated_ = 0, unknown_ = 0;
  unsigned effects_ = 0, effects_repeated_ = 0;
};

} // namespace

int run_crash_demo(const CrashOptions& options) { return CrashDemo{options}.play(); }

} // namespace troupe::demo
