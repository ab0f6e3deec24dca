// What `plan check` and `plan preview` know besides the plan: a team's file and a running server.
#pragma once
#include <boost/json/fwd.hpp>
#include <optional>
#include <string>

#include "runtime/config/team.hpp"
#include "runtime/placement/node_view.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/preview.hpp"

namespace troupe::cli {

/// Failure bad_configuration, with every fault, if the team has one.
config::Team load_checked_team(const std::string& file);

/// What a plan may ask of the team: a tool that a role may call and that its toolkit has. Borrows
/// the team's plans.
plan::Catalogue catalogue_for(const config::Team& team);

/// The tools of this build and, if there is one, what the team has. Borrows the team's plans.
plan::Surroundings surroundings_of(const std::optional<config::Team>& team);

/// The answer of GET /v1/nodes.
placement::ClusterView read_nodes(const boost::json::value& answer);

struct CheckedPlan {
  std::string file;
  plan::Plan plan; // meaningful only without faults
  JsonText source; // of the plan, as JSON; likewise
  std::vector<plan::Fault> faults;
};
/// A plan file, or `-` for standard input; with a team, also checked against what the team has.
/// Failure no_input: it cannot be read.
CheckedPlan read_checked_plan(const std::string& named, const std::optional<config::Team>& team);

} // namespace troupe::cli
