// A client of HTTP/1.1 that costs little beside the server: one thread, keep-alive connections.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::bench {

struct HttpLoadOptions {
  std::string url; // "http://127.0.0.1:8420", by address
  std::string path;
  unsigned connections = 1;
  Millis time{10'000};
};

struct HttpLoad {
  double per_s = 0;                // answered 2xx
  std::vector<double> ms;          // of those, from the first byte sent to the last of the answer
  std::map<int, unsigned> refused; // other statuses
};

/// Posts JSON over so many connections, each its next body as soon as the answer to the last is
/// there; ends with the answers under way. Failure unavailable: a connection failed, or nothing
/// came for ten seconds.
HttpLoad post_load(const HttpLoadOptions& options,
                   const std::function<std::string(unsigned connection)>& next_body);

} // namespace troupe::bench
