// What a demo leaves and says, for the tests.
#pragma once
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <string>

namespace troupe::e2e {

std::string read(const std::filesystem::path& path);

/// The last line of `output` that is a JSON object with `key`. Fails the test without one.
boost::json::value line_with(const std::string& output, const std::string& key);

/// The step of this id, however deep; null if there is none.
const boost::json::value& step(const boost::json::value& group, const std::string& id);

/// No process of this data folder. Zombies do not count; what was asked to stop has a moment to do
/// so.
bool nothing_left(const std::filesystem::path& data,
                  std::chrono::seconds bound = std::chrono::seconds{10});

} // namespace troupe::e2e
