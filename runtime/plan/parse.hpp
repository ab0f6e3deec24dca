// A source as a plan: shape, names, order and templates are checked here, all faults at once.
#pragma once
#include <map>
#include <string>
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
/// ids, `needs` that name no earlier sibling (of the step or of an enclosing group), templates that
/// do not parse or reach a step not reached by needs, durations, retriers, limits. What of the
/// language this version cannot execute yet is a fault that says so (language.hpp). Faults come in
/// file order.
ParseResult parse_plan(const Source& source);
/// read_source, then parse. Faults of both come together unless the text cannot be read at all.
ParseResult parse_plan(std::string file, std::string_view text);

/// What a plan can ask of its team.
struct Catalogue {
  std::vector<std::string> roles;
  std::vector<std::string> tools; // "probe.http"; "probe.*" stands for all of a toolkit's
  std::map<std::string, const Plan*> plans{}; // null: there is one, but it cannot be read
};

/// Faults that only a team can show: unknown roles, tools and plans, inputs that a child plan
/// requires or does not have, plans that come to run themselves. Requires `plan` to be what
/// parse_plan made of `source`, without faults.
std::vector<Fault> check_against(const Plan& plan, const Source& source,
                                 const Catalogue& catalogue);

/// Checks a job's inputs against the plan and fills in defaults; an input that is neither required
/// nor given nor has a default is null. invalid_input: every wrong input on a line of its own.
Result<JsonText> bind_inputs(const Plan& plan, const JsonText& inputs);

} // namespace troupe::plan
