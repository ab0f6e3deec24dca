// ${env:NAME} and ${file:PATH}: how a secret gets into settings without standing in them.
#pragma once
#include <vector>

#include "runtime/plan/source.hpp"

namespace troupe::config {

/// Fills in the references in every string of the tree (not in keys). A path is relative to the
/// source's file; one line break at the end of a file's content is dropped. What was filled in is
/// never looked at again. `$${` stands for a plain `${`, and `${{` is left alone. A variable that
/// is not set, a file that cannot be read and any other `${` are the faults it returns.
std::vector<plan::Fault> fill_references(plan::Source& source);

} // namespace troupe::config
