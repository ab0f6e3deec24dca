// Files below one folder. No path leads out of it: not by "..", not by a leading slash, not by a
// symbolic link, not by one that appears while we look.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"
#include "toolkits/unique_fd.hpp"

namespace troupe::toolkits {

/// The parts of a relative path. invalid_input: it is empty, absolute, has an empty part, "." or
/// "..", a NUL, too many or too long parts.
Result<std::vector<std::string>> parse_relative(std::string_view path);

class Beneath {
 public:
  enum class Walk { kernel, by_hand }; // by_hand: what kernels before 5.6 need; tests force it

  struct Entry {
    std::string path; // from the folder itself, whatever part of it is listed
    bool folder = false;
    std::uint64_t bytes = 0;
    Instant modified{};
  };
  struct Listing {
    std::vector<Entry> entries; // sorted by path; neither links nor devices
    std::uint64_t bytes = 0;    // of all files, also those beyond the cut
    std::size_t files = 0;
    bool cut = false; // too many entries or too deep; the figures are lower bounds
  };

  /// Opens <parent>/<name>, making both when `create` is set; `name` is one path part. Errors as of
  /// the calls below.
  static Result<Beneath> open(const std::string& parent, const std::string& name, bool create,
                              Walk walk = Walk::kernel);

  // tool_failed: no such file, disk full, read-only, no permission. denied: a symbolic link stands
  // in the way. invalid_input: the path.

  /// An ordinary file, opened for reading.
  Result<UniqueFd> open_file(std::string_view path) const;
  /// Makes the file hold exactly `content`, all or nothing, and lasting when it returns.
  Result<> write_file(std::string_view path, std::string_view content) const;
  /// Everything below `path`; "" is the folder itself.
  Result<Listing> list(std::string_view path, std::size_t entries_max) const;

 private:
  Beneath(UniqueFd folder, std::string shown, Walk walk)
      : folder_{std::move(folder)}, shown_{std::move(shown)}, walk_{walk} {}

  Result<UniqueFd> open_below(const std::vector<std::string>& parts, int flags) const;
  Result<UniqueFd> open_folder(const std::vector<std::string>& parts, bool create) const;
  Error fail(int error, std::string_view doing, std::string_view path) const;

  UniqueFd folder_;
  std::string shown_; // its path, for error texts
  Walk walk_;
};

} // namespace troupe::toolkits
