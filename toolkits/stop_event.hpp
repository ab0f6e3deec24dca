// A stop token as something that poll() can wait for.
#pragma once
#include <sys/eventfd.h>

#include <cstdint>
#include <stop_token>

#include "toolkits/unique_fd.hpp"

namespace troupe::toolkits {

/// Its descriptor becomes readable when `stop` is requested.
class StopEvent {
 public:
  explicit StopEvent(const std::stop_token& stop)
      : event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, ring_{stop, Ring{event_.get()}} {}
  int fd() const { return event_.get(); }

 private:
  struct Ring {
    int fd;
    void operator()() const {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto ignored = ::write(fd, &one, sizeof one);
    }
  };
  UniqueFd event_;
  std::stop_callback<Ring> ring_;
};

} // namespace troupe::toolkits
