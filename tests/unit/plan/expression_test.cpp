#include "runtime/plan/expression.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "runtime/plan/template.hpp"

using namespace troupe;
using namespace troupe::plan;

namespace {

const JsonText roots{R"({
  "inputs": {"n": 3, "half": 0.5, "big": 9007199254740993, "huge": 18446744073709551615,
             "name": "web", "empty": "", "yes": true, "no": false, "nothing": null,
             "list": [10, 20, 30], "map": {"a": {"b": [1, {"c": "deep"}]}},
             "labels": {"app.io/name": "x", "with space": 1},
             "large": {"artifact": "sha256:00", "bytes": 5000000, "type": "application/json"}},
  "run": {"id": "r-1"},
  "steps": {"a-b": {"state": "completed", "output": {"x": 1.0}, "error": {"class": null}},
            "skipped": {"state": "skipped", "output": null, "error": {"class": null}}},
  "signals": {"resolved": {"at": "now"}}
})"};

/// The value as JSON, or the fault.
std::string value_of(std::string text) {
  const Scope scope{roots};
  const auto value = evaluate(Expression{std::move(text)}, scope);
  if (value) return value->text;
  BOOST_TEST((value.error().error_class == ErrorClass::invalid_input));
  return value.error().message;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(expression)

BOOST_AUTO_TEST_CASE(expressions_yield_typed_values) {
  const std::pair<const char*, const char*> table[] = {
      // literals
      {"null", "null"},
      {"true", "true"},
      {" false ", "false"},
      {"42", "42"},
      {"-1.5e3", "-1500"},
      {"'text'", "\"text\""},
      {"\"text\"", "\"text\""},
      {"'say \"hi\"'", R"("say \"hi\"")"},
      {"'it\\'s'", "\"it's\""},
      {"\"a\\n\\u00e9\\\\\"", "\"a\\né\\\\\""},
      {"'}}'", "\"}}\""},
      // paths
      {"inputs.name", "\"web\""},
      {"inputs.n", "3"},
      {"inputs.half", "0.5"},
      {"inputs.list", "[10,20,30]"},
      {"inputs.list[2]", "30"},
      {"inputs.map.a.b[1].c", "\"deep\""},
      {"inputs . map [ 'a' ] . b [ 0 ]", "1"},
      {"inputs.labels[\"app.io/name\"]", "\"x\""},
      {"inputs.labels['with space']", "1"},
      {"inputs['n']", "3"},
      {"inputs.nothing", "null"},
      {"steps.a-b.output.x", "1"},
      {"steps.skipped.output", "null"},
      {"steps.a-b.error.class", "null"},
      {"signals.resolved.at", "\"now\""},
      {"signals.firing", "null"},
      {"run.id", "\"r-1\""},
      // comparison
      {"1 == 1.0", "true"},
      {"1 != 1.0", "false"},
      {"inputs.big == 9007199254740992.0", "false"},
      {"inputs.big > 9007199254740992.0", "true"},
      {"inputs.huge > -1", "true"},
      {"inputs.huge == 18446744073709551615", "true"},
      {"'a' < 'b'", "true"},
      {"'Z' < 'a'", "true"},
      {"'a' <= 'a'", "true"},
      {"'é' > 'z'", "true"},
      {"2 >= 2.5", "false"},
      {"1 == '1'", "false"},
      {"null == false", "false"},
      {"null == null", "true"},
      {"inputs.nothing != null", "false"},
      {"inputs.list == inputs.list", "true"},
      {"inputs.map == inputs.labels", "false"},
      {"steps.a-b.output == inputs.map", "false"},
      {"signals.resolved == null", "false"},
      {"true == true", "true"},
      // logic and precedence
      {"!true", "false"},
      {"!!inputs.yes", "true"},
      {"true && false", "false"},
      {"false || true", "true"},
      {"true || false && false", "true"},
      {"(true || false) && false", "false"},
      {"!false && 1 < 2 == true", "true"},
      {"1 < 2 && 2 < 3 && 3 < 4", "true"},
      {"inputs.no && inputs.absent", "false"},
      {"inputs.yes || inputs.absent", "true"},
      // default
      {"default(inputs.absent, 7)", "7"},
      {"default(inputs.nothing, 7)", "7"},
      {"default(inputs.n, 7)", "3"},
      {"default(inputs.no, true)", "false"},
      {"default(steps.skipped.output.healthy, false)", "false"},
      {"default(nowhere.at.all, 'x')", "\"x\""},
      {"default(default(inputs.a, inputs.b), inputs.name)", "\"web\""},
      {"default(inputs.list[9], 0)", "0"},
      {"default(signals.firing.body, 1)", "1"},
      // slice
      {"slice(inputs.list, 0, 1)", "[10]"},
      {"slice(inputs.list, 1)", "[20,30]"},
      {"slice(inputs.list, 1.0, 2.0)", "[20]"},
      {"slice(inputs.list, 2, 1)", "[]"},
      {"slice(inputs.list, 5)", "[]"},
      {"slice(inputs.list, 0, 1e300)", "[10,20,30]"},
      {"slice(default(inputs.absent, inputs.list), 0, 1)", "[10]"},
  };
  for (auto [text, expected] : table)
    BOOST_TEST_CONTEXT(text) BOOST_TEST(value_of(text) == expected);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_evaluated_names_the_expression_and_the_path) {
  const std::pair<const char*, const char*> table[] = {
      {"inputs.absent",
       "expression `inputs.absent`: `inputs.absent` does not exist: `inputs` is a map without that "
       "key"},
      {" inputs.map.a.x.y ",
       "expression `inputs.map.a.x.y`: `inputs.map.a.x` does not exist: `inputs.map.a` is a map "
       "without that key"},
      {"inputs.list[3]",
       "expression `inputs.list[3]`: `inputs.list[3]` does not exist: `inputs.list` is a list of 3 "
       "items"},
      {"inputs.list.x",
       "expression `inputs.list.x`: `inputs.list.x` does not exist: `inputs.list` is a list of 3 "
       "items"},
      {"inputs.name[0]",
       "expression `inputs.name[0]`: `inputs.name[0]` does not exist: `inputs.name` is text"},
      {"inputs.large.items",
       "expression `inputs.large.items`: `inputs.large.items` does not exist: `inputs.large` is an "
       "artifact, too large to be looked into; give it to a tool as it is, such as "
       "workspace.fetch"},
      {"inputs.labels['no such']",
       "expression `inputs.labels['no such']`: `inputs.labels[\"no such\"]` does not exist: "
       "`inputs.labels` is a map without that key"},
      {"steps.skipped.output.x",
       "expression `steps.skipped.output.x`: `steps.skipped.output.x` does not exist: "
       "`steps.skipped.output` is null"},
      {"nowhere.x",
       "expression `nowhere.x`: `nowhere` does not exist: no such root can be read here"},
      {"signals.firing.body",
       "expression `signals.firing.body`: `signals.firing.body` does not exist: `signals.firing` "
       "has not been received"},
      {"1 < 'a'",
       "expression `1 < 'a'`: a number and text have no order; compare two numbers or two texts"},
      {"null < 1",
       "expression `null < 1`: null and a number have no order; compare two numbers or two texts"},
      {"true < false",
       "expression `true < false`: a boolean and a boolean have no order; compare two numbers or "
       "two texts"},
      {"inputs.list > inputs.list",
       "expression `inputs.list > inputs.list`: a list and a list have no order; compare two "
       "numbers or two texts"},
      {"1 && true", "expression `1 && true`: && needs true or false, not a number"},
      {"true && null", "expression `true && null`: && needs true or false, not null"},
      {"'x' || true", "expression `'x' || true`: || needs true or false, not text"},
      {"!inputs.map", "expression `!inputs.map`: ! needs true or false, not a map"},
      {"slice(inputs.name, 0)",
       "expression `slice(inputs.name, 0)`: slice() takes a list, not text"},
      {"slice(inputs.list, 0 < 1)",
       "expression `slice(inputs.list, 0 < 1)`: `from` of slice() must be a whole number from 0"},
      {"slice(inputs.list, 0, -1)",
       "expression `slice(inputs.list, 0, -1)`: `to` of slice() must be a whole number from 0"},
      {"slice(inputs.list, 0.5)",
       "expression `slice(inputs.list, 0.5)`: `from` of slice() must be a whole number from 0"},
      {"default(1 < 'a', 2)",
       "expression `default(1 < 'a', 2)`: a number and text have no order; compare two numbers or "
       "two texts"},
      {"default(inputs.a, inputs.b)",
       "expression `default(inputs.a, inputs.b)`: `inputs.b` does not exist: `inputs` is a map "
       "without that key"},
  };
  for (auto [text, expected] : table)
    BOOST_TEST_CONTEXT(text) BOOST_TEST(value_of(text) == expected);
}

BOOST_AUTO_TEST_CASE(syntax_faults_say_where_and_what_to_write) {
  const std::pair<const char*, const char*> table[] = {
      {"", "an expression is missing between ${{ and }}"},
      {"  ", "an expression is missing between ${{ and }}"},
      {"a =  b", "expression `a =  b`, character 3: unexpected `=`; compare with =="},
      {"a & b", "expression `a & b`, character 3: unexpected `&`; write && for `and`"},
      {"a | b", "expression `a | b`, character 3: unexpected `|`; write || for `or`"},
      {"a + 1", "expression `a + 1`, character 3: unexpected `+`; there is no arithmetic"},
      {"a - 1", "expression `a - 1`, character 3: unexpected `-`; there is no arithmetic"},
      {"'é' ? 1", "expression `'é' ? 1`, character 5: unexpected `?`"},
      {"é", "expression `é`, character 1: only names, numbers and quoted text can stand here"},
      {"a b", "expression `a b`, character 3: expected an operator or the end, found `b`"},
      {"a and b",
       "expression `a and b`, character 3: expected an operator or the end, found `and`; write && "
       "for `and`"},
      {"a or b",
       "expression `a or b`, character 3: expected an operator or the end, found `or`; write || "
       "for "
       "`or`"},
      {"a ==", "expression `a ==`, character 5: expected a value, found the end"},
      {"a && )", "expression `a && )`, character 6: expected a value, found `)`"},
      {"(a", "expression `(a`, character 3: expected `)`, found the end"},
      {"a.",
       "expression `a.`, character 3: expected a name after `.` (an index is written [0], any "
       "other key [\"key\"]), found the end"},
      {"a.0",
       "expression `a.0`, character 3: expected a name after `.` (an index is written [0], "
       "any other key [\"key\"]), found `0`"},
      {"a[-1]",
       "expression `a[-1]`, character 3: an index is a whole number from 0, or a quoted key"},
      {"a[b]",
       "expression `a[b]`, character 3: an index is a whole number from 0, or a quoted key"},
      {"a[1.5]",
       "expression `a[1.5]`, character 3: an index is a whole number from 0, or a quoted key"},
      {"a[99999999999]",
       "expression `a[99999999999]`, character 3: an index is a whole number from 0, or a quoted "
       "key"},
      {"a[0", "expression `a[0`, character 4: expected `]`, found the end"},
      {"1 < 2 < 3",
       "expression `1 < 2 < 3`, character 7: comparisons do not chain; join them with &&"},
      {"1 == 2 != 3",
       "expression `1 == 2 != 3`, character 8: comparisons do not chain; join them with &&"},
      {"'open", "expression `'open`, character 1: a text that begins here is not closed"},
      {"'a\\'", "expression `'a\\'`, character 1: a text that begins here is not closed"},
      {"'bad \\x'",
       "expression `'bad \\x'`, character 1: the text that begins here has a bad escape or a line "
       "break in it"},
      {"'two\nlines'",
       "expression `'two\nlines'`, character 1: the text that begins here has a bad escape or a "
       "line break in it"},
      {"10m", "expression `10m`, character 1: `10m` is not a number; quote it if it is text"},
      {"007", "expression `007`, character 1: `007` is not a number; quote it if it is text"},
      {"1e999", "expression `1e999`, character 1: `1e999` is not a number; quote it if it is text"},
      {"length(a)",
       "expression `length(a)`, character 1: there is no function `length`; there are "
       "default(value, otherwise) and slice(list, from, to)"},
      {"default(a)",
       "expression `default(a)`, character 1: wrong number of arguments; it is default(value, "
       "otherwise)"},
      {"slice(a, 1, 2, 3)",
       "expression `slice(a, 1, 2, 3)`, character 1: wrong number of arguments; it is slice(list, "
       "from, to)"},
      {"default()", "expression `default()`, character 9: expected a value, found `)`"},
      {"slice(a, 1", "expression `slice(a, 1`, character 11: expected `)`, found the end"},
  };
  for (auto [text, expected] : table) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(syntax_fault(Expression{text}) == expected);
      BOOST_TEST(value_of(text) == expected);
    }
  }
  BOOST_TEST(syntax_fault(Expression{"a.b == 'c'"}) == "");
}

