// The settings files of the nodes that `troupe dev` starts: the user's, with what dev provides put
// in.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

namespace troupe::dev {

/// What all nodes share: the user's settings file as JSON, with its relative paths (teams,
/// ${file:..}) made absolute; or, without one, the teams that come with Troupe. Failure
/// bad_configuration with every fault.
boost::json::object shared_settings(const std::string& config_file);

struct NodePlace {
  std::string name;     // "agent-1"
  std::string nats;     // URL
  std::string postgres; // URL; empty for an agent node
  std::string listen;   // empty for an agent node
  std::string data_dir;
};

/// The settings of one node. Pure. A node with a Postgres is the orchestrator, any other an agent.
boost::json::object node_settings(boost::json::object shared, const NodePlace& place);

} // namespace troupe::dev
