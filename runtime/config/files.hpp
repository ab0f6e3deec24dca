// Files that configuration names: where they are, what they hold.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace troupe::config {

/// `path` as seen from the folder of `file`, as short as that gets: "configs/plans/a.yaml" for
/// "../plans/a.yaml" in "configs/teams/b.yaml". For reading, and for the texts of faults.
std::string beside(std::string_view file, std::string_view path);

/// `path` as seen from the folder of `file`: absolute, without `..`. An absolute one stays itself.
std::string resolve(std::string_view file, std::string_view path);

/// invalid_input: "cannot be read: No such file or directory", or more than `bytes_max`.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

} // namespace troupe::config
