#include "runtime/simulation/simulated_store.hpp"

#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {

using ports::AppendOutcome;

SimulatedStore::SimulatedStore(World& world) : world_{world}, database_{limits::open_jobs_max} {}

Time SimulatedStore::latency() { return Time{1 + world_.below(slow_ ? 2'500 : 8)}; }

/// A call is done somewhere on the way, whatever becomes of whoever made it.
template <class T>
void SimulatedStore::call(Process& from, std::function<Result<T>()> work, Done<T> done) {
  const auto& faults = world_.scenario().faults;
  const bool refused = down_ || world_.chance(faults.store_refuses);
  const bool lost = !refused && world_.chance(faults.store_answer_lost);
  world_.agenda().after(latency(), [=, this, &from, life = from.life()] {
    Result<T> result = make_error(ErrorClass::internal, "the store cannot be reached");
    if (!refused) {
      result = work();
      if (lost) result = make_error(ErrorClass::internal, "the connection was lost");
    }
    from.post(life, latency(), [done, result] { done(result); });
  });
}

// ---- journal

bool SimulatedStore::stands(IncarnationId incarnation) {
  for (const auto& peer : database_.peers())
    if (peer.incarnation == incarnation) return !peer.fenced;
  return false;
}

AppendOutcome SimulatedStore::commit(const ports::Append& append) {
  const bool there = !database_.read(append.run, append.seq, 1).empty();
  const auto outcome =
      database_.append(append, {.owner_stands = world_.rules().guard_holds_to_the_commit,
                                .inbox_first = world_.rules().no_end_past_a_waiting_inbox,
                                .takes_inbox_rows = world_.rules().inbox_row_applied_once});
  if (outcome == AppendOutcome::durable && !there)
    world_.auditor().inserted(append, stands(append.owner));
  return outcome;
}

/// The broken guard: looks first and writes a while later.
void SimulatedStore::commit_unguarded(ports::Append append,
                                      std::function<void(AppendOutcome)> done) {
  if (!stands(append.owner)) return done(AppendOutcome::ownership_lost);
  const Time gap{world_.coin(0.3) ? world_.below(15'000) : 0};
  world_.agenda().after(
      gap, [this, append = std::move(append), done = std::move(done)] { done(commit(append)); });
}

/// The outcome is known when `done` runs: through a lost answer it is found out by sending the same
/// append, with its id, again. What was lost may still be done, later.
void SimulatedStore::append(Process& from, ports::Append append,
                            std::function<void(AppendOutcome)> done) {
  const auto& faults = world_.scenario().faults;
  const bool lost = down_ || world_.chance(faults.store_answer_lost);
  const unsigned life = from.life();
  const bool arrives = !down_ && (!lost || world_.coin(0.7));
  const auto answer = [this, &from, life, done](AppendOutcome outcome) {
    from.post(life, latency(), [done, outcome] { done(outcome); });
  };
  if (arrives) {
    const Time on_its_way = lost ? Time{world_.below(4'000)} : latency();
    world_.agenda().after(on_its_way, [this, append, lost, answer] {
      const auto known = [lost, answer](AppendOutcome outcome) {
        if (!lost) answer(outcome);
      };
      if (world_.rules().guard_holds_to_the_commit)
        known(commit(append));
      else
        commit_unguarded(append, known);
    });
  }
  if (!lost) return;
  if (!world_.rules().lost_answer_read_back) return answer(AppendOutcome::durable);
  from.post(life, Time{200 + world_.below(1'000)},
            [this, &from, append, done] { this->append(from, append, done); });
}

void SimulatedStore::read(Process& from, RunId run, Done<ports::FoldPage> done) {
  call<ports::FoldPage>(
      from,
      [this, run]() -> Result<ports::FoldPage> {
        auto page = database_.read_fold(run);
        if (!page.more) return page;
        auto rest = database_.read(run, page.rows.back().seq + 1, SIZE_MAX);
        std::ranges::move(rest, std::back_inserter(page.rows));
        return page;
      },
      std::move(done));
}

void SimulatedStore::put_snapshot(Process& from, RunId run, IncarnationId owner,
                                  ports::Snapshot snapshot) {
  call<Unit>(
      from,
      [this, run, owner, snapshot = std::move(snapshot)]() -> Result<Unit> {
        database_.put_snapshot(run, owner, snapshot);
        return Unit{};
      },
      [](const Result<Unit>&) {});
}

// ---- jobs

void SimulatedStore::read_inbox(Process& from, RunId run, std::uint64_t after,
                                Done<std::vector<ports::InboxRow>> done) {
  call<std::vector<ports::InboxRow>>(
      from,
      [this, run, after] { return database_.read_inbox(run, after, limits::inbox_page_rows); },
      std::move(done));
}

void SimulatedStore::find_inboxes(Process& from, IncarnationId owner,
                                  Done<std::vector<RunId>> done) {
  call<std::vector<RunId>>(
      from, [this, owner] { return database_.inboxes_waiting(owner); }, std::move(done));
}

void SimulatedStore::find_due(Process& from, Instant horizon, Done<std::optional<Instant>> done) {
  call<std::optional<Instant>>(
      from, [this, horizon] { return database_.next_due(horizon); }, std::move(done));
}

void SimulatedStore::park(Process& from, RunId run, IncarnationId owner,
                          std::optional<Instant> until, Done<ports::ParkOutcome> done) {
  call<ports::ParkOutcome>(
      from, [this, run, owner, until] { return database_.park(run, owner, until); },
      std::move(done));
}

/// Runs that a call took whose answer was lost come back with the next call of the same owner.
void SimulatedStore::claim(Process& from, IncarnationId owner, std::uint32_t limit,
                           std::vector<ports::Lane> full, Done<std::vector<ports::RunRow>> done) {
  using Rows = std::vector<ports::RunRow>;
  const auto work = [this, owner, limit, now = from.date(),
                     full = std::move(full)]() -> Result<Rows> {
    std::map<message::Priority, std::string> after;
    Rows rows = database_.claim(owner, limit, now, full, after);
    for (const auto run : unanswered_[owner])
      if (auto row = database_.get_run(run);
          row && row->owner == owner && row->state == ports::RunState::running)
        rows.push_back(*row);
    unanswered_[owner].clear();
    for (const auto& row : rows) unanswered_[owner].push_back(row.id);
    return rows;
  };
  call<Rows>(from, work, [this, owner, done = std::move(done)](Result<Rows> rows) {
    if (rows) unanswered_[owner].clear();
    done(std::move(rows));
  });
}

void SimulatedStore::submit(Process& from, ports::NewJob job, Done<ports::Submitted> done) {
  const auto owner = job.owner;
  const auto run = job.run;
  const auto work = [this, job = std::move(job)] {
    auto submitted = database_.submit(job);
    if (submitted && submitted->owned) unanswered_[*job.owner].push_back(job.run);
    return submitted;
  };
  call<ports::Submitted>(from, work,
                         [this, owner, run, done = std::move(done)](Result<ports::Submitted> job) {
                           if (job && job->owned) std::erase(unanswered_[*owner], run);
                           done(std::move(job));
                         });
}

void SimulatedStore::submit(Process& from, ports::NewJob job, config::Bundle bundle,
                            Done<ports::Submitted> done) {
  call<ports::Submitted>(
      from,
      [this, job = std::move(job), bundle = std::move(bundle)]() -> Result<ports::Submitted> {
        auto unpacked = config::unpack_bundle(bundle.body);
        if (!unpacked) return unpacked.error();
        world_.keep_bundle(bundle.hash,
                           std::make_shared<const config::UnpackedBundle>(*std::move(unpacked)));
        world_.auditor().submitted(job);
        return database_.submit(job);
      },
      std::move(done));
}

void SimulatedStore::post_inbox(Process& from, RunId run, ports::InboxRow row, Done<bool> done) {
  call<bool>(
      from, [this, run, row = std::move(row)] { return database_.post_inbox(run, row); },
      std::move(done));
}

void SimulatedStore::release(Process& from, RunId run, IncarnationId owner, Done<Unit> done) {
  call<Unit>(
      from,
      [this, run, owner]() -> Result<Unit> {
        database_.release(run, owner);
        return Unit{};
      },
      std::move(done));
}

void SimulatedStore::get_run(Process& from, RunId run, Done<std::optional<ports::RunRow>> done) {
  call<std::optional<ports::RunRow>>(
      from, [this, run] { return database_.get_run(run); }, std::move(done));
}

// ---- artifacts

void SimulatedStore::put_artifact(Process& from, ports::ArtifactPart part, Done<bool> done) {
  call<bool>(
      from, [this, part = std::move(part)] { return database_.put_artifact(part); },
      std::move(done));
}

void SimulatedStore::read_artifact(Process& from, RunId run, std::string hash, std::uint64_t at,
                                   Done<std::optional<ports::ArtifactPiece>> done) {
  call<std::optional<ports::ArtifactPiece>>(
      from,
      [this, run, at, hash = std::move(hash)] { return database_.read_artifact(run, hash, at); },
      std::move(done));
}

void SimulatedStore::refer(Process& from, RunId run, RunId of, std::string text, Done<Unit> done) {
  call<Unit>(
      from,
      [this, run, of, now = from.date(), text = std::move(text)]() -> Result<Unit> {
        database_.refer(run, of, text, now);
        return Unit{};
      },
      std::move(done));
}

// ---- membership

void SimulatedStore::join(Process& from, IncarnationId incarnation, Done<Unit> done) {
  call<Unit>(
      from,
      [this, incarnation, name = from.name()]() -> Result<Unit> {
        auto joined = database_.join({incarnation, name, ""});
        if (joined) world_.auditor().beat(incarnation);
        return joined;
      },
      std::move(done));
}

void SimulatedStore::renew(Process& from, IncarnationId incarnation, Done<bool> done) {
  call<bool>(
      from,
      [this, incarnation, up = from.link_up()]() -> Result<bool> {
        const bool stands = database_.renew(incarnation, up);
        if (stands) world_.auditor().beat(incarnation);
        return stands;
      },
      std::move(done));
}

void SimulatedStore::peers(Process& from, Done<std::vector<ports::PeerRow>> done) {
  call<std::vector<ports::PeerRow>>(
      from, [this] { return database_.peers(); }, std::move(done));
}

void SimulatedStore::exchange_permits(Process& from, ports::PermitAsk ask,
                                      Done<ports::PermitAnswer> done) {
  call<ports::PermitAnswer>(
      from,
      [this, ask = std::move(ask)]() -> Result<ports::PermitAnswer> {
        return database_.exchange_permits(ask, world_.agenda().now());
      },
      std::move(done));
}

void SimulatedStore::leave(Process& from, IncarnationId incarnation, Done<Unit> done) {
  call<Unit>(
      from,
      [this, incarnation]() -> Result<Unit> {
        database_.leave(incarnation);
        return Unit{};
      },
      std::move(done));
}

void SimulatedStore::fence(Process& from, const ports::PeerRow& peer, Done<bool> done) {
  call<bool>(
      from,
      [this, peer, by = from.name()]() -> Result<bool> {
        const bool stood = stands(peer.incarnation);
        const bool fenced = database_.fence(peer.incarnation, peer.beat);
        if (stood && fenced) world_.auditor().fenced(peer.incarnation, by, peer.name);
        return fenced;
      },
      std::move(done));
}

} // namespace troupe::simulation
