// The toolkits a node serves, made from its settings, and the checks that stand before every call.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/ports/http_client.hpp"
#include "runtime/result.hpp"
#include "toolkits/toolkit.hpp"

namespace troupe::toolkits {

struct Environment {
  std::string data_dir; // workspaces stand in <data_dir>/workspaces/<job>
  std::shared_ptr<ports::HttpClient> http;
};

struct Disabled {
  std::string toolkit;
  std::string reason; // what is missing and how to provide it
};

struct Catalogue {
  std::vector<std::shared_ptr<Toolkit>> toolkits;
  std::vector<Disabled> disabled; // known and configured, but a `requires` is missing
  std::vector<std::string>
      faults; // unknown toolkits, settings that break a toolkit's schema: the start must fail

  const ToolSpec* find(std::string_view tool) const; // "probe.http"
};

/// Makes every toolkit named in `settings` (config::Settings::toolkits).
Catalogue make_catalogue(const std::map<std::string, JsonText>& settings,
                         const Environment& environment);

/// Every toolkit this build knows, with its tools: for help texts, `config check` and
/// documentation.
std::vector<std::string> known_toolkits();

/// Checks arguments against the tool's schema. invalid_input names every place by JSON Pointer.
Result<> check_arguments(const ToolSpec& tool, const JsonText& arguments);

/// Checks, calls, bounds the output. Never throws.
Result<JsonText> call_checked(Toolkit& toolkit, const ToolSpec& tool, ToolCall call,
                              std::stop_token stop);

} // namespace troupe::toolkits
