// What the demo reads out of a run as the API shows it. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "runtime/clock.hpp"

namespace troupe::demo {

/// The step whose path or id is `name`; null if there is none.
const boost::json::value& find_step(const boost::json::value& run, const std::string& name);

struct Counts {
  unsigned steps = 0;    // leaves of the plan that completed
  unsigned attempts = 0; // of all steps
};
Counts count(const boost::json::value& run);

/// When the verification ended: the last step of `verify`; without one, when the run ended.
std::optional<Instant> verified_at(const boost::json::value& run);

/// What the run's output says: whether it healed, what a person must decide ("" if nothing), and
/// the name of its report in the workspace.
bool says_healed(const boost::json::value& run);
std::string needs_person(const boost::json::value& run);
std::string report_name(const boost::json::value& run);

} // namespace troupe::demo
