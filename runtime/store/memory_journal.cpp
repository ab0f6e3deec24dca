// The journal of the database in memory.
#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/store/memory_database.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using ports::AppendOutcome;
using ports::RunState;

AppendOutcome MemoryDatabase::append(const ports::Append& append, AppendChecks checks) {
  const std::lock_guard lock{mutex_};
  auto& rows = journal_[append.run];
  if (const auto row = rows.find(append.seq); row != rows.end())
    return row->second.id == append.id ? AppendOutcome::durable : AppendOutcome::ownership_lost;
  if (checks.owner_stands && !may_write(append.owner)) return AppendOutcome::ownership_lost;

  const auto found = runs_.find(append.run);
  Run* run = found == runs_.end() ? nullptr : &found->second;
  const auto taken_now = [&](const InboxEntry& entry) {
    return std::ranges::find(append.inbox_applied, entry.row.id) != append.inbox_applied.end();
  };
  if (append.end) {
    if (!run || run->row.state != RunState::running) return AppendOutcome::ownership_lost;
    if (checks.inbox_first && std::ranges::any_of(run->inbox, [&](const auto& entry) {
          return !entry.taken && !taken_now(entry);
        }))
      return AppendOutcome::inbox_waiting;
  }
  rows[append.seq] = {append.seq, append.id, append.at, storable(append.body)};
  if (!run) return AppendOutcome::durable;
  if (checks.takes_inbox_rows)
    for (auto& entry : run->inbox) entry.taken = entry.taken || taken_now(entry);
  if (append.end) end(*run, *append.end, append.at);
  return AppendOutcome::durable;
}

void MemoryDatabase::end(Run& run, const ports::RunEnd& end, Instant at) {
  wake(run);
  open_jobs_.give_back(run.row.lane);
  run.row.state = end.state;
  run.row.reason = storable(end.reason);
  run.row.finished_at = at;
  run.row.owner.reset();
  run.inbox.clear();
  incidents_.erase(run.group);
  auto& job = jobs_.at(run.row.job).row;
  if (job.runs.front() != run.row.id) return; // a newer run speaks for the job
  job.state = end.state;
  job.reason = run.row.reason;
  job.finished_at = at;
}

std::vector<ports::JournalRow> MemoryDatabase::rows_of(RunId run, Seq from,
                                                       std::size_t limit) const {
  std::vector<ports::JournalRow> rows;
  const auto journal = journal_.find(run);
  if (journal == journal_.end()) return rows;
  std::size_t bytes = 0;
  for (auto row = journal->second.lower_bound(from);
       row != journal->second.end() && rows.size() < limit &&
       bytes < limits::journal_page_bytes_max;
       ++row) {
    rows.push_back(row->second);
    bytes += row->second.body.size();
  }
  return rows;
}

std::vector<ports::JournalRow> MemoryDatabase::read(RunId run, Seq from, std::size_t limit) {
  const std::lock_guard lock{mutex_};
  return rows_of(run, from, limit);
}

ports::FoldPage MemoryDatabase::read_fold(RunId run) {
  const std::lock_guard lock{mutex_};
  ports::FoldPage page;
  Seq from = 0;
  if (const auto kept = snapshots_.find(run); kept != snapshots_.end()) {
    const auto named = rows_of(run, kept->second.seq, 1);
    if (!named.empty() && named[0].seq == kept->second.seq && named[0].id == kept->second.append) {
      page.snapshot = kept->second;
      from = kept->second.seq + 1;
    }
  }
  page.rows = rows_of(run, from, limits::journal_page_rows);
  const auto& journal = journal_[run];
  page.more = !page.rows.empty() && page.rows.back().seq < journal.rbegin()->first;
  return page;
}

void MemoryDatabase::put_snapshot(RunId id, IncarnationId owner, const ports::Snapshot& snapshot) {
  const std::lock_guard lock{mutex_};
  const auto run = runs_.find(id);
  if (run == runs_.end() || run->second.row.owner != owner) return;
  const auto kept = snapshots_.find(id);
  if (kept == snapshots_.end() || kept->second.seq < snapshot.seq) snapshots_[id] = snapshot;
}

} // namespace troupe::store
