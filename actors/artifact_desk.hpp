// Who may move artifacts over HTTP: executors whose attempt stands. Of an orchestrator node.
#pragma once
#include <memory>
#include <string>

#include "actors/node_context.hpp"
#include "runtime/ports/artifacts.hpp"

namespace troupe::actors {

/// `key`: Artifacts::token_key. Both must outlive the desk's callbacks. Thread-safe.
std::unique_ptr<ports::ArtifactDesk> make_artifact_desk(Context context,
                                                        ports::Artifacts& artifacts,
                                                        std::string key);

} // namespace troupe::actors
