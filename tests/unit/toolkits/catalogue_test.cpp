#include "toolkits/catalogue.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "runtime/json_schema.hpp"
#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "tests/unit/toolkits/scripted_http.hpp"
#include "toolkits/kind.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains;

namespace {

/// A toolkit whose one tool does what a test tells it to.
class OneTool final : public Toolkit {
 public:
  using Act = std::function<Result<JsonText>(const ToolCall&)>;
  explicit OneTool(Act act) : act_{std::move(act)} {
    ToolSpec spec;
    spec.name = "one.tool";
    spec.input_schema = JsonText{R"({"type":"object","additionalProperties":false})"};
    spec.timeout = Millis{1'000};
    spec.output_bytes_max = 10;
    tools_.push_back(spec);
  }
  std::string_view name() const override { return "one"; }
  const std::vector<ToolSpec>& tools() const override { return tools_; }
  bool bound() const override { return false; }
  Result<JsonText> call(const ToolCall& call, std::stop_token) override { return act_(call); }

 private:
  Act act_;
  std::vector<ToolSpec> tools_;
};

ToolCall with(const std::string& arguments) {
  return {"one.tool", JsonText{arguments}, "key-1", "job-1", Millis{60'000}};
}

Environment environment() {
  return {"/tmp/troupe-never-made", std::make_shared<test::ScriptedHttp>([](const auto&) {
            return test::http_response(200);
          }),
          nullptr};
}

} // namespace

BOOST_AUTO_TEST_SUITE(catalogue)

BOOST_AUTO_TEST_CASE(every_known_tool_is_complete) {
  for (const auto& toolkit : known_toolkits()) {
    BOOST_TEST(!known_tools(toolkit).empty());
    for (const auto& tool : known_tools(toolkit)) BOOST_TEST_CONTEXT(tool.name) {
        BOOST_TEST(tool.name.starts_with(toolkit + '.'));
        BOOST_TEST(!tool.description.empty());
        BOOST_TEST(schema_defect(tool.input_schema.text) == "");
        BOOST_TEST(schema_defect(tool.output_schema.text) == "");
        const auto input = boost::json::parse(tool.input_schema.text).as_object();
        BOOST_TEST(input.at("type").as_string() == "object");
        BOOST_TEST(input.at("additionalProperties").as_bool() == false);
        for (const auto& property : input.at("properties").as_object())
          BOOST_TEST(property.value().as_object().contains("description"), property.key());
        BOOST_TEST((tool.risk == Risk::read) == (tool.effect == Effect::pure));
        BOOST_TEST(tool.timeout.count() > 0);
        BOOST_TEST(tool.output_bytes_max <= limits::large_result_bytes_max);
      }
  }
  BOOST_TEST(known_tools("nothing").empty());
}

BOOST_AUTO_TEST_CASE(the_bounds_in_the_schemas_are_those_of_the_limits) {
  const auto maximum = [](const char* toolkit, std::size_t tool, const char* argument) {
    const auto schema = boost::json::parse(known_tools(toolkit).at(tool).input_schema.text);
    return schema.at("properties").at(argument).at("maximum").to_number<std::size_t>();
  };
  BOOST_TEST(maximum("logs", 1, "lines") == limits::log_lines_max);
  BOOST_TEST(maximum("logs", 1, "bytes") == limits::text_result_bytes_max);
  BOOST_TEST(maximum("workspace", 1, "bytes") == limits::text_result_bytes_max);
}

BOOST_AUTO_TEST_CASE(the_readme_names_every_tool) {
  const auto readme = test::read_file(TROUPE_SOURCE_DIR "/toolkits/README.md");
  for (const auto& toolkit : known_toolkits())
    for (const auto& tool : known_tools(toolkit))
      BOOST_TEST(contains(readme, '`' + tool.name + '`'), tool.name);
}

BOOST_AUTO_TEST_CASE(settings_make_toolkits_and_null_settings_are_empty_ones) {
  const auto made = make_catalogue(
      {{"probe", JsonText{R"({"allow":["localhost"]})"}}, {"workspace", JsonText{"null"}}},
      environment());
  BOOST_TEST(made.faults.empty());
  BOOST_TEST(made.toolkits.size() == 2u);
  BOOST_REQUIRE(made.find("probe.http"));
  BOOST_TEST(made.toolkit_of("probe.http")->name() == "probe");
  BOOST_TEST(!made.toolkit_of("probe.http")->bound());
  BOOST_TEST(made.toolkit_of("workspace.read")->bound());
  BOOST_TEST(!made.find("probe.htttp"));
  BOOST_TEST(!made.toolkit_of("logs.tail"));
}

BOOST_AUTO_TEST_CASE(every_fault_of_the_settings_is_named_by_pointer) {
  const auto made = make_catalogue({{"prob", JsonText{"{}"}},
                                    {"probe", JsonText{R"({"allow":["ok", "-", "10.0.0.0/40"]})"}},
                                    {"logs", JsonText{R"({"files":{"a":"relative"},"x":1})"}},
                                    {"workspace", JsonText{"[]"}}},
                                   environment());
  BOOST_TEST(made.toolkits.empty());
  std::string faults;
  for (const auto& fault : made.faults) faults += fault + '\n';
  for (auto expected :
       {"/toolkits/prob: unknown toolkit; did you mean `probe`?",
        "/toolkits/probe/allow/1: expected an address",
        "/toolkits/probe/allow/2: expected 0 to 32 bits", "/toolkits/logs/files/a: expected a text",
        "/toolkits/logs/x: unknown key; known: files\n",
        "/toolkits/workspace: expected object, found array\n"})
    BOOST_TEST(contains(faults, expected), faults);
  BOOST_TEST(made.faults.size() == 6u);
}

BOOST_AUTO_TEST_CASE(a_toolkit_that_lacks_what_it_requires_is_disabled_with_the_remedy) {
  const auto made = make_catalogue(
      {{"workspace", JsonText{"{}"}}, {"probe", JsonText{R"({"allow":["*"]})"}}}, {});
  BOOST_TEST(made.faults.empty());
  BOOST_TEST(made.toolkits.empty());
  BOOST_REQUIRE(made.disabled.size() == 2u);
  BOOST_TEST(made.disabled[0].toolkit == "probe");
  BOOST_TEST(contains(made.disabled[1].reason, "set data_dir"));
}

BOOST_AUTO_TEST_CASE(arguments_are_checked_before_a_tool_is_called) {
  bool called = false;
  OneTool toolkit{[&](const auto&) {
    called = true;
    return JsonText{"1"};
  }};
  const auto& tool = toolkit.tools()[0];
  const auto refused = call_checked(toolkit, tool, with(R"({"x":1})"), {});
  BOOST_REQUIRE(!refused.ok());
  BOOST_TEST((refused.error().error_class == ErrorClass::invalid_input));
  BOOST_TEST(refused.error().message ==
             "the arguments of one.tool are wrong: /x: unknown key; known: none");
  BOOST_TEST(!called);
  BOOST_TEST(call_checked(toolkit, tool, with("{}"), {}).ok());
  BOOST_TEST(called);
}

BOOST_AUTO_TEST_CASE(a_call_is_bounded_in_output_time_and_damage) {
  std::function<Result<JsonText>(const ToolCall&)> act;
  OneTool toolkit{[&](const ToolCall& call) { return act(call); }};
  const auto& tool = toolkit.tools()[0];
  const ToolCall call = with("{}");

  act = [](const auto&) { return JsonText{"\"too much text\""}; };
  const auto large = call_checked(toolkit, tool, call, {});
  BOOST_REQUIRE(!large.ok());
  BOOST_TEST((large.error().error_class == ErrorClass::tool_failed));
  BOOST_TEST(contains(large.error().message, "15 bytes"));

  act = [](const auto&) -> Result<JsonText> { throw std::runtime_error{"a defect"}; };
  const auto thrown = call_checked(toolkit, tool, call, {});
  BOOST_REQUIRE(!thrown.ok());
  BOOST_TEST((thrown.error() == make_error(ErrorClass::internal, "one.tool: a defect")));

  act = [](const ToolCall& seen) { return JsonText{std::to_string(seen.timeout.count())}; };
  BOOST_TEST(call_checked(toolkit, tool, call, {})->text == "1000");

  std::stop_source stop;
  stop.request_stop();
  const auto cancelled = call_checked(toolkit, tool, call, stop.get_token());
  BOOST_REQUIRE(!cancelled.ok());
  BOOST_TEST((cancelled.error().error_class == ErrorClass::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()
