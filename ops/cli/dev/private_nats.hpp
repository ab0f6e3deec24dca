// A nats-server of our own on a free loopback port.
#pragma once
#include <cstdint>
#include <string>

#include "ops/cli/dev/child.hpp"
#include "ops/cli/dev/data_folder.hpp"

namespace troupe::dev {

/// The port stays the same while we live, so that a restarted server is found again.
class PrivateNats {
 public:
  /// Writes its configuration. Failure unavailable: nats-server is not installed.
  explicit PrivateNats(const DataFolder& folder);

  ChildSpec spec() const;
  bool ready() const; // it answers with its INFO line; blocks for a few milliseconds
  std::string url() const;

 private:
  const DataFolder& folder_;
  std::string program_;
  std::uint16_t port_;
};

} // namespace troupe::dev
