#include "tests/e2e/answers.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>

#include "tests/support/troupe_process.hpp"

namespace troupe::e2e {

namespace json = boost::json;

json::value ask(const std::string& url, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--json", "--server", url});
  support::TroupeProcess process{std::move(arguments)};
  process.exit_code();
  json::error_code error;
  auto value = json::parse(process.output(), error);
  BOOST_TEST_REQUIRE(!error, process);
  return value;
}

std::vector<std::string> texts_in(const std::string& path, const char* key) {
  std::vector<std::string> out;
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);) {
    json::error_code half_written;
    const auto value = json::parse(line, half_written);
    if (!half_written) out.emplace_back(value.at(key).as_string());
  }
  return out;
}

} // namespace troupe::e2e
