// The bus without a server: for unit tests, with the behaviour of the real one
// (tests/conformance/bus_test.cpp).
#pragma once
#include <memory>
#include <string>
#include <thread>

#include "runtime/ports/bus.hpp"

namespace troupe::bus {

/// A connection to a MemoryBroker. Once it is destroyed no handler runs any more; requests that
/// still wait end with `timeout` before that. Not to be destroyed from within a handler.
class MemoryBus final : public ports::Bus {
 public:
  ~MemoryBus() override;

  Result<> publish(const ports::BusMessage& message) override;
  void request(ports::BusMessage message, Millis timeout, Reply reply) override;
  Result<std::unique_ptr<ports::BusSubscription>> subscribe(
      const std::string& subject, const std::string& queue_group, Handler handler,
      ports::Headers headers = ports::Headers::dropped) override;
  bool up() const override;
  void on_link(LinkHandler handler) override;

  /// Cuts this connection, or joins it again.
  void set_link(bool up);

  struct Link;

 private:
  friend class MemoryBroker;
  explicit MemoryBus(std::shared_ptr<Link> link);
  std::shared_ptr<Link> link_;
};

/// What the connections meet at. One thread delivers everything, in the order of publishing.
/// Thread-safe.
class MemoryBroker {
 public:
  MemoryBroker();
  /// As stop(). Connections may outlive it; their links stay down.
  ~MemoryBroker();

  std::unique_ptr<MemoryBus> connect(const std::string& inbox_prefix = "_INBOX.memory");

  /// Every link goes down; what is on its way is lost.
  void stop();
  /// Every link comes up again.
  void start();

  struct State;

 private:
  std::shared_ptr<State> state_;
  std::jthread thread_;
};

} // namespace troupe::bus
