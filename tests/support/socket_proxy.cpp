#include "tests/support/socket_proxy.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/support/tcp.hpp"

namespace troupe::support {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error{errno, std::generic_category(), what};
}

template <class Address>
int connect_to(const Address& address) {
  const int socket = ::socket(reinterpret_cast<const sockaddr*>(&address)->sa_family,
                              SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  ::close(socket);
  return -1;
}

template <class Address>
int listen_at(const Address& address) {
  const int socket = ::socket(reinterpret_cast<const sockaddr*>(&address)->sa_family,
                              SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 ||
      ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket, 64) != 0)
    fail("a proxy cannot listen");
  return socket;
}

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

struct Link {
  int client = -1, server = -1;
  bool doomed = false; // its client has sent the mark
  ~Link() {
    ::close(client);
    ::close(server);
  }
};

} // namespace

struct SocketProxy::Impl {
  std::function<int()> connect; // to the server; -1: it is not there
  int listener = -1;
  int wake = -1; // readable: look at `stop` and `cut`
  std::atomic<bool> stop{false}, cut{false}, unplugged{false}, held{false};
  std::mutex mutex;
  std::string mark; // empty: nothing is to be lost
  std::atomic<int> lost{0};
  std::list<Link> links;
  std::thread thread;

  ~Impl() {
    raise(stop);
    if (thread.joinable()) thread.join();
    links.clear();
    ::close(listener);
    ::close(wake);
  }

  Impl(int listening, std::function<int()> server)
      : connect{std::move(server)}, listener{listening}, wake{eventfd(0, EFD_CLOEXEC)} {
    thread = std::thread{[this] { run(); }};
  }

  void raise(std::atomic<bool>& flag, bool value = true) {
    flag = value;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake, &one, sizeof one);
  }

  void run() {
    for (;;) {
      std::vector<pollfd> waited{{wake, POLLIN, 0}, {listener, POLLIN, 0}};
      const short wanted = held ? 0 : POLLIN;
      for (const auto& link : links) { // a negative descriptor is left out
        waited.push_back({held ? -1 : link.client, wanted, 0});
        waited.push_back({held ? -1 : link.server, wanted, 0});
      }
      if (poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return;
      if (stop) return;
      if (waited[0].revents) {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto drained = read(wake, &count, sizeof count);
      }
      if (cut.exchange(false)) {
        links.clear();
        continue;
      }
      std::size_t at = 2;
      for (auto link = links.begin(); link != links.end(); at += 2) {
        const bool up = (!waited[at].revents || from_client(*link)) &&
                        (!waited[at + 1].revents || from_server(*link));
        link = up ? std::next(link) : links.erase(link);
      }
      if (waited[1].revents) accept();
    }
  }

  void accept() {
    const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    const int onward = unplugged ? -1 : connect();
    const int at_once = 1; // as without a proxy
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    ::setsockopt(onward, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    auto& link = links.emplace_back();
    link.client = client;
    link.server = onward;
    if (client < 0 || onward < 0) links.pop_back(); // the client sees a server that hangs up
  }

  bool from_client(Link& link) {
    char bytes[65536];
    const auto size = ::recv(link.client, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    const std::string_view text{bytes, static_cast<std::size_t>(size)};
    {
      const std::lock_guard lock{mutex};
      if (!mark.empty() && text.find(mark) != text.npos) link.doomed = true;
    }
    return send_all(link.server, text);
  }

  bool from_server(Link& link) {
    char bytes[65536];
    const auto size = ::recv(link.server, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    if (link.doomed) {
      const std::lock_guard lock{mutex};
      mark.clear();
      ++lost;
      return false;
    }
    return send_all(link.client, {bytes, static_cast<std::size_t>(size)});
  }
};

SocketProxy::SocketProxy(const std::filesystem::path& listen, const std::filesystem::path& server)
    : impl_{std::make_unique<Impl>(listen_at(address_of(listen)), [address = address_of(server)] {
        return connect_to(address);
      })} {}

SocketProxy::SocketProxy(int server_port)
    : impl_{std::make_unique<Impl>(listen_at(loopback(0)), [address = loopback(server_port)] {
        return connect_to(address);
      })} {}

SocketProxy::~SocketProxy() = default;

int SocketProxy::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(impl_->listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void SocketProxy::lose_next_answer_to(std::string mark) {
  const std::lock_guard lock{impl_->mutex};
  impl_->mark = std::move(mark);
}

void SocketProxy::cut_all() { impl_->raise(impl_->cut); }

void SocketProxy::unplug(bool out) {
  impl_->raise(impl_->unplugged, out);
  if (out) cut_all();
}

void SocketProxy::hold(bool on) { impl_->raise(impl_->held, on); }

int SocketProxy::lost() const { return impl_->lost; }

} // namespace troupe::support
