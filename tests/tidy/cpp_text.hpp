// Just enough of C++'s grammar to check a source without a compiler.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tidy {

/// The text with comments and the inside of literals turned into spaces; lines stay where they are.
/// The file names of #include lines are kept.
std::string code_only(std::string_view text);

struct Include {
  std::string name; // "runtime/ids.hpp", "vector"
  bool angled;      // <vector>, as opposed to "runtime/ids.hpp"
  std::size_t line;
};
std::vector<Include> includes_of(std::string_view text);

struct Function {
  std::string name;
  std::size_t line = 0;  // of its signature
  std::size_t lines = 0; // signature and closing brace included
  bool test_case = false;
};
/// Functions, member functions and test cases; a lambda counts in the function around it.
std::vector<Function> functions_of(std::string_view text);

std::size_t lines_of(std::string_view text);

} // namespace troupe::tidy
