// The bounds of artifacts: a page of its own, because nearly everything is compiled anew when
// limits.hpp changes.
#pragma once
#include "runtime/limits.hpp"

namespace troupe::limits {

// Stored in pieces, of which one at a time is in memory and in a statement. A larger artifact, or
// one artifact more of a run, is refused with budget_exceeded.
inline constexpr std::size_t artifact_piece_bytes = 1024 * 1024;
inline constexpr std::uint64_t artifact_bytes_max = 256 * 1024 * 1024;
inline constexpr std::size_t run_artifacts_max = 20'000;
inline constexpr std::uint64_t run_artifact_bytes_max = 4ULL * 1024 * 1024 * 1024;
static_assert(artifact_bytes_max <= run_artifact_bytes_max);

// Over HTTP a larger one comes in parts, each the body of a request: whole pieces, but the last.
inline constexpr std::size_t artifact_part_bytes_max = http_body_bytes_max;
static_assert(artifact_part_bytes_max % artifact_piece_bytes == 0);

inline constexpr auto artifact_upload_idle_max = 24h; // then what has come of it is dropped
inline constexpr std::size_t artifact_pieces_dropped_max = 64; // in one batch of retention
inline constexpr auto artifact_check_timeout = 60s; // of the call that checks a whole one's hash

// Of executors. A larger result of a tool or a step is an error of it; what fits no message is put,
// and a reference stands in its place. A node that does not answer is passed over for so long.
inline constexpr std::size_t large_result_bytes_max = 16 * 1024 * 1024;
inline constexpr std::size_t workspace_artifact_bytes_max = 16 * 1024 * 1024; // to and from a file
inline constexpr auto artifact_patience = 10s;

// Of a foreach. What it goes over, and the outputs that it collects, are an artifact above
// payload_bytes_max; a list that is larger or longer than this fails it.
inline constexpr std::size_t foreach_list_bytes_max = large_result_bytes_max;
inline constexpr std::size_t foreach_items_max = 100'000; // of a list that is an artifact
static_assert(payload_bytes_max < foreach_list_bytes_max);
static_assert(foreach_list_bytes_max <= artifact_bytes_max);

// A token is good while its attempt runs, and in no case longer than this or the attempt's timeout.
inline constexpr auto artifact_token_time = 24h;
// Whether the attempt runs is asked of its journal no more often, per attempt.
inline constexpr auto artifact_attempt_check = 1s;

} // namespace troupe::limits