BOOST_AUTO_TEST_CASE(nesting_is_bounded_but_length_is_not) {
  const auto max = limits::json_depth_max;
  BOOST_TEST(value_of(repeat("(", max) + "1" + repeat(")", max)) == "1");
  BOOST_TEST(value_of(repeat("!", max) + "true") == "true");
  for (const auto& text : {repeat("(", 30'000), repeat("!", 60'000), repeat("default(", 8'000),
                           repeat("(", max + 1) + "1" + repeat(")", max + 1)})
    BOOST_TEST(value_of(text).find("it nests deeper than 64 levels") != std::string::npos);
  BOOST_TEST(value_of(repeat("true && ", 5'000) + "true") == "true");
  BOOST_TEST(value_of(repeat("false || ", 5'000) + "true") == "true");
}

BOOST_AUTO_TEST_CASE(long_expressions_are_cut_short_in_faults) {
  const auto fault = syntax_fault(Expression{repeat("é", 1000)});
  BOOST_TEST(fault.size() < 250u);
  BOOST_TEST(fault.find("é...`") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_condition_must_yield_a_boolean) {
  const Scope scope{roots};
  BOOST_TEST(evaluate_condition(Expression{"inputs.n > 2"}, scope).value());
  BOOST_TEST(!evaluate_condition(Expression{"signals.resolved == null"}, scope).value());
  const auto wrong = evaluate_condition(Expression{"inputs.n"}, scope);
  BOOST_REQUIRE(!wrong.ok());
  BOOST_TEST((wrong.error().error_class == ErrorClass::invalid_input));
  BOOST_TEST(wrong.error().message ==
             "expression `inputs.n`: a condition yields true or false, not a number");
}

BOOST_AUTO_TEST_CASE(paths_are_written_as_they_are_read) {
  const auto parsed = parse_expression("a.b-c[0]['x.y'].d");
  BOOST_REQUIRE(parsed.fault.empty());
  BOOST_TEST(path_text(parsed.root.path, 5) == "a.b-c[0][\"x.y\"].d");
  BOOST_TEST(path_text(parsed.root.path, 2) == "a.b-c");
}

BOOST_AUTO_TEST_SUITE_END()
