#include "toolkits/catalogue.hpp"

#include <algorithm>
#include <exception>

#include "runtime/json_schema.hpp"
#include "runtime/plan/suggestion.hpp"
#include "toolkits/kind.hpp"

namespace troupe::toolkits {
namespace {

// Every toolkit of this build, by name. A new one is added here.
const Kind* const all_kinds[] = {&alertmanager_kind, &ledger_kind,  &logs_kind,     &probe_kind,
                                 &prometheus_kind,   &service_kind, &workspace_kind};

const Kind* find_kind(std::string_view name) {
  for (const auto* kind : all_kinds)
    if (kind->name == name) return kind;
  return nullptr;
}

void add(Catalogue& catalogue, const Kind& kind, const JsonText& settings,
         const Environment& environment) {
  const auto pointer = "/toolkits/" + std::string{kind.name};
  const auto blame = [&](const std::vector<std::string>& faults) {
    for (const auto& fault : faults) // "/: .." is about the settings as a whole
      catalogue.faults.push_back(pointer + fault.substr(fault.starts_with("/:") ? 1 : 0));
  };
  if (auto faults = schema_faults(kind.settings_schema, settings); !faults.empty())
    return blame(faults);
  auto made = kind.make(settings, environment);
  if (!made.faults.empty()) return blame(made.faults);
  if (!made.missing.empty())
    catalogue.disabled.push_back({std::string{kind.name}, std::move(made.missing)});
  else
    catalogue.toolkits.push_back(std::move(made.toolkit));
}

std::string joined(const std::vector<std::string>& faults) {
  std::string text;
  for (const auto& fault : faults) (text += text.empty() ? "" : "; ") += fault;
  return text;
}

Result<JsonText> call_bounded(Toolkit& toolkit, const ToolSpec& tool, const ToolCall& call,
                              std::stop_token stop) {
  auto result = toolkit.call(call, std::move(stop));
  if (result && result->text.size() > tool.output_bytes_max)
    return make_error(ErrorClass::tool_failed,
                      tool.name + ": its output is " + std::to_string(result->text.size()) +
                          " bytes, more than the bound of " +
                          std::to_string(tool.output_bytes_max) + "; ask for less");
  return result;
}

} // namespace

const ToolSpec* Catalogue::find(std::string_view tool) const {
  for (const auto& toolkit : toolkits)
    for (const auto& spec : toolkit->tools())
      if (spec.name == tool) return &spec;
  return nullptr;
}

std::shared_ptr<Toolkit> Catalogue::toolkit_of(std::string_view tool) const {
  for (const auto& toolkit : toolkits)
    for (const auto& spec : toolkit->tools())
      if (spec.name == tool) return toolkit;
  return nullptr;
}

Catalogue make_catalogue(const std::map<std::string, JsonText>& settings,
                         const Environment& environment) {
  Catalogue catalogue;
  for (const auto& [name, own] : settings) {
    if (const auto* kind = find_kind(name))
      add(catalogue, *kind, own.text == "null" ? JsonText{"{}"} : own, environment);
    else
      catalogue.faults.push_back("/toolkits/" + name + ": unknown toolkit" +
                                 plan::did_you_mean_or_list(name, known_toolkits()));
  }
  return catalogue;
}

std::vector<std::string> known_toolkits() {
  std::vector<std::string> names;
  for (const auto* kind : all_kinds) names.emplace_back(kind->name);
  return names;
}

std::vector<ToolSpec> known_tools(std::string_view toolkit) {
  const auto* kind = find_kind(toolkit);
  return kind ? kind->tools() : std::vector<ToolSpec>{};
}

Result<> check_arguments(const ToolSpec& tool, const JsonText& arguments) {
  const auto faults = schema_faults(tool.input_schema.text, arguments);
  if (faults.empty()) return {};
  return make_error(ErrorClass::invalid_input,
                    "the arguments of " + tool.name + " are wrong: " + joined(faults));
}

Reconciled reconcile_checked(Toolkit& toolkit, const ToolCall& call, std::stop_token stop) {
  try {
    return toolkit.reconcile(call, std::move(stop));
  } catch (const std::exception& defect) {
    return {std::nullopt, {}, call.tool + ": " + defect.what()};
  }
}

Result<JsonText> call_checked(Toolkit& toolkit, const ToolSpec& tool, ToolCall call,
                              std::stop_token stop) {
  try {
    if (auto checked = check_arguments(tool, call.arguments); !checked) return checked.error();
    if (stop.stop_requested())
      return make_error(ErrorClass::cancelled, tool.name + ": cancelled before it began");
    call.tool = tool.name;
    call.timeout = std::min(call.timeout, tool.timeout);
    return call_bounded(toolkit, tool, call, std::move(stop));
  } catch (const std::exception& defect) {
    return make_error(ErrorClass::internal, tool.name + ": " + defect.what());
  }
}

} // namespace troupe::toolkits
