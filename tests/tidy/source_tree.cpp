#include "tests/tidy/source_tree.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace troupe::tidy {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> paths_from_git(const std::string& root) {
  int status = 0;
  const std::string listing = output_of(
      "git -C '" + root + "' ls-files --cached --others --exclude-standard 2>/dev/null", status);
  std::vector<std::string> paths;
  if (status != 0) return paths;
  std::istringstream lines{listing};
  for (std::string line; std::getline(lines, line);) paths.push_back(line);
  return paths;
}

std::vector<std::string> paths_from_folders(const std::string& root) {
  std::vector<std::string> paths;
  for (auto at = fs::recursive_directory_iterator{root}; at != fs::end(at); ++at) {
    const std::string name = at->path().filename().string();
    const bool output = at.depth() == 0 && name == "build";
    if (at->is_directory() && (output || name == ".git")) at.disable_recursion_pending();
    if (at->is_regular_file()) paths.push_back(fs::relative(at->path(), root).string());
  }
  return paths;
}

} // namespace

std::string output_of(const std::string& command, int& status) {
  std::string output;
  FILE* pipe = popen(("(" + command + ") 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error{"no shell to run: " + command};
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), size);
  const int ended = pclose(pipe);
  status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
  return output;
}

std::vector<SourceFile> source_tree(const std::string& root) {
  auto paths = paths_from_git(root);
  if (paths.empty()) paths = paths_from_folders(root);
  std::sort(paths.begin(), paths.end());
  std::vector<SourceFile> files;
  for (const std::string& path : paths) {
    std::ifstream file{root + "/" + path, std::ios::binary};
    if (!file) continue; // deleted, and git has not been told yet
    std::string text{std::istreambuf_iterator<char>{file}, {}};
    if (text.find('\0') == std::string::npos) files.push_back({path, std::move(text)});
  }
  if (files.empty()) throw std::runtime_error{"no sources in " + root};
  return files;
}

bool is_header(std::string_view path) { return path.ends_with(".hpp"); }
bool is_cpp(std::string_view path) { return is_header(path) || path.ends_with(".cpp"); }

} // namespace troupe::tidy
