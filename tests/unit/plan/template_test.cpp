#include "runtime/plan/template.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"

using namespace troupe;
using namespace troupe::plan;

namespace {

const JsonText roots{
    R"({"inputs":{"domain":"example.org","n":3,"half":1.5,"flag":true,"nothing":null,
  "list":[1,2.5],"map":{"b":1,"a":"x"},"evil":"${{ inputs.secret }}","secret":"s3cret",
  "quote":"say \"hi\"\n"},"signals":{}})"};

std::string filled(std::string json) {
  const Scope scope{roots};
  const auto value = evaluate(Template{JsonText{std::move(json)}}, scope);
  if (value) return value->text;
  BOOST_TEST((value.error().error_class == ErrorClass::invalid_input));
  return value.error().message;
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string joined(const std::vector<std::vector<std::string>>& paths) {
  std::string text;
  for (const auto& path : paths) {
    for (const auto& part : path) text += part + "/";
    text += " ";
  }
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(template_)

BOOST_AUTO_TEST_CASE(a_single_expression_keeps_its_type_and_embedded_ones_become_text) {
  const std::pair<const char*, const char*> table[] = {
      {R"("Prepare ${{ inputs.domain }}")", R"("Prepare example.org")"},
      {R"("${{ inputs.n }}")", "3"},
      {R"("${{inputs.flag}}")", "true"},
      {R"("${{ inputs.nothing }}")", "null"},
      {R"("${{ inputs.map }}")", R"({"b":1,"a":"x"})"},
      {R"(" ${{ inputs.n }}")", R"(" 3")"},
      {R"("${{ inputs.n }}${{ inputs.n }}")", R"("33")"},
      {R"("n=${{ inputs.n }} h=${{ inputs.half }} f=${{ inputs.flag }} z=${{ inputs.nothing }}")",
       R"("n=3 h=1.5 f=true z=null")"},
      {R"("l=${{ inputs.list }} m=${{ inputs.map }}")", R"("l=[1,2.5] m={\"b\":1,\"a\":\"x\"}")"},
      {R"("${{ inputs.quote }}!")", R"("say \"hi\"\n!")"},
      {R"({"a":["${{ inputs.n }}",{"b":"x${{ inputs.n }}"}],"c":1.5,"d":null,"e":false})",
       R"({"a":[3,{"b":"x3"}],"c":1.5,"d":null,"e":false})"},
      {"5", "5"},
      {"\"plain\"", "\"plain\""},
      {"\"\"", "\"\""},
      {"{}", "{}"},
      {"[]", "[]"},
      {R"("${{ '}}' }}")", R"("}}")"},
      {R"("a ${{ \"}}\" }} b")", R"("a }} b")"},
  };
  for (auto [text, expected] : table) BOOST_TEST_CONTEXT(text) BOOST_TEST(filled(text) == expected);
}

BOOST_AUTO_TEST_CASE(a_dollar_more_escapes) {
  const std::pair<const char*, const char*> table[] = {
      {R"("$${{ inputs.n }}")", R"("${{ inputs.n }}")"},
      {R"("a $${{ b }} ${{ inputs.n }}")", R"("a ${{ b }} 3")"},
      {R"("$$${{ x }}")", R"("$${{ x }}")"},
      {R"("costs $5, ${ x }, {{ y }}, }} and $")", R"("costs $5, ${ x }, {{ y }}, }} and $")"},
  };
  for (auto [text, expected] : table) BOOST_TEST_CONTEXT(text) BOOST_TEST(filled(text) == expected);
}

BOOST_AUTO_TEST_CASE(inserted_text_is_never_evaluated_again) {
  BOOST_TEST(filled(R"("${{ inputs.evil }}")") == R"("${{ inputs.secret }}")");
  BOOST_TEST(filled(R"("see ${{ inputs.evil }}")") == R"("see ${{ inputs.secret }}")");
}

