// What a starting node waits for, passed on from its log.
#pragma once
#include <functional>
#include <map>
#include <string>

namespace troupe::dev {

/// A node writes JSON lines for machines and "troupe: .." lines for people into one log.
class LogRelay {
 public:
  explicit LogRelay(std::function<void(const std::string&)> tell) : tell_{std::move(tell)} {}

  void follow(const std::string& name, const std::string& log_file) { logs_[name].file = log_file; }
  /// Tells the lines about waiting that have been added since: "agent-1: waiting for NATS: ..". A
  /// line that repeats the one before is left out.
  void poll();

 private:
  struct Log {
    std::string file;
    std::size_t read = 0; // bytes; always whole lines
    std::string told;     // the last line: a node that waits says the same again and again
  };
  std::function<void(const std::string&)> tell_;
  std::map<std::string, Log> logs_; // by the node's name
};

} // namespace troupe::dev
