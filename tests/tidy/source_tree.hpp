// The sources as the tidy tests see them.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace troupe::tidy {

struct SourceFile {
  std::string path; // from the root of the tree: "runtime/ids.hpp"
  std::string text;
};

/// Every file of the tree that is text and not ignored: what git tracks or would add; without git,
/// everything but build/ and hidden folders. Throws std::runtime_error when there is no tree.
std::vector<SourceFile> source_tree(const std::string& root);

bool is_header(std::string_view path);
bool is_cpp(std::string_view path); // header or source

/// Runs a shell command and returns its output, errors included; `status` is its exit status.
std::string output_of(const std::string& command, int& status);

} // namespace troupe::tidy
