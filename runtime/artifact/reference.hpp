// The value that stands where an artifact is meant. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"

namespace troupe::artifact {

struct Reference {
  std::string hash; // sha256, 64 hex digits
  std::uint64_t bytes = 0;
  std::string type = "application/json";

  friend bool operator==(const Reference&, const Reference&) = default;
};

/// {"artifact":"sha256:..","bytes":N,"type":"application/json"}
JsonText to_json(const Reference& reference);
/// Of a value that is exactly that; nothing for any other.
std::optional<Reference> parse_reference(const JsonText& value);

/// "sha256:<64 hex digits>" -> the digits; nothing for any other text.
std::optional<std::string> parse_name(std::string_view name);
std::string name_of(std::string_view hash); // "sha256:..."

/// Every hash that stands as "sha256:<hash>" in `text`, once each.
std::vector<std::string> hashes_in(std::string_view text);

} // namespace troupe::artifact
