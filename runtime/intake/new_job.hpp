// Stages 1 and 2 of 9: what was asked for, as a job with a plan that has been checked.
#pragma once
#include <string>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/ids.hpp"
#include "runtime/intake/alert.hpp"
#include "runtime/intake/cloud_event.hpp"
#include "runtime/ports/job_store.hpp"
#include "runtime/ports/operations.hpp"
#include "runtime/supervision/run_machine.hpp"

namespace troupe::intake {

/// Everything that is written for one job: the document that its run pins, and the job itself.
struct PreparedJob {
  std::shared_ptr<const config::Bundle> bundle;
  ports::NewJob job;
};

/// The team of that name, or the only one. invalid_input: no such team, or several and no name.
Result<const config::Team*> find_team(const std::vector<config::Team>& teams,
                                      const std::string& name);

/// From a person's or a program's request. invalid_input: the plan (every fault on a line of its
/// own) or its inputs.
Result<PreparedJob> prepare_job(const config::Team& team, const ports::JobRequest& request,
                                Instant now, Entropy& entropy);

/// From an alert group: the batch of its events and, if a route takes the group, the job it starts
/// when no incident is open. invalid_input: the route's inputs do not fit its plan.
struct PreparedAlerts {
  ports::AlertBatch batch;
  std::shared_ptr<const config::Bundle> bundle; // to be stored before the batch
};
Result<PreparedAlerts> prepare_alerts(const std::vector<config::Team>& teams,
                                      const Webhook& webhook, Instant now, Entropy& entropy);

/// From an injected event, by the route that takes it; the same event has the same idempotency key.
/// invalid_input: no route takes it, or the route's inputs do not fit its plan.
Result<PreparedJob> prepare_event(const std::vector<config::Team>& teams, const Injected& injected,
                                  const CloudEvent& event, Instant now, Entropy& entropy);

/// From a schedule, for one time: `due` is what its templates know as schedule.due. Without an
/// idempotency key. invalid_input: the inputs do not fit the plan.
Result<PreparedJob> prepare_scheduled(const config::Team& team, const config::Schedule& schedule,
                                      Instant due, Instant now, Entropy& entropy);

/// Of a child run that a step starts: the same each time it is prepared.
PreparedJob prepare_child(const supervision::RunState& parent,
                          const supervision::StartChildRun& start, Instant now);

} // namespace troupe::intake
