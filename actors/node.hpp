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

  /// Begins its end in order (runtime/lease/drain): the node takes nothing more, and says so.
  void begin_drain();
  /// Goes on with it; call it every few milliseconds. True: what ran here is finished or goes on
  /// elsewhere, or the time for that is over.
  bool drained();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Tells the cluster that this node is gone.
void announce_leave(const NodeContext& context);

} // namespace troupe::actors
