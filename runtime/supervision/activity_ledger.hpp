// What a step did to the world, by activity: at once replay log and effect ledger (DURABILITY.md,
// "Activities").
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/message/agent_message.hpp"

namespace troupe::supervision {

struct LedgerEntry {
  enum class State : std::uint8_t { recorded, reserved, settled, unknown };

  std::uint32_t iteration = 0;
  message::ActivityKey key;
  State state = State::recorded;
  std::string digest;
  JsonText arguments;
  std::string effect, risk; // empty for pure
  AttemptNumber attempt = 0;
  NonceId nonce;
  IncarnationId executor;
  std::string reconcile; // who is asked whether it happened, before a person is
  message::ActivityOutcome outcome;
  std::uint32_t duration_ms = 0;
  Instant at{}; // recorded, reserved or settled
};
std::string_view to_string(LedgerEntry::State state);

/// Who asks to act, and what the owner knows of whoever was granted the same key before.
struct ReserveRequest {
  std::uint32_t iteration = 0;
  AttemptNumber attempt = 0;
  bool resumed = false; // the attempt replays everything recorded
  message::ActivityReserve reserve;
};

/// The owner's answer to a reserve.
struct Grant {};        // append ActivityReserved, then grant
struct GrantAgain {};   // already reserved under this nonce: grant, nothing to append
struct AnswerRecorded { // the result is in the journal
  message::ActivityOutcome outcome;
};
struct Wait {}; // the earlier grant may still act, or its tool is being asked what became of it: no
                // answer, the executor repeats its reserve
struct DeclareUnknown {}; // append ActivityUnknown, then refuse with outcome_unknown
struct Refuse {
  Error error;
};
using ReserveVerdict =
    std::variant<Grant, GrantAgain, AnswerRecorded, Wait, DeclareUnknown, Refuse>;

class ActivityLedger {
 public:
  /// `is_over` tells of an entry that is reserved whether nobody can act under its grant any more:
  /// its period and a margin are over, and its executor is known to be gone (no heartbeat for the
  /// lease period, or replaced).
  template <class IsOver>
  ReserveVerdict on_reserve(const ReserveRequest& request, IsOver is_over) const {
    const LedgerEntry* entry = find(request.iteration, request.reserve.key);
    return judge(request, entry, entry != nullptr && is_over(*entry));
  }

  void record(LedgerEntry entry); // replaces the entry of the same iteration and key
  const LedgerEntry* find(std::uint32_t iteration, const message::ActivityKey& key) const;
  void forget(std::uint32_t iteration, const message::ActivityKey& key); // it never happened
  LedgerEntry* find_grant(const message::ActivityKey& key, NonceId nonce);

  /// What the next attempt of `iteration` gets: everything when it resumes, successful effects when
  /// it retries.
  std::vector<message::RecordedActivity> replay(std::uint32_t iteration, bool resumed) const;

  const std::vector<LedgerEntry>& entries() const { return entries_; }
  std::vector<LedgerEntry>& entries() { return entries_; } // for whoever restores it

 private:
  static ReserveVerdict judge(const ReserveRequest& request, const LedgerEntry* entry,
                              bool is_over);
  std::vector<LedgerEntry> entries_;
};

} // namespace troupe::supervision
