#include "runtime/supervision/why.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/supervision/command.hpp"
#include "runtime/supervision/recovery.hpp"
#include "runtime/supervision/step_machine.hpp"
#include "runtime/supervision/why_words.hpp"

namespace troupe::supervision {
namespace {

namespace json = boost::json;
using namespace words;

constexpr std::size_t told_max = 5; // steps, in the words about a whole run

bool waits_for_node(const StepState& step) {
  return step.phase == StepPhase::ready && step.node->is_dispatched();
}

/// What keeps the run: everything that is under way and no group.
std::vector<const StepState*> under_way(const RunState& run) {
  std::vector<const StepState*> steps;
  for (const auto& step : run.steps)
    if (!step.node->is_group() && step.phase != StepPhase::pending && !is_terminal(step.phase))
      steps.push_back(&step);
  return steps;
}

/// A step that failed by itself: what its groups say follows from it.
std::vector<const StepState*> root_causes(const RunState& run) {
  std::vector<const StepState*> steps;
  for (const auto& step : run.steps)
    if (!step.node->is_group() && step.phase == StepPhase::failed) steps.push_back(&step);
  std::sort(steps.begin(), steps.end(),
            [](const StepState* a, const StepState* b) { return a->finished_at < b->finished_at; });
  return steps;
}

void say(Explanation& out, const std::string& sentence) {
  if (!sentence.empty()) out.text += (out.text.empty() ? "" : " ") + sentence;
}

void say_each(Explanation& out, const RunState& run, const std::vector<const StepState*>& steps,
              const Circumstances& known) {
  for (std::size_t i = 0; i < std::min(steps.size(), told_max); ++i)
    say(out, explain_step(run, *steps[i], known).text);
  if (steps.size() > told_max)
    say(out, "And " + count(steps.size() - told_max, "more step") + " likewise.");
}

Explanation explain_end(const RunState& run, const Circumstances& known) {
  Explanation out;
  out.since = run.finished_at;
  const auto& end = *run.finished;
  std::string text = "The run ";
  switch (end.state) {
    case ports::RunState::cancelled: text += "was cancelled"; break;
    case ports::RunState::needs_person: text += "ended and needs a person"; break;
    default: text += ports::to_string(end.state);
  }
  if (run.finished_at)
    text += " at " + to_iso8601(*run.finished_at) + ", after " +
            span(*run.finished_at - run.created_at);
  say(out, text + (end.reason.empty() ? "." : ": " + end.reason + '.'));
  if (end.state == ports::RunState::needs_person) out.waits_for = "person";
  if (end.state != ports::RunState::completed) say_each(out, run, root_causes(run), known);
  return out;
}

std::string whose(const RunState& run, const Circumstances& known) {
  if (known.row.parked)
    return "It is parked, so that it costs nothing, until " +
           (known.row.wake_at ? to_iso8601(*known.row.wake_at) + " or " : std::string{}) +
           "something comes for it.";
  if (known.row.owner_node.empty()) return "No node owns it at the moment.";
  return "Node " + known.row.owner_node + " owns it (epoch " + std::to_string(run.epoch) + ").";
}

std::string undoing(const RunState& run) {
  if (!run.undoing) return {};
  return run.cancel_reason ? "It was cancelled, and what it did is being taken back."
                           : "It failed, and what it did is being taken back.";
}

bool is_below(std::string_view path, std::string_view above) {
  return path.starts_with(above) && path.size() > above.size() &&
         (path[above.size()] == '/' || path[above.size()] == '[');
}

/// What the undo of a run cannot go past.
std::string held_up(const RunState& run) {
  if (!run.undoing) return {};
  std::vector<StepIndex> tops(run.steps[root_index].children);
  std::string text;
  for (const auto index : consider_undo(run, tops).unknown)
    text += (text.empty() ? "" : " ") + std::string{"Whether "} + quoted(run.steps[index].path) +
            " did what it was about to do is unknown: say so with `troupe runs resolve`.";
  return text;
}

} // namespace

std::vector<placement::PlacementRequest> placement_questions(const RunState& run,
                                                             std::string_view path) {
  std::vector<placement::PlacementRequest> questions;
  for (const auto& step : run.steps) {
    if (!waits_for_node(step) || questions.size() >= told_max) continue;
    if (!path.empty() && step.path != path && !is_below(step.path, path)) continue;
    questions.push_back(placement_wanted(run, step));
  }
  return questions;
}

Explanation explain_run(const RunState& run, const Circumstances& known) {
  if (run.finished) return explain_end(run, known);
  Explanation out;
  out.since = run.started_at;
  say(out, "The run is under way " + since(run.created_at, known.now) + ". " + whose(run, known));
  if (run.paused) {
    const auto& word = known.history.paused;
    out.waits_for = "resume";
    say(out,
        "It is paused" +
            (word ? (word->by.empty() ? "" : " by " + word->by) + ' ' + since(word->at, known.now)
                  : std::string{}) +
            ": what runs goes on, nothing new starts.");
  }
  say(out, undoing(run));
  say(out, held_up(run));
  const auto steps = under_way(run);
  if (steps.size() == 1) {
    auto only = explain_step(run, *steps.front(), known);
    say(out, only.text);
    if (out.waits_for.empty()) out.waits_for = only.waits_for;
    out.until = only.until;
    return out;
  }
  say_each(out, run, steps, known);
  return out;
}

Result<JsonText> explain(const RunState& run, std::string_view path, const Circumstances& known) {
  Explanation out;
  std::string state;
  if (path.empty()) {
    out = explain_run(run, known);
    state = ports::to_string(run.finished ? run.finished->state : ports::RunState::running);
  } else {
    const auto step = find_step(run, path);
    if (!step) return step.error();
    out = explain_step(run, **step, known);
    state = to_string((*step)->phase);
  }
  const auto time = [](const std::optional<Instant>& at) {
    return at ? json::value(to_iso8601(*at)) : json::value{};
  };
  return JsonText{json::serialize(json::object{{"run", to_string(run.id)},
                                               {"step", path},
                                               {"state", state},
                                               {"waits_for", out.waits_for},
                                               {"since", time(out.since)},
                                               {"until", time(out.until)},
                                               {"why", out.text}})};
}

} // namespace troupe::supervision
