// The root of a node's actors: starts them, supervises them, and stops them in order.
#pragma once
#include <functional>
#include <memory>

#include "actors/node_context.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::actors {

/// A running node. The ports in its context must outlive it.
class Node {
 public:
  /// Starts the actors that the settings' modes call for. `failed` runs once, on a CAF thread, if
  /// they crash so often that the root gives up: more than 10 restarts within a minute. The process
  /// should then end.
  Node(std::shared_ptr<NodeContext> context, std::function<void(std::string)> failed);
  /// Stops every actor; blocks until all have ended.
  ~Node();

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Of an orchestrator node; null otherwise.
  ports::Operations* operations();

  /// Tells the cluster that this node takes nothing more, and then that it is gone.
  void announce_leave();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace troupe::actors
