// Words that have no place in the tree.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tidy {

/// Notes of unfinished work, as "path:line: word". Any kind of file.
std::vector<std::string> unfinished_work(std::string_view path, std::string_view text);

/// Calls that only wait for time to pass, in tests; comments may speak of them.
std::vector<std::string> sleeps(std::string_view path, std::string_view text);

/// The part of a path that says nothing: "util", "helpers". Empty: none.
std::string meaningless_name(std::string_view path);

} // namespace troupe::tidy
