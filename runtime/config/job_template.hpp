// What a team's file says of jobs that are made later, by an alert or by the clock.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/config/team.hpp"
#include "runtime/plan/fields.hpp"

namespace troupe::config {

/// The `match` of a route: what each `thing` ("label") is asked to be; "*": anything.
std::map<std::string, std::string> read_match(plan::Fields& fields, const std::string& thing);

struct TemplateRoots {
  std::vector<std::string> names; // what its paths may start from
  std::string remedy;             // says so: "start from `alert` (the first firing alert)"
};

/// Reads `plan`, `inputs`, `labels` and `priority` into `job`, which has the default priority.
/// Checks that the plan is one of `named`, that templates start from the roots, that labels have
/// names as check_label_name has them and values that are texts, and that the inputs are those that
/// the plan asks for, if it is among the plans that could be read.
void read_job_template(plan::Fields& fields, const TemplateRoots& roots,
                       const std::vector<std::string>& named,
                       const std::map<std::string, NamedPlan>& plans,
                       std::vector<plan::Fault>& faults, JobTemplate& job);

} // namespace troupe::config
