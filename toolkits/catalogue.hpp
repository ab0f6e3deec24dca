// The toolkits a node serves, made from its settings, and the checks that stand before every call.
#pragma once
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/json_text.hpp"
#include "runtime/ports/http_client.hpp"
#include "runtime/result.hpp"
#include "toolkits/toolkit.hpp"

namespace troupe::toolkits {

struct Environment {
  std::string data_dir; // workspaces stand in <data_dir>/workspaces/<job>
  std::shared_ptr<ports::HttpClient> http;
  std::shared_ptr<const Clock> clock; // null: the operating system's
};

struct Disabled {
  std::string toolkit;
  std::string reason; // what is missing and how to provide it
};

struct Catalogue {
  std::vector<std::shared_ptr<Toolkit>> toolkits;
  std::vector<Disabled> disabled; // known and configured, but a `requires` is missing
  /// Unknown toolkits, settings that break a toolkit's schema: the start must fail. Each begins
  /// with a JSON Pointer into the node's settings: "/toolkits/probe/allow/0: expected ...".
  std::vector<std::string> faults;

  const ToolSpec* find(std::string_view tool) const;                // "probe.http"
  std::shared_ptr<Toolkit> toolkit_of(std::string_view tool) const; // null if nobody serves it
};

/// Makes every toolkit named in `settings` (config::Settings::toolkits).
Catalogue make_catalogue(const std::map<std::string, JsonText>& settings,
                         const Environment& environment);

/// Every toolkit this build knows, and the tools of one: for help texts, `config check` and
/// documentation. No settings are needed; nothing for an unknown name.
std::vector<std::string> known_toolkits();
std::vector<ToolSpec> known_tools(std::string_view toolkit);

/// Checks arguments against the tool's schema. invalid_input names every place by JSON Pointer.
Result<> check_arguments(const ToolSpec& tool, const JsonText& arguments);

/// Toolkit::reconcile. Never throws.
Reconciled reconcile_checked(Toolkit& toolkit, const ToolCall& call, std::stop_token stop);

/// Checks, calls, bounds the output. Never throws. call.timeout is cut to tool.timeout: set it to
/// that, or to what is left of the step's time.
Result<JsonText> call_checked(Toolkit& toolkit, const ToolSpec& tool, ToolCall call,
                              std::stop_token stop);

} // namespace troupe::toolkits
