#include "runtime/store/refusals.hpp"

#include "runtime/limits.hpp"

namespace troupe::store {

Error key_is_taken(const std::string& idempotency_key) {
  return make_error(ErrorClass::invalid_input,
                    "idempotency key \"" + idempotency_key +
                        "\" was used for another request; repeat that one exactly or take a new "
                        "key");
}

Error jobs_are_full(const LaneShares& open_jobs, const ports::Lane& lane) {
  return make_error(ErrorClass::no_capacity,
                    "the team '" + lane.team + "' has " + std::to_string(open_jobs.held_by(lane)) +
                        " unfinished jobs of priority " +
                        std::string{message::to_string(lane.priority)} + ", its share of the " +
                        std::to_string(open_jobs.places()) +
                        " that are allowed; try again when some have ended");
}

Error no_such_job(JobId job) {
  return make_error(ErrorClass::invalid_input, "there is no job " + to_string(job));
}

Error no_such_schedule(const ports::ScheduleId& schedule) {
  return make_error(ErrorClass::invalid_input,
                    "there is no schedule " + schedule.team + '/' + schedule.id);
}

Error no_such_run(RunId run) {
  return make_error(ErrorClass::invalid_input, "there is no run " + to_string(run));
}

Error run_has_ended(RunId run) {
  return make_error(ErrorClass::invalid_input, "run " + to_string(run) + " has ended");
}

Error no_such_document(const std::string& hash) {
  return make_error(ErrorClass::invalid_input, "there is no document " + hash);
}

Error is_fenced(IncarnationId incarnation) {
  return make_error(ErrorClass::invalid_input,
                    "incarnation " + to_string(incarnation) + " is fenced; join under a new one");
}

Error too_many_calls() {
  return make_error(ErrorClass::no_capacity,
                    std::to_string(limits::store_calls_max) +
                        " calls wait for the store already; try again later");
}

Error is_closing() { return make_error(ErrorClass::internal, "the store is closing"); }

} // namespace troupe::store
