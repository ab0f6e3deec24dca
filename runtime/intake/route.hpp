// Which plan an alert group starts.
#pragma once
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/intake/alert.hpp"
#include "runtime/intake/cloud_event.hpp"

namespace troupe::intake {

/// The first route whose labels all match; nothing if none does. A label is looked for among the
/// group's common labels, then among those of its first firing alert.
const config::AlertRoute* match_route(const std::vector<config::AlertRoute>& routes,
                                      const Webhook& webhook);

/// The first route of that source whose attributes all match; nothing if none does.
const config::EventRoute* match_route(const std::vector<config::EventRoute>& routes,
                                      const std::string& channel, const CloudEvent& event);

} // namespace troupe::intake
