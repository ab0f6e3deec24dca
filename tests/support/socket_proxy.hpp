// Stands between clients and a server, and loses what it is told to lose.
#pragma once
#include <filesystem>
#include <memory>
#include <string>

namespace troupe::support {

/// Relays bytes both ways. Thread-safe.
class SocketProxy {
 public:
  /// Listens at `listen`; every connection to it becomes one to `server`. Throws std::system_error.
  SocketProxy(const std::filesystem::path& listen, const std::filesystem::path& server);
  /// The same on 127.0.0.1: from a free port to `server_port`.
  explicit SocketProxy(int server_port);
  ~SocketProxy();

  /// The next answer of the server on a connection whose client has sent `mark` from now on is
  /// dropped, and that connection closed on both sides: the server has done what it was asked, the
  /// client cannot know.
  void lose_next_answer_to(std::string mark);
  int port() const; // of one on 127.0.0.1

  /// Closes every connection, on both sides.
  void cut_all();
  /// A cable that is pulled: cuts all, and whoever connects is hung up on, until it is plugged in.
  void unplug(bool out);
  /// A network that loses everything: connections stay and carry nothing. What was sent meanwhile
  /// arrives when it ends.
  void hold(bool on);
  /// How many answers were lost.
  int lost() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace troupe::support
