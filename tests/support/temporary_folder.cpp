#include "tests/support/temporary_folder.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace troupe::support {

std::optional<User> unprivileged_user() {
  if (geteuid() != 0) return std::nullopt;
  if (const passwd* nobody = getpwnam("nobody")) return User{nobody->pw_uid, nobody->pw_gid};
  return User{65534, 65534};
}

TemporaryFolder::TemporaryFolder(const std::string& name, std::optional<User> owner) {
  std::string made = "/tmp/" + name + "-XXXXXX";
  if (!mkdtemp(made.data()))
    throw std::system_error{errno, std::generic_category(), "cannot make a folder " + made};
  path_ = made;
  if (owner && chown(made.c_str(), owner->uid, owner->gid) != 0)
    throw std::system_error{errno, std::generic_category(), "cannot give away " + made};
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored; // a test's result must not hang on its rubbish
  std::filesystem::remove_all(path_, ignored);
}

} // namespace troupe::support
