// Why a step or a group stands where it stands: a sentence or two for each phase.
#include <algorithm>
#include <set>

#include "runtime/supervision/command.hpp"
#include "runtime/supervision/group_machine.hpp"
#include "runtime/supervision/why.hpp"
#include "runtime/supervision/why_words.hpp"

namespace troupe::supervision {
namespace {

using namespace words;

struct Explainer {
  const RunState& run;
  const StepState& step;
  const Circumstances& known;
  Explanation out{};

  std::string me() const { return step.path.empty() ? "The plan" : "Step " + quoted(step.path); }

  void say(const std::string& sentence) {
    if (sentence.empty()) return;
    out.text += (out.text.empty() ? "" : " ") + sentence;
  }
  void waits(const char* what, std::optional<Instant> since, std::optional<Instant> until = {}) {
    out.waits_for = what;
    out.since = since;
    out.until = until;
  }

  void say_attempts() {
    const auto text = attempts(step);
    if (text.empty()) return;
    say("Before: " + text + '.');
  }

  // ---- not begun

  void pending() {
    if (const auto* above = closed_above(); above != nullptr)
      return say(me() + " never began: its group " + quoted(above->path) + " is " +
                 std::string{to_string(above->phase)} + '.');
    const StepState& group = run.steps[step.parent];
    if (&group != &step && group.phase == StepPhase::pending) {
      waits("need", {});
      return say(me() + " is pending: its group " + quoted(group.path) + " has not begun.");
    }
    std::string open;
    for (const auto index : step.needs)
      if (const auto& need = run.steps[index]; !is_terminal(need.phase))
        open += (open.empty() ? "" : ", ") + quoted(need.path) + " (" +
                std::string{to_string(need.phase)} + ")";
    if (!open.empty()) {
      waits("need", {});
      return say(me() + " is pending: it needs " + open + '.');
    }
    if (run.paused) {
      waits("resume", {});
      return say(me() + " could begin, but the run is paused" + paused_words() + '.');
    }
    if (step.node->always) {
      waits("need", {});
      return say(me() +
                 " is an `always` step of a run that cannot complete any more: it runs "
                 "after what was done has been taken back.");
    }
    waits("item", {});
    say(me() + " is pending: as many of its group as may run at once do.");
  }

  const StepState* closed_above() const {
    for (const StepState* at = &step; !at->path.empty();) {
      at = &run.steps[at->parent];
      if (is_terminal(at->phase)) return at;
    }
    return nullptr;
  }

  std::string paused_words() const {
    if (!known.history.paused) return {};
    const auto& word = *known.history.paused;
    return (word.by.empty() ? "" : " by " + word.by) + ' ' + since(word.at, known.now);
  }

  // ---- under way

  void ready() {
    const auto told = known.nowhere.find(step.path);
    const auto why = told == known.nowhere.end()
                         ? placement::Nowhere{"role " + plan::role_of(*step.node)}
                         : told->second;
    waits(why.is_limit ? "limit" : "node", step.started_at);
    say(me() + " is ready and waits for a " + out.waits_for +
        (step.started_at ? " (ready " + since(*step.started_at, known.now) + ")" : "") + ": " +
        why.why + '.');
    if (step.node->start_within && step.started_at) {
      out.until = *step.started_at + *step.node->start_within;
      say("It gives up " + until(*out.until, known.now) + " (`start_within`).");
    }
    say_attempts();
  }

  void running() {
    if (step.child) {
      waits("run", step.started_at);
      return say(me() + " waits for its child run " + to_string(step.child->run) + " of plan " +
                 step.child->plan + ": ask `why` of that one.");
    }
    const auto* attempt = step.current();
    if (attempt == nullptr) return say(me() + " is running.");
    out.since = attempt->assigned_at;
    say(me() + " is running: attempt " + std::to_string(attempt->number) + " on node " +
        attempt->node + ' ' + since(attempt->assigned_at, known.now) + '.');
    say(here(*attempt));
    if (attempt->timeout_ms > 0) {
      out.until = attempt->assigned_at + Millis{attempt->timeout_ms};
      say("It times out " + until(*out.until, known.now) + '.');
    }
    if (step.progress)
      say("It last reported " + step.progress->text.substr(0, 200) + ' ' +
          since(*step.progress_at, known.now) + '.');
    say_open_calls();
    say_attempts();
  }

  /// placement.hpp, choose(): what made it this node.
  std::string here(const Attempt& attempt) const {
    const auto& role = step.fallback.empty() ? plan::role_of(*step.node) : step.fallback;
    std::string offers = "role " + role;
    for (const auto& label : step.node->labels) offers += ", label " + label;
    return (attempt.resumed ? "It resumes there what an earlier attempt had recorded: of" : "Of") +
           std::string{" the nodes that offered "} + offers + ", " + attempt.node +
           " had the most free slots" +
           (step.fallback.empty() ? "" : "; the role is the step's fallback") + '.';
  }

  void say_open_calls() {
    for (const auto& entry : step.ledger.entries())
      if (entry.iteration == step.iteration && entry.state == LedgerEntry::State::reserved)
        say("Its call of " + entry.key.tool + " is under way " + since(entry.at, known.now) + '.');
  }

