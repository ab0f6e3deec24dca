// Port: the journal, append-only (DURABILITY.md, "The journal"). Postgres and memory, one
// conformance suite.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

enum class RunState : std::uint8_t { running, completed, failed, cancelled, needs_person };

std::string_view to_string(RunState state);                     // "needs_person"
std::optional<RunState> parse_run_state(std::string_view name); // nothing for an unknown word

/// What the runs and jobs rows get in the same statement when a decision ends the run.
struct RunEnd {
  RunState state = RunState::completed;
  std::string reason; // one line for lists; empty when completed
};

/// All the events of one decision. Key: (run, seq).
struct Append {
  RunId run;
  Seq seq = 0;
  AppendId id;
  IncarnationId owner; // who appends: the guard lets it through only while it is not fenced
  Instant at{};
  std::string body; // JSON text (runtime/supervision/event.hpp has the format)
  std::vector<std::string>
      inbox_applied; // ids of inbox rows that this decision took; gone from the inbox with it
  std::optional<RunEnd> end;
};

enum class AppendOutcome : std::uint8_t {
  durable,        // perform the effects
  ownership_lost, // nothing written: fenced, or the key is another's. Drop the run and release it
  /// Nothing written, only for an append with an `end`: the inbox holds rows that the decision has
  /// not taken. Read it and decide again, under the same seq with a new append id.
  inbox_waiting,
};

struct JournalRow {
  Seq seq = 0;
  AppendId id;
  Instant at{};
  std::string body;
};

/// A run's state after one of its appends, kept beside the journal and never trusted over it.
struct Snapshot {
  Seq seq = 0;
  AppendId append;          // that stands at `seq`
  std::uint32_t format = 0; // of the body; the writer's
  std::string body;
};

/// Where a fold begins.
struct FoldPage {
  std::optional<Snapshot> snapshot; // the last one, if it names what the journal holds at its seq
  std::vector<JournalRow> rows;     // behind the snapshot, or from seq 0
  bool more = false;                // go on with read
};

class Journal {
 public:
  using AppendDone = std::function<void(AppendOutcome)>;
  using ReadDone = std::function<void(Result<std::vector<JournalRow>>)>;
  using FoldDone = std::function<void(Result<FoldPage>)>;

  virtual ~Journal() = default;

  /// Never blocks; `done` runs exactly once, on the journal's thread, when the outcome is *known*:
  /// through a lost connection it is found out by reading the key back, however long that takes. A
  /// run has at most one append in flight. Appends queued at the same moment share one statement.
  /// Nothing is refused here: what can be queued is one append of each run that is owned. When the
  /// store is destroyed, `done`s still waiting are dropped without a call. Bytes of `body` that are
  /// not UTF-8, and NUL, are stored as U+FFFD.
  virtual void append(Append append, AppendDone done) = 0;

  /// Rows with seq >= `from`, in order: at most `limit`, and no further one once they hold
  /// limits::journal_page_bytes_max. An empty page is the end. `done` runs exactly once, on a
  /// thread of the store. internal: it cannot be reached.
  virtual void read(RunId run, Seq from, std::size_t limit, ReadDone done) = 0;

  /// The first page of a fold, of limits::journal_page_rows at most. Folds asked for at the same
  /// moment are read together. Errors as of read.
  virtual void read_fold(RunId run, FoldDone done) = 0;

  /// Keeps a snapshot in place of an older one, if `owner` still owns the run. Apart from appends:
  /// it may come late, or not at all. Errors as of read; no_capacity: too many calls wait.
  virtual void put_snapshot(RunId run, IncarnationId owner, Snapshot snapshot,
                            std::function<void(Result<>)> done) = 0;

  /// Appends queued and not yet answered. Thread-safe.
  virtual std::size_t depth() const = 0;
};

} // namespace troupe::ports
