#include "runtime/plan/retry_policy.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>

#include "runtime/plan/plan.hpp"

using namespace troupe;
using namespace troupe::plan;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(retry_policy)

BOOST_AUTO_TEST_CASE(without_on_a_retrier_matches_what_is_retried_by_default) {
  const RetryPolicy any;
  for (const auto error_class : all_error_classes) BOOST_TEST_CONTEXT(to_string(error_class))
  BOOST_TEST(any.matches(error_class) == retried_by_default(error_class));
  BOOST_TEST(any.matches(ErrorClass::timeout));
  BOOST_TEST(!any.matches(ErrorClass::denied));

  RetryPolicy named;
  named.on = {ErrorClass::denied, ErrorClass::task_failed};
  BOOST_TEST(named.matches(ErrorClass::denied));
  BOOST_TEST(!named.matches(ErrorClass::timeout));
}

BOOST_AUTO_TEST_CASE(delays_grow_up_to_their_bound) {
  RetryPolicy policy;
  policy.jitter = Jitter::none;
  const std::pair<std::uint32_t, Millis> table[] = {
      {0, 1s}, {1, 1s},  {2, 1s},  {3, 2s},  {4, 4s},
      {5, 8s}, {6, 16s}, {7, 30s}, {8, 30s}, {std::numeric_limits<std::uint32_t>::max(), 30s}};
  for (auto [next_try, expected] : table)
    BOOST_TEST((policy.delay(next_try, 0.3) == expected), next_try);
  policy.backoff_rate = 1;
  BOOST_TEST((policy.delay(1000, 0) == 1s));
}

BOOST_AUTO_TEST_CASE(full_jitter_is_uniform_from_nothing_to_the_delay) {
  const RetryPolicy policy;
  BOOST_TEST((policy.delay(3, 0.0) == 0ms));
  BOOST_TEST((policy.delay(3, 0.25) == 500ms));
  BOOST_TEST((policy.delay(3, 0.999999) < 2s));
  BOOST_TEST((policy.delay(std::numeric_limits<std::uint32_t>::max(), 0.5) == 15s));
}

BOOST_AUTO_TEST_CASE(a_step_asks_for_its_role_or_for_its_toolkit) {
  Node node;
  node.kind = AgentStep{"diagnostician", {}};
  BOOST_TEST(role_of(node) == "diagnostician");
  node.kind = ToolStep{"probe.http", {}};
  BOOST_TEST(role_of(node) == "tool:probe");
  node.kind = ToolStep{"mcp.files.read", {}};
  BOOST_TEST(role_of(node) == "tool:mcp");
  node.kind = Sequence{};
  BOOST_TEST(role_of(node) == "");
}

BOOST_AUTO_TEST_SUITE_END()
