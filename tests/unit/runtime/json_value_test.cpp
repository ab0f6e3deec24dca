#include "runtime/json_value.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "runtime/limits.hpp"

using namespace troupe;

namespace {
std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}
} // namespace

BOOST_AUTO_TEST_SUITE(json_value)

BOOST_AUTO_TEST_CASE(values_in_values_are_read_and_nothing_is_read_from_what_is_not_json) {
  BOOST_TEST(read_json(R"({"a":[1]})")->at("a").at(0).as_int64() == 1);
  BOOST_TEST(read_json(nested(limits::json_depth_max + 4)).has_value());
  for (const auto& text : {std::string{}, std::string{"{"}, std::string{"{} x"}, nested(100'000)})
    BOOST_TEST(!read_json(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
