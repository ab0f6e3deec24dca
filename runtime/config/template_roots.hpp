// Templates of a team's file, which are filled in when a job comes in.
#pragma once
#include <string>
#include <vector>

#include "runtime/plan/source.hpp"

namespace troupe::config {

struct TemplateRoots {
  std::vector<std::string> names; // what its paths may start from
  std::string remedy;             // says so: "start from `alert` (the first firing alert)"
};

/// Checks every string of a template where it stands: its syntax, and what its paths start from.
void check_template(const plan::SourceNode& node, const TemplateRoots& roots,
                    std::vector<plan::Fault>& faults);

} // namespace troupe::config
