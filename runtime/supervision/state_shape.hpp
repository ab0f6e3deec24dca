// How the state of a run looks in a snapshot: everything but what follows from its bundle
// (snapshot.cpp makes that again). Private to snapshot.cpp.
#pragma once
#include "runtime/supervision/event_shape.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// The value of an enumeration that counts from 0 to `last` whose name this is.
template <auto last>
std::optional<decltype(last)> parse_named(std::string_view name) {
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i)
    if (const auto value = static_cast<decltype(last)>(i); to_string(value) == name) return value;
  return std::nullopt;
}

} // namespace troupe::supervision

namespace troupe::message {

using supervision::Attempt;
using supervision::GroupState;
using supervision::LedgerEntry;
using supervision::PendingApproval;
using supervision::Restart;
using supervision::Signal;
using supervision::StepPhase;
using supervision::StepState;

template <>
inline constexpr Names<StepPhase> names<StepPhase>{supervision::parse_named<StepPhase::blocked>,
                                                   "a phase of a step", ""};
template <>
inline constexpr Names<Attempt::State> names<Attempt::State>{
    supervision::parse_named<Attempt::State::cancelled>, "a state of an attempt", ""};
template <>
inline constexpr Names<LedgerEntry::State> names<LedgerEntry::State>{
    supervision::parse_named<LedgerEntry::State::unknown>, "a state of an activity", ""};

template <>
inline constexpr auto shape<Attempt> =
    part(required("number", &Attempt::number), optional("iteration", &Attempt::iteration),
         required("state", &Attempt::state), optional("node", &Attempt::node),
         required("incarnation", &Attempt::incarnation), optional("task", &Attempt::task),
         optional("timeout_ms", &Attempt::timeout_ms), optional("resumed", &Attempt::resumed),
         required("assigned_at", &Attempt::assigned_at), optional("ended_at", &Attempt::ended_at),
         optional("error", &Attempt::error), optional("handed_over", &Attempt::handed_over));

template <>
inline constexpr auto shape<LedgerEntry> =
    part(optional("iteration", &LedgerEntry::iteration), required("key", &LedgerEntry::key),
         required("state", &LedgerEntry::state), optional("digest", &LedgerEntry::digest),
         optional("arguments", &LedgerEntry::arguments), optional("effect", &LedgerEntry::effect),
         optional("risk", &LedgerEntry::risk), required("attempt", &LedgerEntry::attempt),
         required("nonce", &LedgerEntry::nonce), required("executor", &LedgerEntry::executor),
         optional("reconcile", &LedgerEntry::reconcile), required("outcome", &LedgerEntry::outcome),
         optional("duration_ms", &LedgerEntry::duration_ms), required("at", &LedgerEntry::at));

template <>
inline constexpr auto shape<Restart> = part(required("child", &Restart::child),
                                            required("victims", &Restart::victims),
                                            required("due", &Restart::due));

template <>
inline constexpr auto shape<supervision::ItemList> =
    part(required("artifact", &supervision::ItemList::artifact),
         required("bytes", &supervision::ItemList::bytes),
         required("count", &supervision::ItemList::count));

template <>
inline constexpr auto shape<GroupState> = part(
    optional("expanded", &GroupState::expanded), optional("items", &GroupState::items),
    optional("list", &GroupState::list), optional("next", &GroupState::next),
    optional("chosen", &GroupState::chosen), optional("active", &GroupState::active),
    optional("failures", &GroupState::failures), optional("restarts", &GroupState::restarts),
    optional("restarted", &GroupState::restarted), optional("retries", &GroupState::retries),
    optional("streak", &GroupState::streak), optional("last_restart", &GroupState::last_restart));

template <>
inline constexpr auto shape<PendingApproval> = part(required("subject", &PendingApproval::subject),
                                                    required("digest", &PendingApproval::digest),
                                                    required("expires_at",
                                                             &PendingApproval::expires_at));

template <>
inline constexpr auto shape<supervision::ChildRun> =
    part(required("run", &supervision::ChildRun::run), required("job", &supervision::ChildRun::job),
         required("append", &supervision::ChildRun::append),
         required("plan", &supervision::ChildRun::plan),
         optional("inputs", &supervision::ChildRun::inputs));

inline constexpr auto ledger_entries = [](auto& step) -> auto& { return step.ledger.entries(); };

template <>
inline constexpr auto shape<StepState> =
    part(required("path", &StepState::path), optional("parent", &StepState::parent),
         optional("undoes", &StepState::undoes), optional("instance", &StepState::instance),
         required("phase", &StepState::phase), optional("iteration", &StepState::iteration),
         optional("tries", &StepState::tries), optional("resumes", &StepState::resumes),
         optional("fallback", &StepState::fallback), optional("attempts", &StepState::attempts),
         optional("ledger", ledger_entries), optional("retry_at", &StepState::retry_at),
         optional("started_at", &StepState::started_at),
         optional("finished_at", &StepState::finished_at), optional("due", &StepState::due),
         optional("approval", &StepState::approval), optional("child", &StepState::child),
         optional("completed_order", &StepState::completed_order),
         optional("kept", &StepState::kept), optional("undone", &StepState::undone),
         optional("stop", &StepState::stop), optional("output", &StepState::output),
         optional("error", &StepState::error), optional("progress", &StepState::progress),
         optional("progress_at", &StepState::progress_at), optional("group", &StepState::group));

template <>
inline constexpr auto shape<Signal> = part(required("id", &Signal::id),
                                           required("name", &Signal::name),
                                           optional("body", &Signal::body),
                                           required("at", &Signal::at),
                                           optional("taken", &Signal::taken));

template <>
inline constexpr auto shape<supervision::RunState> =
    part(required("created", &supervision::RunState::created),
         required("created_at", &supervision::RunState::created_at),
         optional("started_at", &supervision::RunState::started_at),
         optional("finished_at", &supervision::RunState::finished_at),
         optional("epoch", &supervision::RunState::epoch),
         optional("owner_node", &supervision::RunState::owner_node),
         required("owner", &supervision::RunState::owner),
         required("next_seq", &supervision::RunState::next_seq),
         optional("attempts_made", &supervision::RunState::attempts_made),
         optional("completions", &supervision::RunState::completions),
         optional("signals", &supervision::RunState::signals),
         optional("cancel_reason", &supervision::RunState::cancel_reason),
         optional("killed", &supervision::RunState::killed),
         optional("paused", &supervision::RunState::paused),
         optional("undoing", &supervision::RunState::undoing),
         optional("undo_failure", &supervision::RunState::undo_failure),
         optional("finished", &supervision::RunState::finished));

// A member that is added has to be saved too, or to follow from the bundle.
namespace detail {
static_assert(complete<Attempt> && complete<LedgerEntry> && complete<Restart> &&
              complete<supervision::ItemList> && complete<GroupState> &&
              complete<PendingApproval> && complete<supervision::ChildRun> && complete<Signal>);
// node, children, needs, dependants, undo and read_items
static_assert(count_members<StepState>() == field_count<StepState> + 6);
// id, bundle, steps, by_path and by_attempt
static_assert(count_members<supervision::RunState>() == field_count<supervision::RunState> + 5);
} // namespace detail

} // namespace troupe::message
