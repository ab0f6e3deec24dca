// Port: what has become of the schedules that teams declare. Postgres and memory, one conformance
// suite.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

struct ScheduleId { // unique in its team
  std::string team, id;
  friend auto operator<=>(const ScheduleId&, const ScheduleId&) = default;
};

struct ScheduleRow {
  ScheduleId schedule;
  std::string timing; // as it was declared last
  Instant seen{};     // every due time until then has been dealt with
  std::string note{}; // why the last due time made no job; empty: it did
  std::optional<Instant> last_due{};
  std::optional<JobId> last_job{}; // for `last_due`; it may be purged since
  std::optional<Instant> paused_at{};
  std::string paused_by{};
};

struct DeclaredSchedule {
  std::string id;
  std::string timing; // what makes it due
};

struct DueJob {
  ScheduleId schedule;
  std::string timing; // by which it is due
  Instant due{};
  bool overlap = true; // also while the job that it started last is unfinished
  NewJob job;
};

enum class FireOutcome : std::uint8_t {
  started,     // by this call, or by the same one before
  done,        // nothing changed: that time was dealt with already, by another node say
  changed,     // nothing changed: it is declared with another timing by now, or not at all
  paused,      // nothing changed
  overlapping, // that time is dealt with, without a job
};

/// All calls: never block, `done` runs exactly once on a thread of the store. Errors of every call
/// as those of JobStore.
class Schedules {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Schedules() = default;

  /// These are all the schedules of the team. One that is new, or has another timing than before,
  /// counts from `now`; of the others nothing changes. One that is not among them is due no more,
  /// but what is known of it is kept for when it comes back.
  virtual void declare(std::string team, std::vector<DeclaredSchedule> schedules, Instant now,
                       Done<Unit> done) = 0;
  /// Those that are declared, in order.
  virtual void list(Done<std::vector<ScheduleRow>> done) = 0;

  /// One write: the job, its run and its first append, and that its due time has been dealt with.
  /// Of any number of nodes that fire the same due time, one starts a job. no_capacity: as of
  /// JobStore::submit.
  virtual void fire(DueJob job, Done<FireOutcome> done) = 0;
  /// Every time until then is dealt with, without a job; `note` says why. Nothing changes if the
  /// timing is another by now.
  virtual void let_go(ScheduleId schedule, std::string timing, Instant until, std::string note,
                      Done<Unit> done) = 0;

  /// Until it is resumed it is not due. False: it is paused already. invalid_input: no such
  /// schedule is declared.
  virtual void pause(ScheduleId schedule, std::string by, Instant now, Done<bool> done) = 0;
  /// It counts from `now`: what was due meanwhile is let go. False, invalid_input: likewise.
  virtual void resume(ScheduleId schedule, Instant now, Done<bool> done) = 0;
};

} // namespace troupe::ports
