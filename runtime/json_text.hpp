// A JSON document carried as text: payloads cross the core without being parsed, and runtime
// headers stay light.
#pragma once
#include <string>
#include <utility>

namespace troupe {

/// Invariant: `text` is one valid JSON value. Whoever takes bytes from outside checks them first.
struct JsonText {
  std::string text = "null";

  JsonText() = default;
  explicit JsonText(std::string valid_json) : text{std::move(valid_json)} {}
  friend bool operator==(const JsonText&, const JsonText&) = default;
};

} // namespace troupe
