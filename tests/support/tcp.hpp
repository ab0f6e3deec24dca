// Raw TCP on 127.0.0.1, for what no well-behaved library would send.
#pragma once
#include <netinet/in.h>

#include <chrono>
#include <string>
#include <string_view>

namespace troupe::support {

/// 127.0.0.1 and that port.
sockaddr_in loopback(int port);

/// One connection. Not thread-safe. Failures throw std::runtime_error; a peer that went does not.
class TcpConnection {
 public:
  explicit TcpConnection(int descriptor) : descriptor_{descriptor} {}
  static TcpConnection to(int port);
  ~TcpConnection();
  TcpConnection(TcpConnection&& other) noexcept;
  TcpConnection& operator=(TcpConnection&&) = delete;

  /// False if the peer has closed.
  bool send(std::string_view bytes);
  /// Up to and including `mark`, or what came until the peer closed or `bound` passed.
  std::string read_until(std::string_view mark,
                         std::chrono::milliseconds bound = std::chrono::seconds{20});
  /// Everything until the peer closes. Throws if it has not within `bound`.
  std::string read_all(std::chrono::milliseconds bound = std::chrono::seconds{20});
  void end_sending(); // half-close
  void reset();       // RST

 private:
  bool receive(std::chrono::steady_clock::time_point until, bool& closed);

  int descriptor_;
  std::string read_; // and not yet taken
};

class TcpListener {
 public:
  TcpListener();
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  int port() const { return port_; }
  /// Throws if nobody came within 20 seconds.
  TcpConnection accept();

 private:
  int descriptor_ = -1;
  int port_ = 0;
};

} // namespace troupe::support
