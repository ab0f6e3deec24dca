// What passes between a run and its child runs, by way of the store.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "actors/run_reader.hpp"
#include "runtime/intake/new_job.hpp"
#include "runtime/supervision/child_run.hpp"

namespace troupe::actors {

/// Into the inbox of a run. All calls here: never block; what fails is asked after again.
void post_row(const Context& context, RunId run, ports::InboxRow row);

void start_child(const Context& context, intake::PreparedJob prepared);

/// Artifacts that the output of `child` names are its parent's too, before it hears of the end.
void tell_parent(const Context& context, RunId child, const supervision::TellParent& end);

/// Tells, on a thread of the store, how the child stands; nothing: it is not there. The same holds
/// of its artifacts.
void ask_child(const Context& context, const std::shared_ptr<BundleCache>& bundles, RunId parent,
               RunId child,
               std::function<void(const std::optional<supervision::ChildReported>&)> told);

} // namespace troupe::actors
