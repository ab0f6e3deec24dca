#include "runtime/supervision/activity_ledger.hpp"

#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/result.hpp"

namespace troupe::supervision {
namespace {

std::string name_of(const message::ActivityKey& key) {
  return key.tool + " #" + std::to_string(key.ordinal);
}

/// A grant that somebody else holds and has not settled.
ReserveVerdict judge_rival(const LedgerEntry& entry, bool is_over) {
  if (!is_over) return Wait{};
  if (entry.effect == "once") return DeclareUnknown{};
  return Grant{}; // idempotent and keyed calls repeat under the same key
}

/// Its attempt was cancelled, and it with it: no answer for another attempt.
bool was_stopped(const message::ActivityOutcome& outcome) {
  return outcome.error && outcome.error->error_class == ErrorClass::cancelled;
}

ReserveVerdict judge_settled(const ReserveRequest& request, const LedgerEntry& entry) {
  if (!entry.outcome.error || entry.attempt == request.attempt)
    return AnswerRecorded{entry.outcome};
  const bool once = entry.effect == "once";
  if (was_stopped(entry.outcome)) {
    if (once) return DeclareUnknown{}; // it may have been in the middle
    return Grant{};
  }
  if (request.resumed) return AnswerRecorded{entry.outcome};
  if (!once) return Grant{}; // a retry runs failed calls afresh
  return Refuse{make_error(ErrorClass::effect_conflict,
                           name_of(entry.key) +
                               " failed in an earlier attempt and acts at most once; "
                               "whether it did anything is not known: a person must decide")};
}

} // namespace

std::string_view to_string(LedgerEntry::State state) {
  constexpr std::string_view names[] = {"recorded", "reserved", "settled", "unknown"};
  return names[static_cast<std::size_t>(state)];
}

ReserveVerdict ActivityLedger::judge(const ReserveRequest& request, const LedgerEntry* entry,
                                     bool is_over) {
  if (entry == nullptr || entry->state == LedgerEntry::State::recorded) return Grant{};
  if (entry->digest != request.reserve.digest)
    return Refuse{
        make_error(ErrorClass::effect_conflict,
                   name_of(entry->key) + " was already " +
                       (entry->state == LedgerEntry::State::settled ? "done" : "reserved") +
                       " with other arguments: " + entry->arguments.text)};
  switch (entry->state) {
    case LedgerEntry::State::settled: return judge_settled(request, *entry);
    case LedgerEntry::State::unknown:
      if (!entry->reconcile.empty()) return Wait{};
      return Refuse{
          make_error(ErrorClass::outcome_unknown,
                     name_of(entry->key) + " was granted and its outcome cannot be learnt")};
    default: break;
  }
  const bool same_executor = entry->executor == request.reserve.executor;
  if (same_executor && entry->nonce == request.reserve.nonce) return GrantAgain{};
  // Nonces of one executor rise: this reserve was overtaken by a later one.
  if (same_executor && request.reserve.nonce < entry->nonce) return Wait{};
  // A new nonce of the same attempt says: I did not act under the old one and never shall.
  if (same_executor && entry->attempt == request.attempt) return Grant{};
  return judge_rival(*entry, is_over);
}

void ActivityLedger::record(LedgerEntry entry) {
  const auto same = [&](const LedgerEntry& e) {
    return e.iteration == entry.iteration && e.key == entry.key;
  };
  const auto known = std::find_if(entries_.begin(), entries_.end(), same);
  if (known == entries_.end())
    entries_.push_back(std::move(entry));
  else
    *known = std::move(entry);
}

const LedgerEntry* ActivityLedger::find(std::uint32_t iteration,
                                        const message::ActivityKey& key) const {
  for (const auto& entry : entries_)
    if (entry.iteration == iteration && entry.key == key) return &entry;
  return nullptr;
}

void ActivityLedger::forget(std::uint32_t iteration, const message::ActivityKey& key) {
  std::erase_if(entries_, [&](const LedgerEntry& entry) {
    return entry.iteration == iteration && entry.key == key;
  });
}

LedgerEntry* ActivityLedger::find_grant(const message::ActivityKey& key, NonceId nonce) {
  for (auto& entry : entries_)
    if (entry.key == key && entry.nonce == nonce) return &entry;
  return nullptr;
}

std::vector<message::RecordedActivity> ActivityLedger::replay(std::uint32_t iteration,
                                                              bool resumed) const {
  std::vector<message::RecordedActivity> out;
  for (const auto& entry : entries_) {
    const bool known =
        entry.state == LedgerEntry::State::recorded || entry.state == LedgerEntry::State::settled;
    const bool effect = entry.state == LedgerEntry::State::settled;
    const bool wanted =
        resumed ? known && !was_stopped(entry.outcome) : effect && !entry.outcome.error;
    if (entry.iteration == iteration && wanted)
      out.push_back({entry.key, entry.digest, entry.arguments, entry.outcome, entry.duration_ms});
  }
  return out;
}

} // namespace troupe::supervision
