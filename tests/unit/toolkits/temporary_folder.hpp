// A folder under /tmp that goes away with its owner.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace troupe::test {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = "/tmp/troupe-test-XXXXXX";
    if (!::mkdtemp(name.data())) throw std::runtime_error{"no folder can be made in /tmp"};
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + '/' + std::string{name}; }

 private:
  std::string path_;
};

inline void write_file(const std::string& path, std::string_view content) {
  std::ofstream{path, std::ios::binary} << content;
}

inline std::string read_file(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path, std::ios::binary}.rdbuf();
  return out.str();
}

} // namespace troupe::test
