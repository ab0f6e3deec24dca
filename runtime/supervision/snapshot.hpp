// A run's state kept beside its journal, so that a fold begins there instead of at the first
// append.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "runtime/limits.hpp"
#include "runtime/supervision/run_state.hpp"

namespace troupe::supervision {

/// How a state becomes text and comes back. Without functions there are no snapshots.
struct SnapshotCodec {
  std::uint32_t format = 0; // moves when `decode` of an older program would be wrong
  std::function<std::string(const RunState&)> encode;
  /// Nothing: it cannot be read; the run is folded from its first append on.
  std::function<std::optional<RunState>(RunId, std::shared_ptr<const config::UnpackedBundle>,
                                        const std::string& body)>
      decode;
};

/// Whether the state is kept once the append `seq` is durable: each limits::snapshot_rows appends.
constexpr bool snapshot_due(Seq seq) { return (seq + 1) % limits::snapshot_rows == 0; }

} // namespace troupe::supervision
