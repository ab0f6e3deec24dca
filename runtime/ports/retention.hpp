// Port: what becomes of finished runs. Postgres and memory, one conformance suite.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

/// How long what a team's jobs left is kept. Both count from the end; the second is the longer one.
struct RetentionRule {
  std::string team; // empty: every team that no other rule names
  /// Then a run's journal moves to the archive: compressed, and read as before.
  Millis archive_after{0};
  /// Then the job is deleted with its runs, their archive and its alerts; its idempotency key may
  /// be used again. Nothing: never.
  std::optional<Millis> purge_after;
};

struct RetentionReport {
  std::uint32_t archived = 0;          // runs
  std::uint32_t purged = 0;            // jobs
  std::uint32_t artifacts_dropped = 0; // that no run referred to any more
  bool more = false;                   // a batch was full: call again soon
};

class Retention {
 public:
  virtual ~Retention() = default;

  /// One batch, small enough to block nobody: at most `limit` runs and `limit` jobs of each team;
  /// what somebody else holds is left for later. Does nothing while another node is at it. Never
  /// blocks; `done` runs exactly once, on a thread of the store. internal: it cannot be reached.
  virtual void retain(std::vector<RetentionRule> rules, Instant now, std::uint32_t limit,
                      std::function<void(Result<RetentionReport>)> done) = 0;
};

} // namespace troupe::ports
