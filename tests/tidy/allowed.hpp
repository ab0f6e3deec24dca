// The exceptions to the tidy tests, each with its reason. One that is no longer needed is a fault.
#pragma once
#include <string_view>
#include <vector>

namespace troupe::tidy {

inline constexpr std::size_t function_lines_max = 60;
inline constexpr std::size_t test_case_lines_max = 120; // most of it is a table, which is data
inline constexpr std::size_t file_lines_max = 400;

struct Allowed {
  std::string_view what; // a path; for a function "path:name"
  std::string_view reason;
};

inline const std::vector<Allowed> long_functions{};

inline const std::vector<Allowed> long_files{
    {"net/http/server.cpp", "connections and their time, on Asio, which stands in no header"},
};

inline const std::vector<Allowed> sleepers{
    {"tests/support/eventually.cpp", "the one place that waits between two looks at a process"},
};

} // namespace troupe::tidy
