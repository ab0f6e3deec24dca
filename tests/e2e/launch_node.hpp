// A node of its own process, from settings that a test makes.
#pragma once
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/troupe_process.hpp"

namespace troupe::e2e {

/// `troupe node`, once it is ready, and where its HTTP is: empty, where it serves none. The
/// settings are kept in `folder`.
inline std::pair<std::unique_ptr<support::TroupeProcess>, std::string> launch_node(
    const std::filesystem::path& folder, const std::string& name,
    const boost::json::object& settings) {
  const auto file = (folder / (name + ".json")).string();
  std::ofstream{file} << boost::json::serialize(settings);
  auto process = std::make_unique<support::TroupeProcess>(
      std::vector<std::string>{"node", "--config", file, "--json"});
  const auto line = process->ready_line();
  BOOST_TEST_REQUIRE(line.has_value(), *process);
  const auto ready = boost::json::parse(*line);
  const auto* http = ready.at("http").if_string();
  return {std::move(process), http == nullptr ? std::string{} : std::string{*http}};
}

} // namespace troupe::e2e
