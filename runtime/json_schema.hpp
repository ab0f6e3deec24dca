// JSON Schema, draft 7: what settings and arguments are checked against before anything is done.
// Every fault is named by JSON Pointer, with what was expected there.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"

namespace troupe {

/// The pattern that durations carry in our schemas. A text that matches it is checked with
/// parse_duration as well.
inline constexpr std::string_view duration_pattern = R"(^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$)";

/// Every place where `document` breaks `schema`, as "<JSON Pointer>: what is wrong, what is
/// expected". Empty when it is fine. Values are never repeated: they may be secrets.
std::vector<std::string> schema_faults(std::string_view schema, const JsonText& document);

/// Why `schema` is no schema; empty when it is one.
std::string schema_defect(std::string_view schema);

} // namespace troupe
