// The lists of foreachs that are artifacts, on their way between a run and the store.
#pragma once
#include "actors/caf_support.hpp"
#include "actors/node_context.hpp"
#include "runtime/supervision/run_machine.hpp"

namespace troupe::actors {

struct AskStore { // to the run itself, after the store could not be reached
  supervision::Effect what;
};

/// Answers `run` with Happened, on a thread of the store, or after a pause with AskStore.
void store_list(const Context& context, const caf::actor& run, RunId id,
                const supervision::StoreArtifact& what);
void read_list(const Context& context, const caf::actor& run, RunId id,
               const supervision::ReadArtifact& what);

} // namespace troupe::actors
