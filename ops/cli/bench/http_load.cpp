#include "ops/cli/bench/http_load.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "ops/cli/bench/measuring.hpp"

namespace troupe::bench {
namespace {

constexpr int silence_limit_ms = 10'000;
constexpr std::string_view length_header = "\r\ncontent-length: ";

[[noreturn]] void fail(const std::string& what) {
  throw cli::Failure{cli::ExitCode::unavailable, "HTTP: " + what};
}

sockaddr_in address_of(const std::string& url) {
  const auto host = url.find("//") + 2, colon = url.rfind(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(url.c_str() + colon + 1)));
  if (::inet_pton(AF_INET, url.substr(host, colon - host).c_str(), &address.sin_addr) != 1)
    fail("not an address: " + url);
  return address;
}

/// The length of the answer at the beginning of `text` with its body; 0: not all there yet.
std::size_t answer_length(std::string text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  text.resize(end);
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto header = text.find(length_header);
  const auto body =
      header == std::string::npos ? 0 : std::atol(text.c_str() + header + length_header.size());
  return end + 4 + static_cast<std::size_t>(body);
}

class Connection {
 public:
  explicit Connection(const sockaddr_in& address)
      : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      fail(std::string{"cannot connect: "} + std::strerror(errno));
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int socket() const { return socket_; }
  Steady::time_point begun() const { return begun_; }

  /// The kernel has room for it: there is never more than one request under way.
  void send(const std::string& request) {
    begun_ = Steady::now();
    for (std::size_t sent = 0; sent < request.size();) {
      const auto n = ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) fail(std::string{"cannot send: "} + std::strerror(errno));
      sent += static_cast<std::size_t>(n);
    }
  }
  /// The status of the answer once all of it is there, or 0.
  int receive() {
    char bytes[16 * 1024];
    const auto n = ::recv(socket_, bytes, sizeof bytes, 0);
    if (n <= 0) fail("the server closed the connection");
    received_.append(bytes, static_cast<std::size_t>(n));
    const auto length = answer_length(received_);
    if (length == 0 || received_.size() < length) return 0;
    const int status = std::atoi(received_.c_str() + std::string_view{"HTTP/1.1 "}.size());
    received_.erase(0, length);
    return status;
  }

 private:
  int socket_;
  std::string received_;
  Steady::time_point begun_;
};

std::string request(const HttpLoadOptions& options, const std::string& body) {
  return "POST " + options.path +
         " HTTP/1.1\r\nHost: " + options.url.substr(options.url.find("//") + 2) +
         "\r\nUser-Agent: Alertmanager/0.27.0\r\nContent-Type: application/json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

void take(HttpLoad& load, int status, Steady::time_point begun) {
  if (status / 100 == 2)
    load.ms.push_back(ms_since(begun));
  else
    ++load.refused[status];
}

} // namespace

HttpLoad post_load(const HttpLoadOptions& options,
                   const std::function<std::string(unsigned connection)>& next_body) {
  const auto address = address_of(options.url);
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<pollfd> waits;
  const auto begin = Steady::now();
  for (unsigned i = 0; i < options.connections; ++i) {
    connections.push_back(std::make_unique<Connection>(address));
    waits.push_back({connections[i]->socket(), POLLIN, 0});
    connections[i]->send(request(options, next_body(i)));
  }
  HttpLoad load;
  for (auto busy = options.connections; busy > 0;) {
    if (::poll(waits.data(), waits.size(), silence_limit_ms) <= 0) fail("no answer");
    for (unsigned i = 0; i < options.connections; ++i) {
      if (waits[i].revents == 0) continue;
      const int status = connections[i]->receive();
      if (status == 0) continue;
      take(load, status, connections[i]->begun());
      if (ms_since(begin) < static_cast<double>(options.time.count())) {
        connections[i]->send(request(options, next_body(i)));
      } else {
        waits[i].fd = -1; // poll passes over it
        --busy;
      }
    }
  }
  load.per_s = static_cast<double>(load.ms.size()) / ms_since(begin) * 1'000;
  return load;
}

} // namespace troupe::bench
