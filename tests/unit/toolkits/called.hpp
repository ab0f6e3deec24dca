// Calls a tool as a tool server does, and checks what comes back against the tool's own schema.
#pragma once
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

#include "runtime/json_schema.hpp"
#include "toolkits/catalogue.hpp"

namespace troupe::test {

inline Result<JsonText> call(const toolkits::Catalogue& catalogue, const std::string& tool,
                             const std::string& arguments, const std::string& job = "job-1",
                             std::stop_token stop = {}) {
  const auto* spec = catalogue.find(tool);
  BOOST_REQUIRE_MESSAGE(spec, "no tool " + tool);
  auto result =
      toolkits::call_checked(*catalogue.toolkit_of(tool), *spec,
                             {tool, JsonText{arguments}, "key-1", job, spec->timeout, {}}, stop);
  if (result)
    for (const auto& fault : schema_faults(spec->output_schema.text, *result))
      BOOST_ERROR(tool + " broke its output schema: " + fault + "\n" + result->text);
  return result;
}

/// The output of a call that must succeed.
inline boost::json::value output(const toolkits::Catalogue& catalogue, const std::string& tool,
                                 const std::string& arguments, const std::string& job = "job-1") {
  const auto result = call(catalogue, tool, arguments, job);
  BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
  return boost::json::parse(result->text);
}

/// The error of a call that must fail with this class.
inline std::string failure(const toolkits::Catalogue& catalogue, const std::string& tool,
                           const std::string& arguments, ErrorClass expected,
                           const std::string& job = "job-1") {
  const auto result = call(catalogue, tool, arguments, job);
  BOOST_REQUIRE_MESSAGE(!result.ok(), (result.ok() ? result->text : ""));
  BOOST_TEST(to_string(result.error().error_class) == to_string(expected));
  return result.error().message;
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

} // namespace troupe::test
