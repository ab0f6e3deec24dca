#include "tests/e2e/demo_facts.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <sstream>

#include "tests/support/eventually.hpp"
#include "tests/support/troupe_process.hpp"

namespace troupe::e2e {

namespace json = boost::json;

std::string read(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

json::value line_with(const std::string& output, const std::string& key) {
  json::value found;
  std::istringstream lines{output};
  for (std::string line; std::getline(lines, line);) {
    json::error_code error;
    json::value value = json::parse(line, error);
    if (!error && value.is_object() && value.as_object().contains(key)) found = value;
  }
  BOOST_TEST_REQUIRE(found.is_object(), "no line with \"" << key << "\" in:\n" << output);
  return found;
}

const json::value& step(const json::value& group, const std::string& id) {
  static const json::value none;
  for (const json::value& child : group.at("children").as_array()) {
    if (child.at("id") == id.c_str()) return child;
    if (child.as_object().contains("children"))
      if (const json::value& below = step(child, id); !below.is_null()) return below;
  }
  return none;
}

bool nothing_left(const std::filesystem::path& data, std::chrono::seconds bound) {
  return support::eventually([&] { return support::processes_marked(data).empty(); }, bound);
}

} // namespace troupe::e2e
