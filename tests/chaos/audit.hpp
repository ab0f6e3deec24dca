// What happened, read from outside: the journal in Postgres, the ledger's file, and what the
// harness itself did. The engine is never asked whether it was right. Pure.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/message/agent_message.hpp"
#include "tests/chaos/faults.hpp"

namespace troupe::chaos {

/// The key that a call has in the ledger; the same for every repeat of it.
std::string ledger_key(const std::string& run, const std::string& step, std::uint32_t iteration,
                       const message::ActivityKey& key);

struct LedgerLine {
  std::string tool, entry, key;
  Instant at;
};
/// The whole lines of a ledger's file.
std::vector<LedgerLine> read_ledger(const std::string& text);

struct JournalLine {
  Instant at;
  std::string body;
};
struct RunRecord {
  std::string id, plan, expected; // expected: the state it should end in
  std::string state;              // empty: it is not there
  std::vector<JournalLine> journal;
};

/// A fault as it was carried out.
struct Struck {
  Fault fault;
  Instant at, mended;
  std::vector<std::string> owned; // a killed owner's runs, as Postgres told right afterwards
};

inline constexpr Millis owner_recovery_most{5'000}; // p99, killed to run adopted
inline constexpr Millis agent_recovery_most{2'000}; // p99, killed to step dispatched again

struct Findings {
  unsigned runs = 0, finished = 0, lost = 0;
  unsigned steps_completed = 0, steps_repeated = 0;
  unsigned effects = 0, effects_repeated = 0; // keyed and once
  unsigned unknown_outcomes = 0, resolved = 0;
  unsigned idempotent_again = 0; // which they may
  std::vector<Millis> owner_recoveries, agent_recoveries;
  /// Of those that another fault reached into; they count for nothing.
  std::vector<Millis> disturbed_recoveries;
  std::vector<std::string> slow;   // recoveries beyond the bound of the p99, for whoever looks why
  std::vector<std::string> faults; // everything that is not as it should be, one line each
};

Findings audit(const std::vector<RunRecord>& runs, const std::vector<LedgerLine>& ledger,
               const std::vector<Struck>& struck);

/// The smallest value that at least 99 of 100 do not exceed. Empty: nothing.
std::optional<Millis> p99(std::vector<Millis> values);

} // namespace troupe::chaos
