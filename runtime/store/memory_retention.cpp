// The part of MemoryDatabase that forgets. Its archive is a mark: nothing has to be made smaller.
#include <algorithm>
#include <set>

#include "runtime/store/memory_database.hpp"

namespace troupe::store {

using namespace ports;

void MemoryDatabase::purge(JobId id) {
  const auto& job = jobs_.at(id).row;
  for (const auto run : job.runs) {
    runs_.erase(run);
    journal_.erase(run);
    snapshots_.erase(run);
  }
  keys_.erase({job.team, job.idempotency_key});
  std::erase_if(alerts_, [&](const auto& alert) { return alert.second.job == id; });
  jobs_.erase(id);
}

RetentionReport MemoryDatabase::retain(const std::vector<RetentionRule>& rules, Instant now,
                                       std::uint32_t limit) {
  const std::lock_guard lock{mutex_};
  RetentionReport report;
  const auto rule_of = [&](const std::string& team) {
    const auto own = std::ranges::find(rules, team, &RetentionRule::team);
    return own != rules.end() ? own : std::ranges::find(rules, "", &RetentionRule::team);
  };
  std::map<std::string, std::uint32_t> archived, purged; // by team
  for (auto& [id, run] : runs_) {
    const auto rule = rule_of(run.row.lane.team);
    if (rule == rules.end() || run.row.archived || !run.row.finished_at) continue;
    if (*run.row.finished_at >= now - rule->archive_after || archived[run.row.lane.team] == limit)
      continue;
    run.row.archived = true;
    snapshots_.erase(id);
    ++archived[run.row.lane.team];
  }
  std::vector<JobId> due;
  for (const auto& [id, job] : jobs_) {
    const auto rule = rule_of(job.row.team);
    if (rule == rules.end() || !rule->purge_after || !job.row.finished_at) continue;
    if (*job.row.finished_at >= now - *rule->purge_after || purged[job.row.team] == limit) continue;
    due.push_back(id);
    ++purged[job.row.team];
  }
  for (const auto id : due) purge(id);
  for (const auto& [team, count] : archived) report.archived += count;
  for (const auto* counts : {&archived, &purged})
    for (const auto& [team, count] : *counts) report.more = report.more || count == limit;
  report.purged = static_cast<std::uint32_t>(due.size());
  report.artifacts_dropped = drop_artifacts(now, limit);
  report.more = report.more || report.artifacts_dropped == limit;
  return report;
}

} // namespace troupe::store
