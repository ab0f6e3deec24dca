#include "runtime/store/memory_database.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "runtime/limits.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using ports::AppendOutcome;
using ports::RunState;

// ---- jobs

void MemoryDatabase::insert(const ports::NewJob& job) {
  Job row;
  row.row = {job.id,       job.team,          job.title, job.source, job.idempotency_key,
             job.priority, RunState::running, "",        job.at,     std::nullopt,
             job.inputs,   {job.run},         job.labels};
  row.digest = job.request_digest;
  if (job.parent)
    if (const auto parent = runs_.find(*job.parent); parent != runs_.end())
      row.row.labels.merge(Labels{jobs_.at(parent->second.row.job).row.labels});
  jobs_[job.id] = std::move(row);
  if (!job.idempotency_key.empty()) keys_[{job.team, job.idempotency_key}] = job.id;
  Run run;
  run.row.id = job.run;
  run.row.job = job.id;
  run.row.bundle = job.bundle;
  run.row.created_at = job.at;
  run.row.lane = job.lane();
  runs_[job.run] = std::move(run);
  journal_[job.run][0] = {0, job.append, job.at, job.body};
  if (job.parent) refer_locked(job.run, *job.parent, job.body, job.at);
  open_jobs_.take(job.lane());
}

Result<ports::Submitted> MemoryDatabase::submit(const ports::NewJob& job) {
  const std::lock_guard lock{mutex_};
  if (jobs_.contains(job.id))
    return ports::Submitted{job.id, job.run, false,
                            job.owner && runs_.at(job.run).row.owner == job.owner};
  if (const auto known = keys_.find({job.team, job.idempotency_key}); known != keys_.end()) {
    const auto& first = jobs_.at(known->second);
    if (first.digest != job.request_digest) return key_is_taken(job.idempotency_key);
    return ports::Submitted{first.row.id, first.row.runs.back(), true};
  }
  if (!open_jobs_.has_room(job.lane())) return jobs_are_full(open_jobs_, job.lane());
  insert(job);
  const bool owned = job.owner && may_write(*job.owner);
  if (owned) runs_.at(job.run).row.owner = job.owner;
  return ports::Submitted{job.id, job.run, false, owned};
}

Result<bool> MemoryDatabase::add_run(const ports::NewRun& run) {
  const std::lock_guard lock{mutex_};
  if (runs_.contains(run.id)) return false;
  const auto found = jobs_.find(run.job);
  if (found == jobs_.end()) return no_such_job(run.job);
  auto& job = found->second.row;
  Run row;
  row.row.id = run.id;
  row.row.job = run.job;
  row.row.bundle = run.bundle;
  row.row.created_at = run.at;
  row.row.lane = {job.priority, job.team};
  open_jobs_.take(row.row.lane);
  runs_[run.id] = std::move(row);
  journal_[run.id][0] = {0, run.append, run.at, run.body};
  for (const auto known : job.runs) refer_locked(run.id, known, run.body, run.at);
  job.runs.push_back(run.id);
  std::ranges::sort(job.runs, std::greater{}); // newest first
  job.state = RunState::running;
  job.reason.clear();
  job.finished_at.reset();
  return true;
}

std::vector<std::string> MemoryDatabase::record(const ports::AlertBatch& batch,
                                                const std::string& group) {
  std::vector<std::string> fresh;
  for (const auto& event : batch.events) {
    const auto id = alert_identity(batch, event);
    if (alerts_.try_emplace(id, Alert{event, group, std::nullopt, alerts_.size()}).second)
      fresh.push_back(id);
  }
  return fresh;
}

Result<> MemoryDatabase::start_incident(const ports::AlertBatch& batch, const std::string& group) {
  const auto& job = *batch.job_if_needed;
  if (!open_jobs_.has_room(job.lane())) return jobs_are_full(open_jobs_, job.lane());
  if (keys_.contains({job.team, job.idempotency_key})) return key_is_taken(job.idempotency_key);
  insert(job);
  runs_.at(job.run).group = group;
  incidents_[group] = job.run;
  return {};
}

std::optional<JobId> MemoryDatabase::last_firing(const std::string& group,
                                                 const std::string& fingerprint) const {
  const Alert* last = nullptr;
  for (const auto& [id, alert] : alerts_)
    if (alert.job && alert.group == group && alert.event.fingerprint == fingerprint &&
        alert.event.status == "firing" && (!last || alert.place > last->place))
      last = &alert;
  return last ? last->job : std::nullopt;
}

