#include "ops/cli/dev/data_folder.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

namespace troupe::dev {

using cli::ExitCode;
using cli::Failure;
namespace fs = std::filesystem;

DataFolder::DataFolder(const std::string& path) : path_{cli::absolute_path(path)} {
  cli::make_folder(path_);
  std::string lock_file = at("lock");
  lock_ = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) throw cli::file_failure("write", lock_file, errno);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    std::string holder = cli::read_file(lock_file).value_or("");
    ::close(lock_);
    throw Failure{ExitCode::try_again, "the folder " + path_ +
                                           " is in use by another running troupe" +
                                           (holder.empty() ? "" : " (process " + holder + ")") +
                                           "; stop that one or choose another with --data"};
  }
  std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, pid.data(), pid.size(), 0) < 0) {
    int error = errno;
    ::close(lock_);
    throw cli::file_failure("write", lock_file, error);
  }
  cli::make_folder(at("logs"));
}

DataFolder::~DataFolder() {
  [[maybe_unused]] int emptied = ::ftruncate(lock_, 0);
  ::close(lock_);
}

std::string DataFolder::fresh_log(const std::string& name) const {
  std::string path = at("logs/" + name + ".log");
  std::error_code ignored; // there may be none
  fs::rename(path, path + ".1", ignored);
  return path;
}

std::optional<UnixUser> unprivileged_user() {
  if (::geteuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"})
    if (const passwd* entry = ::getpwnam(name)) return UnixUser{name, entry->pw_uid, entry->pw_gid};
  return UnixUser{"65534", 65534, 65534};
}

} // namespace troupe::dev
