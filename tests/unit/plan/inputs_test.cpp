#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "runtime/plan/parse.hpp"

using namespace troupe;
using namespace troupe::plan;

namespace {

Plan plan_with(std::string_view inputs) {
  const auto result = parse_plan(
      "p.yaml", "plan: p\nsteps: [{ id: a, agent: w }]\ninputs:\n" + std::string{inputs});
  BOOST_REQUIRE_MESSAGE(result.faults.empty(), render(result.faults, "p.yaml"));
  return result.plan;
}

const char* const every_type = R"(
  s: { type: string }
  n: { type: number, required: false }
  i: { type: integer, default: 3 }
  b: { type: boolean, default: false }
  o: { type: object, default: { a: [1] } }
  l: { type: array, required: false }
  any: { required: false, description: whatever }
)";

/// The bound inputs, or the faults.
std::string bound(const Plan& plan, std::string given) {
  const auto inputs = bind_inputs(plan, JsonText{std::move(given)});
  if (inputs) return inputs->text;
  BOOST_TEST((inputs.error().error_class == ErrorClass::invalid_input));
  return inputs.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(inputs)

BOOST_AUTO_TEST_CASE(defaults_fill_in_what_is_not_given) {
  const auto plan = plan_with(every_type);
  const std::pair<const char*, const char*> table[] = {
      {R"({"s":"x"})", R"({"any":null,"b":false,"i":3,"l":null,"n":null,"o":{"a":[1]},"s":"x"})"},
      {R"({"s":"","n":1.5,"i":-7,"b":true,"o":{},"l":[],"any":{"x":1}})",
       R"({"any":{"x":1},"b":true,"i":-7,"l":[],"n":1.5,"o":{},"s":""})"},
      {R"({"s":"x","n":2,"i":4.0,"b":null})",
       R"({"any":null,"b":false,"i":4,"l":null,"n":2,"o":{"a":[1]},"s":"x"})"},
  };
  for (auto [given, expected] : table)
    BOOST_TEST_CONTEXT(given) BOOST_TEST(bound(plan, given) == expected);
  BOOST_TEST(bound(plan_with("  {}"), "{}") == "{}");
  BOOST_TEST(bound(plan_with("  x: {}"), R"({"x":null})") == R"({"x":null})");
}

BOOST_AUTO_TEST_CASE(every_wrong_input_is_named_at_once) {
  const auto plan = plan_with(every_type);
  BOOST_TEST(bound(plan, R"({"n":"1","i":1.5,"b":0,"o":[],"l":{},"anny":1,"other":2})") ==
             "input `b` must be a boolean, not a number\n"
             "input `i` must be an integer, not a number\n"
             "input `l` must be an array, not a map\n"
             "input `n` must be a number, not text\n"
             "input `o` must be an object, not a list\n"
             "input `s` is missing; the plan requires a string\n"
             "the plan has no input `anny`; did you mean `any`?\n"
             "the plan has no input `other`");
  BOOST_TEST(bound(plan, R"({"s":null})") == "input `s` must be a string, not null");
  BOOST_TEST(bound(plan_with("  x: {}"), "{}") == "input `x` is missing; the plan requires it");
}

BOOST_AUTO_TEST_CASE(what_is_no_map_of_inputs_is_refused) {
  const auto plan = plan_with(every_type);
  BOOST_TEST(bound(plan, "[]") == "the inputs must be a map by name, not a list");
  BOOST_TEST(bound(plan, "null") == "the inputs must be a map by name, not null");
  BOOST_TEST(bound(plan, "{").find("the inputs are not JSON of at most 64 levels: ") == 0u);
  BOOST_TEST(bound(plan, std::string(100, '[') + std::string(100, ']'))
                 .find("the inputs are not JSON of at most 64 levels: ") == 0u);
  BOOST_TEST(bound(plan, "{\"s\":\"" + std::string(limits::payload_bytes_max, 'x') + "\"}") ==
             "the inputs have 524355 bytes; at most 524288 are taken");
}

BOOST_AUTO_TEST_SUITE_END()