BOOST_AUTO_TEST_CASE(a_template_that_cannot_be_filled_in_names_its_expression) {
  BOOST_TEST(
      filled(R"({"a":"ok","b":["x ${{ inputs.absent }}"]})") ==
      "expression `inputs.absent`: `inputs.absent` does not exist: `inputs` is a map without "
      "that key");
  BOOST_TEST(filled(R"("${{ inputs.n ")") ==
             "expression `inputs.n` is not closed with }} (check its quotes; a literal ${{ is "
             "written $${{)");
  BOOST_TEST(filled(R"("${{ 'x }}")") ==
             "expression `'x }}` is not closed with }} (check its quotes; a literal ${{ is written "
             "$${{)");
}

BOOST_AUTO_TEST_CASE(what_insertions_add_up_to_is_bounded) {
  Scope scope{JsonText{"{}"}};
  scope.set("inputs",
            JsonText{"{\"big\":\"" + std::string(limits::payload_bytes_max / 2, 'x') + "\"}"});
  const auto in_text = repeat("${{ inputs.big }}", 1000);
  const auto in_list = "[" + repeat("\"${{ inputs.big }}\",", 1000) + "1]";
  for (const auto& text : {"\"" + in_text + "\"", in_list}) {
    const auto value = evaluate(Template{JsonText{text}}, scope);
    BOOST_REQUIRE(!value.ok());
    BOOST_TEST(value.error().message ==
               "filled in, the template has more than 524288 bytes; insert less, or pass it as an "
               "artifact");
  }
  BOOST_TEST(evaluate(Template{JsonText{"\"${{ inputs.big }}\""}}, scope).ok());
}

BOOST_AUTO_TEST_CASE(a_root_can_be_replaced) {
  Scope scope{JsonText{R"({"inputs":{"a":1}})"}};
  scope.set("inputs", JsonText{R"({"a":2})"});
  scope.set("alert", JsonText{R"({"labels":{"severity":"page"}})"});
  BOOST_TEST(evaluate(Expression{"inputs.a"}, scope)->text == "2");
  Scope moved = std::move(scope);
  BOOST_TEST(evaluate(Expression{"alert.labels.severity"}, moved)->text == "\"page\"");
}

BOOST_AUTO_TEST_CASE(the_syntax_of_a_template_is_checked_without_a_scope) {
  const auto fault_of = [](std::string json) {
    return syntax_fault(Template{JsonText{std::move(json)}});
  };
  BOOST_TEST(fault_of(R"({"a":"${{ x.y }}","b":[1,"$${{ no"]})") == "");
  BOOST_TEST(fault_of(R"({"a":["${{ x = y }}"]})") ==
             "expression `x = y`, character 4: unexpected `=`; compare with ==");
  BOOST_TEST(fault_of(R"({"a${{ x }}":1})") ==
             "the key `a${{ x }}` holds a template; only values can");
  BOOST_TEST(fault_of("\"" + std::string(limits::template_bytes_max + 1, 'x') + "\"") ==
             "a template has at most 65536 bytes");
}

BOOST_AUTO_TEST_CASE(every_path_is_listed_as_written) {
  BOOST_TEST(joined(paths_of(Expression{
                 "default(steps.a.output[0]['x.y'], inputs.n) == 1 && !signals.done"})) ==
             "steps/a/output/0/x.y/ inputs/n/ signals/done/ ");
  BOOST_TEST(
      joined(paths_of(Template{JsonText{
          R"({"a":"${{ inputs.x }} and ${{ steps.b.state }}","b":["$${{ no.path }}"]})"}})) ==
      "inputs/x/ steps/b/state/ ");
  BOOST_TEST(paths_of(Expression{"a ="}).empty());
  BOOST_TEST(paths_of(Expression{"'a.b'"}).empty());
}

BOOST_AUTO_TEST_CASE(a_condition_is_exactly_one_expression) {
  Expression inside;
  BOOST_TEST(single_expression("${{ a == 'b}}' }}", inside));
  BOOST_TEST(inside.text == "a == 'b}}'");
  for (auto text :
       {"", "a == b", "${{ a }} ", " ${{ a }}", "${{ a }}${{ b }}", "$${{ a }}", "${{ a", "true"})
    BOOST_TEST(!single_expression(text, inside), text);
}

BOOST_AUTO_TEST_SUITE_END()
