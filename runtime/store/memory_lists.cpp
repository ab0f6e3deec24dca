// The part of MemoryDatabase that shows: lists, single rows, documents.
#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/store/memory_database.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

namespace {

bool has_labels(const Labels& labels, const Labels& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

} // namespace

std::vector<ports::JobRow> MemoryDatabase::list_jobs(const ports::JobFilter& filter) {
  const std::lock_guard lock{mutex_};
  std::vector<ports::JobRow> rows;
  const std::size_t limit = std::min<std::size_t>(filter.limit, limits::list_rows_max);
  auto at = filter.before ? jobs_.lower_bound(*filter.before) : jobs_.end();
  while (at != jobs_.begin() && rows.size() < limit) {
    const auto& job = (--at)->second.row;
    if (!filter.team.empty() && job.team != filter.team) continue;
    if (filter.state && job.state != *filter.state) continue;
    if (!has_labels(job.labels, filter.labels)) continue;
    rows.push_back(job);
  }
  return rows;
}

std::optional<ports::JobRow> MemoryDatabase::get_job(JobId id) {
  const std::lock_guard lock{mutex_};
  const auto job = jobs_.find(id);
  if (job == jobs_.end()) return std::nullopt;
  return job->second.row;
}

ports::RunRow MemoryDatabase::shown(const Run& run) const {
  auto row = run.row;
  row.labels = jobs_.at(row.job).row.labels;
  if (row.owner) row.owner_node = nodes_.at(*row.owner).name;
  return row;
}

std::vector<ports::RunRow> MemoryDatabase::list_runs(const ports::JobFilter& filter) {
  const std::lock_guard lock{mutex_};
  std::vector<ports::RunRow> rows;
  const std::size_t limit = std::min<std::size_t>(filter.limit, limits::list_rows_max);
  for (auto at = runs_.rbegin(); at != runs_.rend() && rows.size() < limit; ++at) {
    const auto& run = at->second;
    if (!filter.team.empty() && run.row.lane.team != filter.team) continue;
    if (filter.state && run.row.state != *filter.state) continue;
    if (!has_labels(jobs_.at(run.row.job).row.labels, filter.labels)) continue;
    rows.push_back(shown(run));
  }
  return rows;
}

std::vector<ports::RunRow> MemoryDatabase::asking_runs(std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<ports::RunRow> rows;
  const auto asks = [&](RunId id) {
    const auto journal = journal_.find(id);
    return journal != journal_.end() && std::ranges::any_of(journal->second, [](const auto& row) {
             return row.second.body.find(R"("type":"approval.requested")") != std::string::npos;
           });
  };
  limit = std::min(limit, limits::list_rows_max);
  for (auto at = runs_.rbegin(); at != runs_.rend() && rows.size() < limit; ++at)
    if (at->second.row.state == ports::RunState::running && asks(at->first))
      rows.push_back(shown(at->second));
  return rows;
}

std::optional<ports::RunRow> MemoryDatabase::get_run(RunId id) {
  const std::lock_guard lock{mutex_};
  const auto run = runs_.find(id);
  if (run == runs_.end()) return std::nullopt;
  return shown(run->second);
}

void MemoryDatabase::put_document(const std::string& hash, const std::string& body) {
  const std::lock_guard lock{mutex_};
  documents_.try_emplace(hash, body);
}

Result<std::string> MemoryDatabase::get_document(const std::string& hash) {
  const std::lock_guard lock{mutex_};
  const auto found = documents_.find(hash);
  if (found == documents_.end()) return no_such_document(hash);
  return found->second;
}

} // namespace troupe::store
