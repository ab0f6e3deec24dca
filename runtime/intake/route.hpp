// Which plan an alert group starts.
#pragma once
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/intake/alert.hpp"

namespace troupe::intake {

/// The first route whose labels all match; nothing if none does. A label is looked for among the
/// group's common labels, then among those of its first firing alert.
const config::AlertRoute* match_route(const std::vector<config::AlertRoute>& routes,
                                      const Webhook& webhook);

} // namespace troupe::intake
