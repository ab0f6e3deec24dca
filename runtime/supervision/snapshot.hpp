// A run's state kept beside its journal, so that a fold begins there instead of at the first
// append.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// Of what encode_state writes. It moves when the fold or a member of the state changes: a snapshot
/// of another format is left aside, and the run is folded from its first append.
inline constexpr std::uint32_t snapshot_format = 4;

/// The state as JSON, without what follows from the bundle. Takes time in proportion to the state.
std::string encode_state(const RunState& state);

/// What encode_state was given. Nothing: the text is not of this format, or not of this plan.
std::optional<RunState> decode_state(RunId run,
                                     std::shared_ptr<const config::UnpackedBundle> bundle,
                                     std::string_view body);

/// What is kept once the append `last`, the state's newest, is durable.
ports::Snapshot make_snapshot(const RunState& state, AppendId last);
/// The state that was kept. Nothing: it is of another format, of another plan, or not where it
/// says.
std::optional<RunState> restore(RunId run, std::shared_ptr<const config::UnpackedBundle> bundle,
                                const ports::Snapshot& snapshot);

/// Whether to keep the state, when it was last kept before the append `kept_before`: each `rows`
/// appends, and no more often than the run has steps, so that keeping costs each append no more
/// than a share.
bool snapshot_due(const RunState& state, Seq kept_before, Seq rows);

} // namespace troupe::supervision