  // ---- waiting

  void waiting() {
    if (step.approval) return approval();
    if (step.retry_at) {
      waits("retry", step.attempts.empty() ? std::nullopt : step.attempts.back().ended_at,
            step.retry_at);
      say(me() + " waits to be tried again: next try " + until(*step.retry_at, known.now) +
          tries_left() + '.');
      return say_attempts();
    }
    const auto* wait = std::get_if<plan::WaitStep>(&step.node->kind);
    if (wait != nullptr && !wait->signal.empty()) {
      waits("signal", step.started_at, step.due);
      return say(me() + " waits for the signal `" + wait->signal + "`" + begun() +
                 (step.due ? "; it gives up " + until(*step.due, known.now) : std::string{}) + '.');
    }
    waits("timer", step.started_at, step.due);
    say(me() + " waits for a time" + begun() +
        (step.due ? ", which comes " + until(*step.due, known.now) : std::string{}) + '.');
  }

  std::string begun() const {
    return step.started_at ? ' ' + since(*step.started_at, known.now) : std::string{};
  }

  std::string tries_left() const {
    if (!step.error) return {};
    for (std::size_t i = 0; i < step.node->retry.size(); ++i)
      if (step.node->retry[i].matches(step.error->error_class))
        return ", try " + std::to_string(step.tries[i] + 1) + " of " +
               std::to_string(step.node->retry[i].max_attempts);
    return {};
  }

  void approval() {
    const auto& role = std::get<plan::ApprovalStep>(step.node->kind).role;
    waits("approval", step.started_at, step.approval->expires_at);
    say(me() + " waits for somebody with role " + role + " to approve it" + begun() +
        "; it expires " + until(step.approval->expires_at, known.now) + '.');
    say("Decide with `troupe approve " + to_string(run.id) + ' ' + step.path + "`.");
  }

  void stopping() {
    waits("stop", {});
    const auto* attempt = step.current();
    say(me() + " is being stopped" +
        (attempt != nullptr && !attempt->node.empty()
             ? ": node " + attempt->node + " was asked to, and has not answered yet"
             : std::string{}) +
        '.');
  }

  void restarting() {
    const StepState& group = run.steps[step.parent];
    waits("restart", group.group.last_restart);
    for (const auto& restart : group.group.restarts) {
      const StepState& failed = run.steps[restart.child];
      out.until = restart.due;
      say(me() + " is restarted by its group " + quoted(group.path) + ", because " +
          quoted(failed.path) + " failed" +
          (failed.error ? " (" + error(*failed.error) + ")" : "") + ": restart " +
          std::to_string(group.group.restarted.size()) + " of " +
          std::to_string(group.node->restart.intensity) + " within " +
          span(group.node->restart.period) + "; it begins not before " + to_iso8601(restart.due) +
          ", once what it did has been taken back.");
    }
  }

  // ---- terminal

  void completed() {
    out.since = step.finished_at;
    std::string text = me() + " completed";
    if (step.finished_at) text += " at " + to_iso8601(*step.finished_at);
    if (!step.attempts.empty() && !step.attempts.back().node.empty())
      text += " with attempt " + std::to_string(step.attempts.back().number) + " on node " +
              step.attempts.back().node;
    say(text + (step.undone ? ", and was undone." : "."));
    say_attempts();
  }

  void skipped() {
    out.since = step.finished_at;
    const StepState& group = run.steps[step.parent];
    if (std::holds_alternative<plan::Switch>(group.node->kind))
      return say(me() + " was skipped: the switch chose the case `" + group.group.chosen + "`.");
    say(me() + " was skipped: its `when` was false" +
        (step.node->when ? " (" + step.node->when->text + ")" : std::string{}) + '.');
  }

  void failed() {
    out.since = step.finished_at;
    say(me() + " failed" + (step.finished_at ? " at " + to_iso8601(*step.finished_at) : "") +
        (step.error ? ": " + error(*step.error) : std::string{}) + '.');
    if (step.node->is_group()) say(children_words());
    const auto text = attempts(step);
    if (!text.empty()) say("What was tried: " + text + '.');
    if (!step.fallback.empty()) say("The fallback, role " + step.fallback + ", failed too.");
    say(escalation_words(run.steps[step.parent]));
    say_unknown();
  }

  std::string children_words() const {
    std::string text;
    std::size_t more = 0, shown = 0;
    for (const auto index : step.children) {
      const auto& child = run.steps[index];
      if (child.phase != StepPhase::failed) continue;
      if (shown++ >= 5)
        ++more;
      else
        text += (text.empty() ? "" : "; ") + quoted(child.path) + " failed" +
                (child.error ? " (" + error(*child.error) + ")" : "");
    }
    if (text.empty()) return {};
    return "In it " + text + (more > 0 ? "; and " + std::to_string(more) + " more" : "") + '.';
  }

