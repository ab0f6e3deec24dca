// A folder that lives as long as the object.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>

namespace troupe::support {

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

/// Whom servers that refuse to run as root run as: nobody. Nothing if this process is not root.
std::optional<User> unprivileged_user();

/// Short path (a Unix socket's path has at most 107 bytes), mode 0700.
class TemporaryFolder {
 public:
  /// Throws std::system_error: it cannot be made.
  explicit TemporaryFolder(const std::string& name = "troupe",
                           std::optional<User> owner = std::nullopt);
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

} // namespace troupe::support
