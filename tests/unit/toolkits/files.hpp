// Files of a test's folder, as plain strings.
#pragma once
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "tests/support/temporary_folder.hpp"

namespace troupe::test {

inline std::string in(const support::TemporaryFolder& folder, std::string_view name) {
  return (folder.path() / name).string();
}

inline void write_file(const std::string& path, std::string_view content) {
  std::ofstream{path, std::ios::binary} << content;
}

inline std::string read_file(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path, std::ios::binary}.rdbuf();
  return out.str();
}

} // namespace troupe::test
