// One connection to a nats-server. Once lost it stays lost; nats_bus makes the next.
#pragma once
#include <atomic>
#include <memory>
#include <string>

#include "net/bus/callback.hpp"
#include "net/bus/link_watch.hpp"
#include "net/bus/nats_address.hpp"
#include "net/bus/nats_bus.hpp"

struct __natsConnection;   // libnats's natsConnection
struct __natsSubscription; // libnats's natsSubscription

namespace troupe::bus {

class NatsLoop;

/// Interest in a subject on one link; ends when destroyed. It does not wait for a handler: that is
/// what Callback::close is for.
class LinkSubscription {
 public:
  LinkSubscription() = default;
  LinkSubscription(__natsSubscription* raw, void* closure) : raw_{raw}, closure_{closure} {}
  LinkSubscription(LinkSubscription&& other) noexcept { *this = std::move(other); }
  LinkSubscription& operator=(LinkSubscription&& other) noexcept;
  ~LinkSubscription();

 private:
  __natsSubscription* raw_ = nullptr;
  void* closure_ = nullptr;
};

/// Thread-safe.
class NatsLink {
 public:
  using Handler = Callback<ports::BusMessage>;

  /// Errors as connect() in nats_bus.hpp. `on_lost` runs once, on any thread, and must only take
  /// note.
  static Result<std::shared_ptr<NatsLink>> dial(const NatsOptions& options,
                                                const NatsAddress& address,
                                                std::function<void()> on_lost);
  /// Closes. Not within a handler.
  ~NatsLink();
  NatsLink(const NatsLink&) = delete;
  NatsLink& operator=(const NatsLink&) = delete;

  bool lost() const;
  std::string why_lost() const;
  /// The server's max_payload, when it is below limits::bus_message_bytes_max.
  std::size_t bytes_max() const { return bytes_max_; }

  /// Gives a server up that is silent or does not read; to be called every look_interval(), by one
  /// thread.
  void look();
  Millis look_interval() const { return server_.interval(); }

  /// Ends it; what on_lost would say is known. From the beginning no send succeeds; what was sent
  /// before is written for up to `linger`, and once this returned nothing is. Joins a thread.
  void close(Millis linger);

  /// Requires a checked message. Does not wait for the server. no_capacity: not sent, because the
  /// link is lost, or because limits::bus_unwritten_bytes_max wait to be written.
  Result<> send(const ports::BusMessage& message);
  /// A message without a payload comes with its headers all the same.
  Result<LinkSubscription> subscribe(const std::string& subject, const std::string& queue_group,
                                     std::shared_ptr<Handler> handler, ports::Headers headers);

  /// Asks the server whether it took all that was said so far. denied: it refused some for want of
  /// a permission.
  Result<> confirm(Millis timeout);

  struct Watch;

 private:
  NatsLink(__natsConnection* raw, std::shared_ptr<Watch> watch, void* closure,
           std::unique_ptr<NatsLoop> loop, const NatsOptions& options);

  __natsConnection* raw_;
  std::shared_ptr<Watch> watch_;
  void* closure_;
  std::unique_ptr<NatsLoop> loop_;
  LinkWatch server_;
  std::size_t bytes_max_;
};

} // namespace troupe::bus