Result<ports::AlertReceipt> MemoryDatabase::accept_alerts(const ports::AlertBatch& batch) {
  const std::lock_guard lock{mutex_};
  const auto group = identity({batch.receiver, batch.group_key});
  const auto fresh = record(batch, group);
  ports::AlertReceipt receipt;
  receipt.accepted = static_cast<std::uint32_t>(fresh.size());
  receipt.duplicates = static_cast<std::uint32_t>(batch.events.size() - fresh.size());

  const auto open = incidents_.find(group);
  const bool fires = std::ranges::any_of(
      fresh, [&](const auto& id) { return alerts_.at(id).event.status == "firing"; });
  if (open != incidents_.end()) {
    auto& run = runs_.at(open->second);
    for (const auto& id : fresh) {
      const auto& event = alerts_.at(id).event;
      put(run, {signal_id(id), "signal", JsonText{signal_body(event)}, batch.at});
      alerts_.at(id).job = run.row.job;
    }
    if (!fresh.empty()) receipt.signalled = {run.row.id};
    if (batch.job_if_needed && batch.job_if_needed->run == run.row.id)
      receipt.started = run.row.id; // the very batch that started it, sent again
  } else if (fires && batch.job_if_needed) {
    if (auto started = start_incident(batch, group); !started) {
      for (const auto& id : fresh) alerts_.erase(id);
      return started.error();
    }
    receipt.started = batch.job_if_needed->run;
    for (const auto& id : fresh) alerts_.at(id).job = batch.job_if_needed->id;
  } else {
    for (const auto& id : fresh)
      if (auto& alert = alerts_.at(id); alert.event.status == "resolved")
        alert.job = last_firing(group, alert.event.fingerprint);
  }

  std::set<JobId> jobs;
  for (const auto& event : batch.events)
    if (const auto& job = alerts_.at(alert_identity(batch, event)).job) jobs.insert(*job);
  receipt.jobs = {jobs.begin(), jobs.end()};
  return receipt;
}

Result<bool> MemoryDatabase::post_inbox(RunId id, const ports::InboxRow& row) {
  const std::lock_guard lock{mutex_};
  const auto found = runs_.find(id);
  if (found == runs_.end()) return no_such_run(id);
  auto& run = found->second;
  if (run.row.state != RunState::running) return run_has_ended(id);
  if (std::ranges::any_of(run.inbox, [&](const auto& entry) { return entry.row.id == row.id; }))
    return false;
  put(run, row);
  return true;
}

void MemoryDatabase::put(Run& run, ports::InboxRow row) {
  row.place = ++last_place_;
  run.inbox.push_back({std::move(row), false});
  wake(run);
}

std::vector<ports::InboxRow> MemoryDatabase::read_inbox(RunId id, std::uint64_t after,
                                                        std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<ports::InboxRow> rows;
  const auto run = runs_.find(id);
  if (run == runs_.end()) return rows;
  for (const auto& entry : run->second.inbox)
    if (!entry.taken && entry.row.place > after && rows.size() < limit) rows.push_back(entry.row);
  return rows;
}

bool MemoryDatabase::has_waiting(const Run& run) {
  return std::ranges::any_of(run.inbox, [](const auto& entry) { return !entry.taken; });
}

std::vector<RunId> MemoryDatabase::inboxes_waiting(IncarnationId owner) {
  const std::lock_guard lock{mutex_};
  std::vector<RunId> ids;
  for (const auto& [id, run] : runs_)
    if (run.row.owner == owner && has_waiting(run) && ids.size() < limits::list_rows_max)
      ids.push_back(id);
  return ids;
}

bool MemoryDatabase::is_free(const Run& run) const {
  if (run.row.state != RunState::running || run.row.parked) return false;
  return !run.row.owner || !may_write(*run.row.owner);
}