  std::string escalation_words(const StepState& group) const {
    const auto found = known.history.escalations.find(group.path);
    if (found == known.history.escalations.end() || found->second.child != step.path) return {};
    return "Its group " + quoted(group.path) + " did not restart it: " + found->second.reason + '.';
  }

  void say_unknown() {
    std::set<std::string> tools;
    for (const auto& tool : unknown_outcomes(step)) tools.insert(tool);
    for (const auto& tool : tools) {
      out.waits_for = "person";
      say("Whether its call of " + tool +
          " happened is unknown; say so with `troupe runs resolve " + to_string(run.id) + ' ' +
          step.path + " --happened|--did-not-happen`.");
    }
  }

  void cancelled() {
    out.since = step.finished_at;
    std::string why = "its group was stopped";
    if (run.cancel_reason)
      why = std::string{run.killed ? "the run was killed" : "the run was cancelled"} +
            (run.cancel_reason->empty() ? "" : ": " + *run.cancel_reason);
    else if (run.steps[root_index].stop)
      why = run.steps[root_index].stop->message;
    say(me() + " was cancelled: " + why + '.');
    say_unknown();
  }

  void blocked() {
    out.since = step.finished_at;
    for (const auto index : step.needs) {
      const auto& need = run.steps[index];
      if (need.phase == StepPhase::completed || need.phase == StepPhase::skipped) continue;
      return say(me() + " is blocked: it needs " + quoted(need.path) + ", which " +
                 (need.phase == StepPhase::failed ? "failed"
                                                  : "is " + std::string{to_string(need.phase)}) +
                 (need.error ? " (" + error(*need.error) + ")" : "") + '.');
    }
    const StepState& group = run.steps[step.parent];
    say(me() + " is blocked: its group " + quoted(group.path) +
        " has failed, and nothing more starts in it.");
    for (const auto index : group.children)
      if (const auto& child = run.steps[index]; child.phase == StepPhase::failed)
        return say("It failed with " + quoted(child.path) +
                   (child.error ? " (" + error(*child.error) + ")" : "") + '.');
  }

  // ---- a group under way

  void open_group() {
    waits("need", step.started_at);
    const auto* foreach = std::get_if<plan::Foreach>(&step.node->kind);
    if (foreach != nullptr && !step.group.expanded)
      return say(me() + " is under way" + begun() +
                 ": the list that it goes over is on its way to the store, or from it.");
    std::size_t done = 0, failures = 0, under_way = 0;
    for (const auto index : step.children) {
      const auto phase = run.steps[index].phase;
      done += phase == StepPhase::completed || phase == StepPhase::skipped;
      failures += phase == StepPhase::failed;
      under_way += phase != StepPhase::pending && !is_terminal(phase);
    }
    const auto of = foreach != nullptr ? step.group.item_count() : step.children.size();
    say(me() + " is under way" + begun() + ": " + std::to_string(done) + " of " +
        std::to_string(of) + " done, " + std::to_string(failures) + " failed, " +
        std::to_string(under_way) + " under way.");
    for (const auto& restart : step.group.restarts)
      say("It restarts " + count(restart.victims.size(), "child") + " because " +
          quoted(run.steps[restart.child].path) + " failed, not before " + to_iso8601(restart.due) +
          ": restart " + std::to_string(step.group.restarted.size()) + " of " +
          std::to_string(step.node->restart.intensity) + " within " +
          span(step.node->restart.period) + '.');
    children_that_wait();
  }

  /// Why what is under way in a group stands where it stands: a few of those that wait.
  void children_that_wait() {
    constexpr std::size_t told_max = 3;
    std::size_t told = 0, more = 0;
    run.each_below(run.index_of(step), [&](StepIndex index) {
      const StepState& leaf = run.steps[index];
      if (leaf.node->is_group() || !leaf.is_under_way()) return;
      const auto why = Explainer{run, leaf, known}.explain();
      if (why.waits_for.empty()) return;
      if (told == told_max) return void(++more);
      ++told;
      say(why.text);
      out.waits_for = why.waits_for;
      if (!out.until || (why.until && *why.until < *out.until)) out.until = why.until;
    });
    if (more > 0) say((more == 1 ? "So does " : "So do ") + std::to_string(more) + " more.");
    if (told + more > 1) out.waits_for = "need";
  }

  Explanation explain() {
    if (step.node->is_group() && step.phase == StepPhase::ready)
      open_group();
    else
      switch (step.phase) {
        case StepPhase::pending: pending(); break;
        case StepPhase::ready: ready(); break;
        case StepPhase::running: running(); break;
        case StepPhase::waiting: waiting(); break;
        case StepPhase::stopping: stopping(); break;
        case StepPhase::restarting: restarting(); break;
        case StepPhase::completed: completed(); break;
        case StepPhase::skipped: skipped(); break;
        case StepPhase::failed: failed(); break;
        case StepPhase::cancelled: cancelled(); break;
        case StepPhase::blocked: blocked(); break;
      }
    return std::move(out);
  }
};

} // namespace

Explanation explain_step(const RunState& run, const StepState& step,
                         const Circumstances& circumstances) {
  return Explainer{run, step, circumstances}.explain();
}

} // namespace troupe::supervision
