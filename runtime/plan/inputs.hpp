// What a plan declares that it is given. bind_inputs (parse.hpp) checks a job's inputs against it.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/plan/plan.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::plan {

/// Reads `inputs: { domain: { type: string, required: true, default: .., description: .. } }`. An
/// input with a default is not required; one that is neither given nor has a default is null.
std::map<std::string, Input> read_inputs(const SourceNode& node, std::vector<Fault>& faults);

/// Judges what somebody else's file gives to a plan: inputs that it requires and `given` lacks, at
/// `place`, with `key` as where to add them; unknown ones; and the types of values without a
/// template.
void check_given_inputs(const Plan& plan, const SourceNode* given, const Place& place,
                        std::string_view key, std::vector<Fault>& faults);

} // namespace troupe::plan
