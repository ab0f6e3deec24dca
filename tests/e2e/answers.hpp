// What the product says and writes, as JSON.
#pragma once
#include <boost/json.hpp>
#include <string>
#include <vector>

namespace troupe::e2e {

/// The answer of `troupe ARGUMENTS --json --server URL`; one that is no JSON fails the test.
boost::json::value ask(const std::string& url, std::vector<std::string> arguments);

/// The text under `key` of each line of a file; a line that is half written is left out.
std::vector<std::string> texts_in(const std::string& file, const char* key);

} // namespace troupe::e2e
