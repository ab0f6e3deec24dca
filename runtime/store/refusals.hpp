// What both stores answer when they refuse, in the same words.
#pragma once
#include <string>

#include "runtime/ids.hpp"
#include "runtime/lane_shares.hpp"
#include "runtime/ports/schedules.hpp"
#include "runtime/result.hpp"

namespace troupe::store {

Error key_is_taken(const std::string& idempotency_key); // invalid_input
/// no_capacity: all places are taken, or the lane has its share of them.
Error jobs_are_full(const LaneShares& open_jobs, const ports::Lane& lane);
Error no_such_job(JobId job);
Error no_such_schedule(const ports::ScheduleId& schedule); // invalid_input
Error no_such_run(RunId run);                              // invalid_input
Error run_has_ended(RunId run);                            // invalid_input
Error no_such_document(const std::string& hash);           // invalid_input
Error is_fenced(IncarnationId incarnation);                // invalid_input
Error too_many_calls();                                    // no_capacity
Error is_closing();                                        // internal

} // namespace troupe::store
