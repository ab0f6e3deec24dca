// One step or group of a plan's source, with everything below it: shape and types. Order and
// templates are looked at once the whole tree is known (order.hpp, references.hpp).
#pragma once
#include <string_view>
#include <vector>

#include "runtime/plan/plan.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::plan {

class StepReader {
 public:
  StepReader(Strategy strategy, std::vector<Fault>& faults)
      : strategy_{strategy}, faults_{faults} {}

  /// The steps of the plan or of a group. Every item of the list becomes a node, however faulty, so
  /// that positions in both agree. `priority` holds for steps that name none.
  std::vector<Node> read_steps(const SourceNode& list, std::string_view whose,
                               message::Priority priority);

 private:
  Node read_step(const SourceNode& source, message::Priority priority);

  Strategy strategy_;
  std::vector<Fault>& faults_;
};

} // namespace troupe::plan
