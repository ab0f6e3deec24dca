// Templates of a team's file, which are filled in when a job comes in.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "runtime/plan/fields.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::config {

struct TemplateRoots {
  std::vector<std::string> names; // what its paths may start from
  std::string remedy;             // says so: "start from `alert` (the first firing alert)"
};

/// Checks every string of a template where it stands: its syntax, and what its paths start from.
void check_template(const plan::SourceNode& node, const TemplateRoots& roots,
                    std::vector<plan::Fault>& faults);

/// `labels: { name: value }`: names as check_label_name has them, values that are texts.
std::map<std::string, plan::Template> read_label_templates(plan::Fields& fields,
                                                           const TemplateRoots& roots,
                                                           std::vector<plan::Fault>& faults);

} // namespace troupe::config
