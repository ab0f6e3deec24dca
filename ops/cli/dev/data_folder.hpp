// The folder of one `troupe dev` or `troupe demo`: who uses it, and what stands in it.
#pragma once
#include <optional>
#include <string>
#include <utility>

#include "ops/cli/dev/child.hpp"

namespace troupe::dev {

/// DIR/lock, DIR/logs/ and whatever its user puts beside them. Held by one process.
class DataFolder {
 public:
  /// Makes the folder and takes its lock. Failure try_again: another process uses it (named);
  /// cannot_create, no_permission, io_error: as the text says.
  explicit DataFolder(const std::string& path);
  ~DataFolder();
  DataFolder(const DataFolder&) = delete;
  DataFolder& operator=(const DataFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string at(const std::string& name) const { return path_ + "/" + name; }

  /// DIR/logs/<name>.log, a new file: that of the start before is kept as <name>.log.1.
  std::string fresh_log(const std::string& name) const;

 private:
  std::string path_;
  int lock_ = -1;
};

/// The user that servers which refuse to run as root become: `postgres` if the machine has it, else
/// `nobody`. Nothing when we are not root.
std::optional<UnixUser> unprivileged_user();

} // namespace troupe::dev
