#include "toolkits/beneath.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "runtime/ids.hpp"
#include "runtime/limits.hpp"
#include "toolkits/bounded_text.hpp"

namespace troupe::toolkits {
namespace {

using Parts = std::vector<std::string>;

// A file on its way into the workspace. One left behind by a crash is neither listed nor readable.
constexpr std::string_view unfinished = ".troupe-unfinished-";

std::string joined(const Parts& parts) {
  std::string path;
  for (const auto& part : parts) (path += path.empty() ? "" : "/") += part;
  return path;
}

int open_by_kernel(int folder, const Parts& parts, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  const auto path = parts.empty() ? std::string{"."} : joined(parts);
  long fd = -1;
  for (int tries = 0; tries < 100; ++tries) { // EAGAIN: somebody renamed something on the way
    fd = ::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (fd >= 0 || (errno != EAGAIN && errno != EINTR)) break;
  }
  return static_cast<int>(fd);
}

/// One step, with the error that the kernel's own walk gives for a link.
int open_part(int folder, const std::string& part, int flags) {
  const int fd = ::openat(folder, part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC);
  if (fd >= 0 || errno != ENOTDIR) return fd;
  struct stat info {};
  const bool link =
      ::fstatat(folder, part.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
  errno = link ? ELOOP : ENOTDIR;
  return -1;
}

int open_by_hand(int folder, const Parts& parts, int flags) {
  UniqueFd at{::openat(folder, ".", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (parts.empty()) return ::openat(at.get(), ".", flags | O_CLOEXEC);
  for (std::size_t i = 0; i + 1 < parts.size() && at; ++i)
    at = UniqueFd{open_part(at.get(), parts[i], O_PATH | O_DIRECTORY)};
  return at ? open_part(at.get(), parts.back(), flags) : -1;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string unfinished_name() {
  thread_local SystemEntropy entropy;
  return std::string{unfinished} + std::to_string(entropy.next());
}

/// mkdir -p. Zero, or what went wrong.
int make_folders(const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    if (::mkdir(path.substr(0, end).c_str(), 0700) != 0 && errno != EEXIST) return errno;
  }
  return 0;
}

std::string_view remedy(int error) {
  switch (error) {
    case ENOSPC: return "the disk is full; free some space there and try again";
    case EDQUOT: return "the disk quota is used up; raise it or free some space there";
    case EROFS: return "the file system is read-only; make it writable or set data_dir elsewhere";
    case EACCES:
    case EPERM: return "no permission there; give it to this user or set data_dir elsewhere";
    case ENOENT: return "there is no such file";
    case EISDIR: return "that is a folder";
    case ENOTDIR: return "a part of the path is a file, or a symbolic link";
    case ENAMETOOLONG: return "the path is too long";
    default: return "";
  }
}

struct CloseDirectory {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

/// Walks the folders below one, through descriptors alone.
class Lister {
 public:
  Lister(Beneath::Listing& listing, std::size_t entries_max)
      : listing_{listing}, entries_max_{entries_max} {}

  void visit(UniqueFd folder, const std::string& prefix, std::size_t depth) {
    if (depth > limits::workspace_depth_max) {
      listing_.cut = true;
      return;
    }
    const int descriptor = ::fcntl(folder.get(), F_DUPFD_CLOEXEC, 0);
    const std::unique_ptr<DIR, CloseDirectory> stream{::fdopendir(descriptor)};
    if (!stream) return;
    while (const dirent* item = ::readdir(stream.get())) {
      const std::string_view name = item->d_name;
      if (name != "." && name != ".." && !name.starts_with(unfinished))
        take(folder.get(), std::string{name}, prefix, depth);
    }
  }

 private:
  void take(int folder, const std::string& name, const std::string& prefix, std::size_t depth) {
    struct stat info {};
    if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return; // just gone
    const bool is_folder = S_ISDIR(info.st_mode);
    if (!is_folder && !S_ISREG(info.st_mode)) return;
    const Millis modified{info.st_mtim.tv_sec * 1000 + info.st_mtim.tv_nsec / 1'000'000};
    const auto bytes = is_folder ? 0 : static_cast<std::uint64_t>(info.st_size);
    if (!is_folder) ++listing_.files;
    listing_.bytes += bytes;
    if (listing_.entries.size() < entries_max_)
      listing_.entries.push_back({prefix + name, is_folder, bytes, Instant{modified}});
    else
      listing_.cut = true;
    if (!is_folder) return;
    if (++folders_ > limits::workspace_files_max) {
      listing_.cut = true;
      return;
    }
    visit(UniqueFd{::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)},
          prefix + name + '/', depth + 1);
  }

  Beneath::Listing& listing_;
  std::size_t entries_max_;
  std::size_t folders_ = 0;
};

} // namespace

Result<std::vector<std::string>> parse_relative(std::string_view path) {
  const auto wrong = [&](std::string_view why) {
    return make_error(ErrorClass::invalid_input,
                      "the path `" + shortened(clean_utf8(path), 200) + "` " + std::string{why} +
                          "; expected one like reports/first.md, from the workspace's folder");
  };
  if (path.empty()) return wrong("is empty");
  if (path.front() == '/') return wrong("is absolute");
  if (path.find('\0') != std::string_view::npos) return wrong("holds a NUL");
  Parts parts;
  for (std::size_t at = 0; at <= path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    if (part.empty()) return wrong("has an empty part");
    if (part == "." || part == "..") return wrong("has the part " + std::string{part});
    if (part.size() > 255) return wrong("has a part of more than 255 bytes");
    if (part.starts_with(unfinished)) return wrong("has a reserved name");
    parts.emplace_back(part);
    at = end + 1;
  }
  if (parts.size() > limits::workspace_depth_max)
    return wrong("has more than " + std::to_string(limits::workspace_depth_max) + " parts");
  return parts;
}

Error Beneath::fail(int error, std::string_view doing, std::string_view path) const {
  const auto what = "cannot " + std::string{doing} + " `" + std::string{path} + "` in " + shown_;
  if (error == ELOOP || error == EXDEV)
    return make_error(ErrorClass::denied,
                      what + ": a symbolic link stands in the way, and links are not followed");
  const auto why = remedy(error);
  return make_error(ErrorClass::tool_failed,
                    what + ": " + (why.empty() ? std::strerror(error) : std::string{why}));
}

Result<Beneath> Beneath::open(const std::string& parent, const std::string& name, bool create,
                              Walk walk) {
  const auto path = parent + '/' + name;
  const Beneath shown{UniqueFd{}, path, walk};
  if (create)
    if (const int error = make_folders(parent)) return shown.fail(error, "make", parent);
  const UniqueFd above{::open(parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!above) return shown.fail(errno, "open", ".");
  if (create && ::mkdirat(above.get(), name.c_str(), 0700) != 0 && errno != EEXIST)
    return shown.fail(errno, "make", ".");
  UniqueFd folder{
      ::openat(above.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
  if (!folder) return shown.fail(errno, "open", ".");
  return Beneath{std::move(folder), path, walk};
}

Result<UniqueFd> Beneath::open_below(const Parts& parts, int flags) const {
  int fd = -1;
  if (walk_ == Walk::kernel) fd = open_by_kernel(folder_.get(), parts, flags);
  // EPERM: a container's filter that does not know the call
  if (walk_ == Walk::by_hand || (fd < 0 && (errno == ENOSYS || errno == EPERM)))
    fd = open_by_hand(folder_.get(), parts, flags);
  if (fd < 0) return fail(errno, "open", joined(parts));
  return UniqueFd{fd};
}

Result<UniqueFd> Beneath::open_folder(const Parts& parts, bool create) const {
  auto at = open_below({}, O_RDONLY | O_DIRECTORY);
  if (!create) return parts.empty() ? std::move(at) : open_below(parts, O_RDONLY | O_DIRECTORY);
  Parts reached;
  for (const auto& part : parts) {
    if (!at) return at;
    reached.push_back(part);
    const bool made = ::mkdirat(at->get(), part.c_str(), 0700) == 0;
    if (!made && errno != EEXIST) return fail(errno, "make", joined(reached));
    if (made) ::fsync(at->get()); // the new name lasts
    at = open_below(reached, O_RDONLY | O_DIRECTORY);
  }
  return at;
}

Result<UniqueFd> Beneath::open_file(std::string_view path) const {
  auto parts = parse_relative(path);
  if (!parts) return parts.error();
  auto file = open_below(*parts, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  if (!file) return file;
  struct stat info {};
  if (::fstat(file->get(), &info) != 0) return fail(errno, "read", path);
  if (S_ISDIR(info.st_mode)) return fail(EISDIR, "read", path);
  if (!S_ISREG(info.st_mode))
    return make_error(ErrorClass::denied, "`" + std::string{path} + "` is no ordinary file");
  return file;
}

Result<> Beneath::write_file(std::string_view path, std::string_view content) const {
  auto parts = parse_relative(path);
  if (!parts) return parts.error();
  const auto name = parts->back();
  parts->pop_back();
  const auto folder = open_folder(*parts, true);
  if (!folder) return folder.error();
  struct stat info {};
  if (::fstatat(folder->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISLNK(info.st_mode)) return fail(ELOOP, "write", path);
    if (S_ISDIR(info.st_mode)) return fail(EISDIR, "write", path);
  }

  const auto temporary = unfinished_name();
  const UniqueFd file{::openat(folder->get(), temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)};
  if (!file) return fail(errno, "write", path);
  const bool written =
      write_all(file.get(), content) && ::fsync(file.get()) == 0 &&
      ::renameat(folder->get(), temporary.c_str(), folder->get(), name.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlinkat(folder->get(), temporary.c_str(), 0);
    return fail(error, "write", path);
  }
  if (::fsync(folder->get()) != 0) return fail(errno, "write", path);
  return {};
}

Result<Beneath::Listing> Beneath::list(std::string_view path, std::size_t entries_max) const {
  Parts parts;
  if (!path.empty()) {
    auto parsed = parse_relative(path);
    if (!parsed) return parsed.error();
    parts = std::move(*parsed);
  }
  auto folder = open_folder(parts, false);
  if (!folder) return folder.error();
  Listing listing;
  const auto prefix = parts.empty() ? "" : joined(parts) + '/';
  Lister{listing, entries_max}.visit(std::move(*folder), prefix, parts.size());
  std::sort(listing.entries.begin(), listing.entries.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return listing;
}

} // namespace troupe::toolkits
