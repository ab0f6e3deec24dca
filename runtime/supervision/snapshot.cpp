#include "runtime/supervision/snapshot.hpp"

#include <algorithm>

#include "runtime/supervision/state_shape.hpp"

namespace troupe::supervision {
namespace {

/// As the fold made it. Nothing: the plan has no such step.
StepState* make_step(RunState& run, const StepState& saved, StepIndex index) {
  if (index < run.steps.size()) return &run.steps[index]; // follows from the plan, or a parent
  if (saved.undoes) {
    if (*saved.undoes >= index || !run.steps[*saved.undoes].node->undo) return nullptr;
    undo_of(run, *saved.undoes);
  } else {
    if (saved.parent >= index || run.steps[saved.parent].node->children.empty()) return nullptr;
    instance_of(run, saved.parent, saved.instance);
  }
  return index < run.steps.size() ? &run.steps[index] : nullptr;
}

bool restore_step(RunState& run, StepState saved, StepIndex index) {
  StepState* made = make_step(run, saved, index);
  if (made == nullptr || made->path != saved.path || made->tries.size() != saved.tries.size())
    return false;
  saved.node = made->node;
  saved.parent = made->parent;
  saved.children = std::move(made->children);
  saved.needs = std::move(made->needs);
  saved.dependants = std::move(made->dependants);
  saved.undo = made->undo;
  saved.undoes = made->undoes;
  saved.instance = made->instance;
  for (const auto& attempt : saved.attempts) run.by_attempt[attempt.number] = index;
  *made = std::move(saved);
  return true;
}

} // namespace

std::string encode_state(const RunState& state) {
  std::string out = R"({"run":)";
  message::write_value(out, state);
  out += R"(,"steps":[)";
  for (const auto& step : state.steps) {
    if (&step != &state.steps.front()) out += ',';
    message::write_value(out, step);
  }
  return out += "]}";
}

std::optional<RunState> decode_state(RunId run,
                                     std::shared_ptr<const config::UnpackedBundle> bundle,
                                     std::string_view body) {
  RunState state = make_run_state(run, std::move(bundle));
  message::JsonReader in{body};
  StepIndex index = 0;
  const auto read_step = [&] {
    StepState saved;
    return message::read_value(in, saved) && restore_step(state, std::move(saved), index++);
  };
  const bool read = in.read_object([&](std::string_view key) {
    if (key == "run") return message::read_value(in, state);
    if (key == "steps") return in.read_array(read_step);
    return in.skip_value();
  });
  if (!read || !in.at_end() || index == 0 || index != state.steps.size()) return std::nullopt;
  return state;
}

ports::Snapshot make_snapshot(const RunState& state, AppendId last) {
  return {state.next_seq - 1, last, snapshot_format, encode_state(state)};
}

std::optional<RunState> restore(RunId run, std::shared_ptr<const config::UnpackedBundle> bundle,
                                const ports::Snapshot& snapshot) {
  if (snapshot.format != snapshot_format) return std::nullopt;
  auto state = decode_state(run, std::move(bundle), snapshot.body);
  if (state && state->next_seq != snapshot.seq + 1) return std::nullopt;
  return state;
}

bool snapshot_due(const RunState& state, Seq kept_before, Seq rows) {
  return state.next_seq - kept_before >= std::max<Seq>(rows, state.steps.size());
}

} // namespace troupe::supervision
