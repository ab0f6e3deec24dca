#include "toolkits/log_tail.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "runtime/limits.hpp"
#include "toolkits/bounded_text.hpp"
#include "toolkits/unique_fd.hpp"

namespace troupe::toolkits {
namespace {

constexpr std::size_t block_bytes = 64 * 1024;
constexpr std::size_t line_bytes_max = 8 * 1024;  // of one line in the answer; more is cut
constexpr std::size_t line_look_max = 256 * 1024; // of one line while it is searched; more is lost

/// A file read backwards in blocks. Never goes beyond what it held when it was opened.
class Backwards {
 public:
  Backwards(int file, std::uint64_t size) : file_{file}, at_{size}, scan_left_{scan_max} {}

  bool at_start() const { return at_ == 0; }
  bool exhausted() const { return at_ == 0 || scan_left_ == 0; }

  /// The block before the last one; empty at the start, or when the file was cut short meanwhile.
  std::string take() {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>({block_bytes, at_, scan_left_}));
    std::string block(count, '\0');
    std::size_t have = 0;
    while (have < count) {
      const auto got =
          ::pread(file_, block.data() + have, count - have, static_cast<off_t>(at_ - count + have));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      have += static_cast<std::size_t>(got);
    }
    block.resize(have);
    at_ -= count;
    scan_left_ -= count;
    return block;
  }

 private:
  static constexpr std::uint64_t scan_max = limits::log_scan_bytes_max;
  int file_;
  std::uint64_t at_, scan_left_;
};

/// Collects lines from the last to the first until the request is met.
class Collector {
 public:
  Collector(const TailRequest& request, Tail& tail)
      : request_{request}, tail_{tail}, bytes_left_{request.bytes} {}

  bool full() const { return full_; }

  void take(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find(request_.contains) == std::string_view::npos) return;
    const auto shown = fitting_prefix(line, line_bytes_max);
    bool cut = shown.size() < line.size(), replaced = false;
    auto text = clean_utf8(shown, &replaced);
    if (json_size(text) > bytes_left_ && lines_.empty()) { // one line alone may be shortened
      text = std::string{fitting_prefix(text, bytes_left_)};
      cut = true;
    }
    full_ = lines_.size() == request_.lines || json_size(text) > bytes_left_;
    tail_.truncated |= full_ || cut;
    if (full_) return;
    tail_.replaced |= replaced;
    bytes_left_ -= json_size(text);
    lines_.push_back(cut ? text + "..." : text);
  }

  void finish() { tail_.lines.assign(lines_.rbegin(), lines_.rend()); }
  bool wants_more() const { return !full_ && lines_.size() < request_.lines; }
  std::size_t count() const { return lines_.size(); }

 private:
  const TailRequest& request_;
  Tail& tail_;
  std::size_t bytes_left_;
  std::vector<std::string> lines_; // newest first
  bool full_ = false;
};

void collect(Backwards& file, Collector& collector, Tail& tail) {
  std::string pending; // the beginning of what has been read: a line whose start is still unread
  bool last_end_seen = false;
  while (!collector.full() && !file.exhausted()) {
    pending.insert(0, file.take());
    if (!last_end_seen && pending.ends_with('\n')) pending.pop_back();
    last_end_seen = true;
    for (auto end = pending.rfind('\n'); end != std::string::npos && !collector.full();
         end = pending.rfind('\n')) {
      collector.take(std::string_view{pending}.substr(end + 1));
      pending.resize(end);
    }
    if (pending.size() > line_look_max) {
      pending.resize(line_look_max);
      tail.truncated = true;
    }
  }
  if (collector.full()) return;
  if (!file.at_start()) tail.truncated = true; // what is left begins in the middle of a line
  if (last_end_seen && (file.at_start() || collector.count() == 0)) collector.take(pending);
}

std::string unreadable(const std::string& path, int error) {
  const auto why = error == EACCES || error == EPERM ? "this user may not read it"
                                                     : std::string{std::strerror(error)};
  return path + " cannot be read: " + why;
}

/// False: there is nothing to read, and tail.detail says why.
bool read_into(const std::string& path, Collector& collector, Tail& tail) {
  const UniqueFd file{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
  struct stat info {};
  if (!file || ::fstat(file.get(), &info) != 0) {
    tail.exists = errno != ENOENT;
    tail.detail = tail.exists ? unreadable(path, errno) : path + " does not exist";
    return false;
  }
  tail.exists = true;
  if (!S_ISREG(info.st_mode)) {
    tail.detail = path + " is no ordinary file";
    return false;
  }
  tail.size = static_cast<std::uint64_t>(info.st_size);
  Backwards backwards{file.get(), tail.size};
  collect(backwards, collector, tail);
  return true;
}

} // namespace

Tail tail_file(const std::string& path, const TailRequest& request) {
  Tail tail;
  Collector collector{request, tail};
  if (!read_into(path, collector, tail)) return tail;
  // A file that was rotated a moment ago holds little; what led to the trouble stands in the last
  // one. Only when it was all read may older lines come before it.
  if (collector.wants_more() && !tail.truncated) {
    Tail older;
    const auto before = collector.count();
    if (read_into(path + ".1", collector, older)) tail.truncated |= older.truncated;
    tail.rotated = collector.count() > before;
  }
  collector.finish();
  return tail;
}

} // namespace troupe::toolkits
