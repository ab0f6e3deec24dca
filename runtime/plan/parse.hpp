// A source as a plan: shape, names, order and templates are checked here, all faults at once.
#pragma once
#include <string_view>
#include <vector>

#include "runtime/plan/plan.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::plan {

struct ParseResult {
  Plan plan; // meaningful only without faults
  std::vector<Fault> faults;
};

/// Reads and checks a plan: unknown keys (with the nearest known one), ill-typed values, duplicate
/// ids, `needs` that name no earlier sibling (of the step or of an enclosing group), cycles,
/// templates that do not parse or reach a step not reached by needs, durations, retriers, limits.
/// Kinds of the language that this version cannot execute yet are faults that say so.
ParseResult parse_plan(const Source& source);
ParseResult parse_plan(std::string file, std::string_view text); // read_source, then parse

/// What a plan asks of its team. Used by check.hpp.
struct Catalogue {
  std::vector<std::string> roles;
  std::vector<std::string> tools;
};

/// Faults that only a team can show: unknown roles and tools.
std::vector<Fault> check_against(const Plan& plan, const Source& source,
                                 const Catalogue& catalogue);

/// Checks a job's inputs against the plan and fills in defaults. invalid_input names every wrong
/// input.
Result<JsonText> bind_inputs(const Plan& plan, const JsonText& inputs);

} // namespace troupe::plan
