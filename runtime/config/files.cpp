#include "runtime/config/files.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

namespace troupe::config {

namespace fs = std::filesystem;

namespace {

Error unreadable(const char* why) {
  return make_error(ErrorClass::invalid_input, std::string{"cannot be read: "} + why);
}

} // namespace

std::string beside(std::string_view file, std::string_view path) {
  return (fs::path{file}.parent_path() / fs::path{path}).lexically_normal().string();
}

std::string resolve(std::string_view file, std::string_view path) {
  const auto joined = beside(file, path);
  std::error_code fault; // without a working directory the path stays relative
  const auto absolute = fs::absolute(joined, fault);
  return fault ? joined : absolute.lexically_normal().string();
}

Result<std::string> read_file(const std::string& path, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"),
                                                             &std::fclose};
  if (!file) return unreadable(std::strerror(errno));
  std::string text;
  char block[16 * 1024];
  while (const auto count = std::fread(block, 1, sizeof block, file.get())) {
    text.append(block, count);
    if (text.size() > bytes_max)
      return unreadable(("more than " + std::to_string(bytes_max) + " bytes").c_str());
  }
  if (std::ferror(file.get())) return unreadable(std::strerror(errno)); // a folder, for one
  return text;
}

} // namespace troupe::config
