// The last lines of a file that somebody else is writing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/result.hpp"

namespace troupe::toolkits {

struct TailRequest {
  std::size_t lines = 100;
  std::size_t bytes = 64 * 1024; // of the lines taken, as they stand in a JSON answer
  std::string contains;          // only lines with this text; empty: every line
};

struct Tail {
  bool exists = false;
  std::string detail;             // why there is nothing to read, for a person; empty when there is
  std::vector<std::string> lines; // oldest first, clean UTF-8, without their ends
  std::uint64_t size = 0;         // bytes of the file
  bool truncated = false;         // earlier lines that fit the request are not here, or one is cut
  bool replaced = false;          // bytes that are not UTF-8 were replaced by U+FFFD
  bool rotated = false; // some come from <path>.1, where the file went when it was rotated
};

/// Reads from the end; at most limits::log_scan_bytes_max of each file. A file that is missing, is
/// no ordinary file or may not be read is a Tail that says so.
Tail tail_file(const std::string& path, const TailRequest& request);

} // namespace troupe::toolkits
