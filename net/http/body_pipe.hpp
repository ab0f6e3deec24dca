// The body of an answer on its way from one server to a client of another.
#pragma once
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

#include "net/http/message.hpp"

namespace troupe::http {

/// One thread gives, another asks. Thread-safe; pieces are handed over outside its lock.
class BodyPipe {
 public:
  /// At most so many bytes wait for the client, and what was given last.
  explicit BodyPipe(std::size_t ahead_max) : ahead_max_{ahead_max} {}

  /// False: enough waits, and this was not taken; ask() says when to give it again.
  bool give(std::string_view data);
  void end();

  /// As Response::pieces. True: what was refused may be given now.
  bool ask(Piece piece);

 private:
  std::size_t ahead_max_;
  std::mutex mutex_;
  std::string ahead_;
  Piece waiting_;
  bool refused_ = false, ended_ = false;
};

} // namespace troupe::http
