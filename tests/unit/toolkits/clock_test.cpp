#include <boost/test/unit_test.hpp>

#include "toolkits/catalogue.hpp"

using namespace troupe;
using namespace troupe::toolkits;

namespace {

struct StandingClock final : Clock {
  Instant now() const override { return Instant{Millis{0}}; }
};

} // namespace

BOOST_AUTO_TEST_SUITE(clock_toolkit)

BOOST_AUTO_TEST_CASE(it_tells_the_time_of_its_clock) {
  Environment environment;
  environment.clock = std::make_shared<const StandingClock>();
  const auto catalogue = make_catalogue({{"clock", JsonText{"{}"}}}, environment);
  BOOST_REQUIRE(catalogue.faults.empty());
  const auto* tool = catalogue.find("clock.now");
  ToolCall call;
  call.tool = "clock.now";
  call.arguments = JsonText{"{}"};
  const auto result = call_checked(*catalogue.toolkits.front(), *tool, call, {});
  BOOST_REQUIRE(result.ok());
  BOOST_TEST(result->text == R"({"now":"1970-01-01T00:00:00.000Z"})");
}

BOOST_AUTO_TEST_SUITE_END()
