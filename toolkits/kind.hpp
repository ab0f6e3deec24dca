// What the catalogue knows of a toolkit before any settings: its name, its tools, how to make it.
// One constant per toolkit, defined beside the toolkit and listed in catalogue.cpp.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"
#include "toolkits/catalogue.hpp"
#include "toolkits/toolkit.hpp"

namespace troupe::toolkits {

/// What became of the settings. Exactly one of the three is filled in.
struct Made {
  std::shared_ptr<Toolkit> toolkit;
  std::string missing; // a `requires` that is not there, and how to provide it: Disabled
  std::vector<std::string> faults; // "/allow/0: what was expected", relative to the settings
};

struct Kind {
  std::string_view name;            // "probe"
  bool bound = false;               // Toolkit::bound
  std::string_view settings_schema; // JSON Schema, draft 7
  std::vector<ToolSpec> (*tools)();
  /// `settings` already satisfy settings_schema.
  Made (*make)(const JsonText& settings, const Environment& environment);
};

extern const Kind alertmanager_kind, ledger_kind, logs_kind, probe_kind, prometheus_kind,
    service_kind, workspace_kind;

/// Everything of a Toolkit but `call`.
class KnownToolkit : public Toolkit {
 public:
  explicit KnownToolkit(const Kind& kind) : kind_{kind}, tools_{kind.tools()} {}
  std::string_view name() const final { return kind_.name; }
  const std::vector<ToolSpec>& tools() const final { return tools_; }
  bool bound() const final { return kind_.bound; }

 private:
  const Kind& kind_;
  std::vector<ToolSpec> tools_;
};

} // namespace troupe::toolkits