std::vector<ports::RunRow> MemoryDatabase::claim(IncarnationId owner, std::size_t limit,
                                                 Instant now, const std::vector<ports::Lane>& full,
                                                 std::map<message::Priority, std::string>& after) {
  const std::lock_guard lock{mutex_};
  if (!may_write(owner)) return {};
  struct Candidate {
    int rank;         // higher priorities first
    std::size_t turn; // then every team's first, every team's second, ...
    bool served;      // of those, the teams behind the one that was served last
    Run* run;
    auto key() const { return std::tie(rank, turn, served, run->row.lane.team); }
  };
  std::map<ports::Lane, std::size_t> turns;
  std::vector<Candidate> candidates;
  for (auto& [id, run] : runs_) { // oldest first
    if (run.row.wake_at && *run.row.wake_at <= now) wake(run);
    const auto& lane = run.row.lane;
    if (!is_free(run) || std::ranges::find(full, lane) != full.end()) continue;
    const auto last = after.find(lane.priority);
    candidates.push_back({-static_cast<int>(lane.priority), turns[lane]++,
                          last != after.end() && lane.team <= last->second, &run});
  }
  std::ranges::sort(candidates, {}, &Candidate::key);
  std::vector<ports::RunRow> rows;
  for (std::size_t i = 0; i < candidates.size() && i < limit; ++i) {
    auto& run = *candidates[i].run;
    run.row.owner = owner;
    after[run.row.lane.priority] = run.row.lane.team;
    rows.push_back(shown(run));
  }
  return rows;
}

void MemoryDatabase::release(RunId id, IncarnationId owner) {
  const std::lock_guard lock{mutex_};
  const auto run = runs_.find(id);
  if (run != runs_.end() && run->second.row.owner == owner) run->second.row.owner.reset();
}

void MemoryDatabase::wake(Run& run) {
  if (run.row.parked) open_jobs_.take(run.row.lane);
  run.row.parked = false;
  run.row.wake_at.reset();
}

ports::ParkOutcome MemoryDatabase::park(RunId id, IncarnationId owner,
                                        std::optional<Instant> wake_at) {
  const std::lock_guard lock{mutex_};
  const auto found = runs_.find(id);
  if (found == runs_.end()) return ports::ParkOutcome::not_owner;
  auto& run = found->second;
  if (run.row.parked && run.row.wake_at == wake_at) return ports::ParkOutcome::parked; // once more
  if (run.row.owner != owner) return ports::ParkOutcome::not_owner;
  if (has_waiting(run)) return ports::ParkOutcome::inbox_waiting;
  run.row.owner.reset();
  run.row.parked = true;
  run.row.wake_at = wake_at;
  open_jobs_.give_back(run.row.lane);
  return ports::ParkOutcome::parked;
}

std::optional<Instant> MemoryDatabase::next_due(Instant horizon) {
  const std::lock_guard lock{mutex_};
  std::optional<Instant> first;
  for (const auto& [id, run] : runs_)
    if (const auto& at = run.row.wake_at; at && *at <= horizon && (!first || *at < *first))
      first = at;
  return first;
}

// ---- membership

bool MemoryDatabase::may_write(IncarnationId incarnation) const {
  const auto node = nodes_.find(incarnation);
  return node != nodes_.end() && !node->second.fenced;
}

Result<> MemoryDatabase::join(const ports::NodeRegistration& node) {
  const std::lock_guard lock{mutex_};
  const auto [row, fresh] =
      nodes_.try_emplace(node.incarnation, ports::PeerRow{node.incarnation, node.name});
  if (row->second.fenced) return is_fenced(node.incarnation);
  row->second.name = node.name;
  return {};
}

bool MemoryDatabase::renew(IncarnationId incarnation, bool bus_up) {
  const std::lock_guard lock{mutex_};
  if (!may_write(incarnation)) return false;
  auto& node = nodes_.at(incarnation);
  ++node.beat;
  node.bus_up = bus_up;
  return true;
}

std::vector<ports::PeerRow> MemoryDatabase::peers() {
  const std::lock_guard lock{mutex_};
  std::vector<ports::PeerRow> rows;
  for (const auto& [id, node] : nodes_) rows.push_back(node);
  return rows;
}

bool MemoryDatabase::fence(IncarnationId incarnation, std::uint64_t seen_beat) {
  const std::lock_guard lock{mutex_};
  const auto node = nodes_.find(incarnation);
  if (node == nodes_.end() || node->second.fenced) return true;
  node->second.fenced = node->second.beat == seen_beat;
  return node->second.fenced;
}

void MemoryDatabase::leave(IncarnationId incarnation) {
  const std::lock_guard lock{mutex_};
  nodes_.erase(incarnation);
  for (auto& [id, run] : runs_)
    if (run.row.owner == incarnation) run.row.owner.reset();
}

} // namespace troupe::store
