// Bytes to requests: HTTP/1.1 and 1.0, without a socket. Boost.Beast's parser stands behind this
// page.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/http/message.hpp"

namespace troupe::http {

struct ReaderLimits {
  std::size_t header_bytes_max = 0; // the request line included; more is 431
  std::size_t body_bytes_max = 0;   // more is 413
};

/// One connection's requests, one after the other: feed bytes until ready() is not need_more, take
/// the request, next(). What came behind it (pipelining) is kept for the next one.
class RequestReader {
 public:
  enum class State {
    need_more,
    wants_continue, // as need_more, and the client waits for "100 Continue"; said once
    complete,
    failed, // refusal() says why; the connection has no safe next byte
  };

  explicit RequestReader(ReaderLimits limits);
  ~RequestReader();

  State feed(std::string_view bytes);
  /// The peer will send nothing more: need_more becomes failed, unless nothing of a request is
  /// there.
  State end();
  /// Forgets the request; the state is that of the bytes which came behind it.
  State next();

  bool started() const;            // some byte of the present request is there
  Request take();                  // requires complete
  bool keep_alive() const;         // requires complete: the client lets the connection stay
  bool is_http_1_0() const;        // likewise
  bool head_only() const;          // likewise: the method is HEAD
  const Response& refusal() const; // requires failed

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace troupe::http
