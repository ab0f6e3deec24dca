#include "ops/cli/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace troupe::cli {

namespace fs = std::filesystem;

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  try {
    return std::string{std::istreambuf_iterator<char>{file}, {}};
  } catch (const std::ios_base::failure&) { // a file below /proc whose process has just ended
    return std::nullopt;
  }
}

std::string read_input(const std::string& path, const std::string& what) {
  if (path == "-") return {std::istreambuf_iterator<char>{std::cin}, {}};
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    throw Failure{ExitCode::no_input, path + " is a folder; name the file of " + what};
  errno = 0;
  if (auto content = read_file(path)) return *content;
  auto code = errno == EACCES ? ExitCode::no_permission : ExitCode::no_input;
  throw Failure{code, "cannot read " + what + " " + path + ": " + std::strerror(errno)};
}

namespace {

bool write_all(int fd, const std::string& content) {
  for (std::size_t done = 0; done < content.size();) {
    ssize_t written = ::write(fd, content.data() + done, content.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    done += static_cast<std::size_t>(written);
  }
  return true;
}

} // namespace

void write_file_atomically(const std::string& path, const std::string& content, mode_t mode) {
  std::string beside = path + ".new";
  int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) throw file_failure("write", path, errno);
  bool written = write_all(fd, content);
  int error = errno;
  ::close(fd);
  if (written && ::rename(beside.c_str(), path.c_str()) == 0) return;
  if (written) error = errno;
  ::unlink(beside.c_str());
  throw file_failure("write", path, error);
}

void make_folder(const std::string& path, mode_t mode) {
  std::error_code error;
  if (fs::is_directory(path, error)) return;
  fs::path parent = fs::path{path}.parent_path();
  if (!parent.empty() && parent != path) make_folder(parent, 0755);
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    throw file_failure("create the folder", path, errno);
  if (!fs::is_directory(path, error))
    throw Failure{ExitCode::cannot_create, path + " is a file where a folder is needed"};
}

std::string make_temporary_folder(const std::string& what) {
  std::string path = "/tmp/troupe-" + what + "-XXXXXX"; // as mkdtemp wants it
  if (::mkdtemp(path.data()) == nullptr) throw file_failure("create", path, errno);
  return path;
}

std::string tail_of(const std::string& path, unsigned lines) {
  constexpr std::streamoff window = 16 * 1024;
  std::ifstream file{path, std::ios::binary | std::ios::ate};
  if (!file) return "";
  std::streamoff size = file.tellg();
  file.seekg(size > window ? size - window : 0);
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::size_t from = text.size();
  while (lines-- > 0 && from != std::string::npos && from > 0) from = text.rfind('\n', from - 1);
  return from == std::string::npos ? text
                                   : text.substr(from + (from < text.size() && text[from] == '\n'));
}

std::string absolute_path(const std::string& path) {
  std::error_code error;
  fs::path result = fs::weakly_canonical(fs::absolute(path), error);
  return error ? path : result.string();
}

std::string own_binary() {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).string();
}

std::string configs_folder() {
  if (const char* named = std::getenv("TROUPE_CONFIGS")) return absolute_path(named);
  fs::path folder = fs::path{own_binary()}.parent_path();
  std::error_code error;
  for (const fs::path& candidate :
       {folder / "configs", folder / "../../configs", folder / "../share/troupe/configs"})
    if (fs::is_directory(candidate / "teams", error)) return absolute_path(candidate.string());
  return "";
}

std::string find_program(const std::string& name, const std::string& more_folders) {
  const char* path = std::getenv("PATH");
  std::istringstream folders{std::string{path ? path : "/usr/local/bin:/usr/bin:/bin"} +
                             ":/usr/sbin:/usr/local/sbin:" + more_folders};
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = folder + "/" + name;
    if (!folder.empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return "";
}

} // namespace troupe::cli
