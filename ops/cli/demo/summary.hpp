// How a demo that went right is summed up, for people and for programs. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstddef>
#include <string>

#include "ops/cli/demo/cause.hpp"
#include "runtime/clock.hpp"

namespace troupe::demo {

struct Times {
  Instant alert, job; // when the alert began to fire, and when its job was created
};

/// "From alert to verified in 3.0s; from alert to job in 207ms."
std::string describe_times(const Scenario& scenario, const boost::json::value& run,
                           const Times& times);

/// {"healed":true,"alert_to_job_ms":..,"alert_to_verified_ms":..,"steps":..,"attempts":..,
/// "nodes":2}, or for what a person must decide {"healed":false,"needs_person":"..",
/// "alert_to_job_ms":..,"alert_to_report_ms":..,..}
boost::json::object summarise(const Scenario& scenario, const boost::json::value& run,
                              const Times& times, std::size_t nodes);

} // namespace troupe::demo
