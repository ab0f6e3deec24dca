#include "runtime/store/pg_open_jobs.hpp"

#include <algorithm>

#include "runtime/store/refusals.hpp"

namespace troupe::store {

using namespace std::chrono_literals;

namespace {

constexpr PgStatement count_open_jobs{
    "count_open_jobs",
    "SELECT priority, team, count(*) FROM runs WHERE state = 'running' AND wake_at IS NULL"
    " GROUP BY priority, team"};

} // namespace

std::optional<PgFault> PgOpenJobs::refresh(PgConnection& connection, Deadline deadline) {
  const auto now = std::chrono::steady_clock::now();
  // Whoever waits for an end is to hear of it soon; the count may take a tenth of the time for
  // that.
  const auto age_allowed =
      refused_ ? std::clamp<Deadline::duration>(10 * took_, 100ms, 1000ms) : 1000ms;
  if (now - counted_at_ < age_allowed) return std::nullopt;
  const auto answer = connection.run(count_open_jobs, {}, deadline);
  if (!answer.ok()) return answer.fault;
  LaneShares::Held held;
  for (std::size_t i = 0; i < answer.rows.size(); ++i)
    held[{static_cast<message::Priority>(answer.rows.integer(i, 0)),
          std::string{answer.rows.text(i, 1)}}] =
        static_cast<std::size_t>(answer.rows.integer(i, 2));
  shares_.recount(std::move(held));
  counted_at_ = now;
  took_ = std::chrono::steady_clock::now() - now;
  refused_ = false;
  return std::nullopt;
}

std::vector<bool> PgOpenJobs::admit(const std::vector<const ports::NewJob*>& jobs) {
  auto together = shares_;
  std::vector<bool> admitted;
  for (const auto* job : jobs) {
    admitted.push_back(job == nullptr || together.has_room(job->lane()));
    if (!admitted.back())
      refused_ = true;
    else if (job != nullptr)
      together.take(job->lane());
  }
  return admitted;
}

Error PgOpenJobs::refusal(const ports::Lane& lane) const { return jobs_are_full(shares_, lane); }

} // namespace troupe::store
