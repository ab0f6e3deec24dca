#include "toolkits/tcp.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <memory>
#include <thread>

#include "toolkits/stop_event.hpp"
#include "toolkits/targets.hpp"
#include "toolkits/unique_fd.hpp"
#include "toolkits/waiting.hpp"

namespace troupe::toolkits {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

struct Lookup {
  int error = 0;
  Addresses addresses;
};

Lookup look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (parse_address(host) ? AI_NUMERICHOST : 0);
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  return {error, Addresses{list}};
}

/// The resolver knows neither a timeout nor a cancel, so a name is looked up on a thread of its
/// own, which is left to finish alone when nobody waits any more.
Result<Addresses> resolve(const std::string& host, std::uint16_t port, const Deadline& deadline,
                          const std::stop_token& stop) {
  Lookup found;
  if (parse_address(host)) {
    found = look_up(host, port);
  } else {
    std::packaged_task<Lookup()> task{[host, port] { return look_up(host, port); }};
    auto answer = task.get_future();
    std::thread{std::move(task)}.detach();
    while (answer.wait_for(deadline.at_most(Millis{20})) != std::future_status::ready) {
      if (stop.stop_requested()) return make_error(ErrorClass::cancelled, "cancelled");
      if (deadline.passed())
        return make_error(ErrorClass::timeout,
                          "the name " + host + " could not be resolved in time");
    }
    found = answer.get();
  }
  if (found.error != 0)
    return make_error(ErrorClass::tool_failed, "the name " + host + " could not be resolved: " +
                                                   ::gai_strerror(found.error));
  return std::move(found.addresses);
}

Result<> connect_to(const addrinfo& address, const Deadline& deadline, const StopEvent& stop) {
  const UniqueFd socket{::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  int error = 0;
  if (!socket || ::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) error = errno;
  while (error == EINPROGRESS || error == EINTR) {
    pollfd events[2] = {{socket.get(), POLLOUT, 0}, {stop.fd(), POLLIN, 0}};
    ::poll(events, 2, static_cast<int>(deadline.at_most(Millis{60'000}).count()));
    if (events[1].revents != 0) return make_error(ErrorClass::cancelled, "cancelled");
    socklen_t size = sizeof error;
    if (events[0].revents != 0)
      ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    else if (deadline.passed())
      return make_error(ErrorClass::timeout, "no connection within the timeout");
  }
  if (error == 0) return {};
  return make_error(ErrorClass::tool_failed,
                    std::string{"could not connect: "} + std::strerror(error));
}

} // namespace

Result<> connect_tcp(const std::string& host, std::uint16_t port, Millis timeout,
                     std::stop_token stop) {
  const Deadline deadline{timeout};
  const StopEvent stop_event{stop};
  auto addresses = resolve(host, port, deadline, stop);
  if (!addresses) return addresses.error();
  Result<> outcome = make_error(ErrorClass::tool_failed, "the name " + host + " has no address");
  for (const auto* address = addresses->get(); address; address = address->ai_next) {
    outcome = connect_to(*address, deadline, stop_event);
    if (outcome || outcome.error().error_class != ErrorClass::tool_failed) break;
  }
  return outcome;
}

} // namespace troupe::toolkits
