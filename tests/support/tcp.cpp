#include "tests/support/tcp.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace troupe::support {
namespace {

using Clock = std::chrono::steady_clock;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error{std::string{what} + ": " + std::strerror(errno)};
}

bool readable(int descriptor, Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
  pollfd wait{descriptor, POLLIN, 0};
  return poll(&wait, 1, static_cast<int>(std::max<long>(left.count(), 0))) > 0;
}

} // namespace

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

TcpConnection TcpConnection::to(int port) {
  TcpConnection connection{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto address = loopback(port);
  require(connect(connection.descriptor_, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) == 0,
          "connect");
  return connection;
}

TcpConnection::TcpConnection(TcpConnection&& other) noexcept
    : descriptor_{std::exchange(other.descriptor_, -1)}, read_{std::move(other.read_)} {}

TcpConnection::~TcpConnection() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool TcpConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// False when nothing came in time.
bool TcpConnection::receive(Clock::time_point until, bool& closed) {
  if (!readable(descriptor_, until)) return false;
  char buffer[16 * 1024];
  const auto count = recv(descriptor_, buffer, sizeof buffer, 0);
  closed = count <= 0;
  if (count > 0) read_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::string TcpConnection::read_until(std::string_view mark, std::chrono::milliseconds bound) {
  const auto until = Clock::now() + bound;
  bool closed = false;
  while (read_.find(mark) == std::string::npos && !closed && receive(until, closed)) continue;
  const auto at = read_.find(mark);
  const auto count = at == std::string::npos ? read_.size() : at + mark.size();
  auto taken = read_.substr(0, count);
  read_.erase(0, count);
  return taken;
}

std::string TcpConnection::read_all(std::chrono::milliseconds bound) {
  const auto until = Clock::now() + bound;
  bool closed = false;
  while (!closed)
    if (!receive(until, closed))
      throw std::runtime_error{"the peer did not close; it sent: " + read_};
  return std::exchange(read_, {});
}

void TcpConnection::end_sending() { shutdown(descriptor_, SHUT_WR); }

void TcpConnection::reset() {
  const linger at_once{1, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(std::exchange(descriptor_, -1));
}

TcpListener::TcpListener() : descriptor_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  auto address = loopback(0);
  socklen_t size = sizeof address;
  auto* at = reinterpret_cast<sockaddr*>(&address);
  require(bind(descriptor_, at, sizeof address) == 0 && listen(descriptor_, 16) == 0 &&
              getsockname(descriptor_, at, &size) == 0,
          "listen");
  port_ = ntohs(address.sin_port);
}

TcpListener::~TcpListener() { close(descriptor_); }

TcpConnection TcpListener::accept() {
  require(readable(descriptor_, Clock::now() + std::chrono::seconds{20}), "nobody connected");
  return TcpConnection{::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)};
}

} // namespace troupe::support
