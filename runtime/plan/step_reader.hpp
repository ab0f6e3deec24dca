// One step or group of a plan's source, with everything below it: shape and types. Order and
// templates are looked at once the whole tree is known (order.hpp, references.hpp).
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/plan/fields.hpp"
#include "runtime/plan/language.hpp"
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

  /// `restart`, `tolerate_failures`, `retry_budget` and `deadline`, of a group or of the plan.
  void read_supervision(Fields& fields, Node& group);

 private:
  Node read_step(const SourceNode& source, message::Priority priority);
  void read_rest(Fields& fields, Node& node);
  void read_kind_of(Fields& fields, StepKind kind, Node& node);
  /// What stands under `do` or a case: a step or a list of them, as a sequence without an id.
  Node read_body(const SourceNode& source, std::string_view whose, message::Priority priority);
  void read_foreach(Fields& fields, Node& node);
  void read_repeat(Fields& fields, Node& node);
  void read_switch(Fields& fields, Node& node);
  void refuse_in_sequential(Fields& fields);

  Strategy strategy_;
  std::vector<Fault>& faults_;
};

} // namespace troupe::plan
