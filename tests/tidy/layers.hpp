// The table of layers: which folder may include which, and where each library is at home.
#pragma once
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/cpp_text.hpp"

namespace troupe::tidy {

/// Why a file must not include this, or nothing. `path` and own includes are written from the root.
std::optional<std::string> forbidden(std::string_view path, const Include& include);

/// Every forbidden include of a file, as "path:line: reason".
std::vector<std::string> forbidden_includes(std::string_view path, std::string_view text);

/// The table, for people.
void print_layers(std::ostream& out);

} // namespace troupe::tidy
