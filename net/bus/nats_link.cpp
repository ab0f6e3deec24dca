#include "net/bus/nats_link.hpp"

#include <nats/nats.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <mutex>
#include <set>
#include <unordered_map>

#include "net/bus/limits.hpp"
#include "net/bus/message_check.hpp"
#include "net/bus/nats_loop.hpp"
#include "net/bus/nats_message.hpp"
#include "net/bus/tls_probe.hpp"
#include "net/closer.hpp"
#include "net/keys/nkey.hpp"
#include "runtime/log.hpp"

namespace troupe::bus {

/// What libnats's threads may still want to tell a link.
struct NatsLink::Watch {
  explicit Watch(std::function<void()> on_lost) : tell{"link", std::move(on_lost)} {}
  void lose(const std::string& reason) {
    {
      const std::lock_guard lock{mutex};
      if (lost.exchange(true)) return;
      why = reason;
    }
    tell();
  }
  /// False if it was complained of before: a node repeats itself.
  bool complain(const std::string& of) {
    const std::lock_guard lock{mutex};
    return complaints.size() < complaints_max && complaints.insert(of).second;
  }

  static constexpr std::size_t complaints_max = 100;
  std::atomic<bool> lost = false;
  std::mutex mutex;
  std::string why;
  std::set<std::string> complaints;
  Callback<> tell;
};

namespace {

using Options = std::unique_ptr<natsOptions, Closer<&natsOptions_Destroy>>;

/// libnats has no moment at which it is certainly done with a closure (SetOnCompleteCB fails when
/// the connection closed first). So a closure is a number, and what it stands for is looked up
/// here.
template <class T>
class Registry {
 public:
  static Registry& instance() {
    static auto& registry = *new Registry; // libnats's threads may outlive static objects
    return registry;
  }
  void* add(std::shared_ptr<T> entry) {
    const std::lock_guard lock{mutex_};
    entries_.emplace(++last_, std::move(entry));
    return reinterpret_cast<void*>(last_);
  }
  std::shared_ptr<T> find(void* closure) {
    const std::lock_guard lock{mutex_};
    const auto entry = entries_.find(reinterpret_cast<std::uintptr_t>(closure));
    return entry == entries_.end() ? nullptr : entry->second;
  }
  void remove(void* closure) {
    const std::lock_guard lock{mutex_};
    entries_.erase(reinterpret_cast<std::uintptr_t>(closure));
  }

 private:
  std::mutex mutex_;
  std::uintptr_t last_ = 0;
  std::unordered_map<std::uintptr_t, std::shared_ptr<T>> entries_;
};

/// Of one subscription.
struct Listener {
  std::shared_ptr<NatsLink::Handler> handler;
  std::shared_ptr<NatsLoop::Gate> gate;
};

using Listeners = Registry<Listener>;
using Watches = Registry<NatsLink::Watch>;

constexpr const char* permission_remedy =
    "what a key may say and hear goes by its node's name, roles and toolkits: see `troupe keys "
    "list`, and whether the servers have read the newest users.conf";

template <ports::Headers headers>
void on_message(natsConnection*, natsSubscription*, natsMsg* raw, void* closure) {
  const NatsMessage owner{raw};
  const auto listener = Listeners::instance().find(closure);
  if (!listener) return;
  listener->gate->pass();
  (*listener->handler)(from_nats(raw, headers));
}

std::string why_closed(natsConnection* connection) {
  const char* why = nullptr;
  natsConnection_GetLastError(connection, &why);
  return why && *why ? why : "the server closed the connection";
}

/// `Permissions Violation for Publish to "troupe.main.task.agent-1.tool-1"`, as the server says it.
void not_permitted(const std::shared_ptr<NatsLink::Watch>& watch, const std::string& text) {
  if (!watch || !watch->complain(text)) return;
  if (text.find("Publish to \"_INBOX.") != std::string::npos)
    log::warn("bus.answer_too_late",
              {{"detail", text},
               {"cause",
                "it was asked over a connection that is lost, or too long ago; whoever "
                "waits asks again"}});
  else
    log::error("bus.not_permitted", {{"detail", text}, {"remedy", permission_remedy}});
}

/// What does not close the connection: a subscriber that does not keep up, a missing permission.
void on_error(natsConnection* connection, natsSubscription* subscription, natsStatus status,
              void* closure) {
  const char* text = nullptr;
  natsConnection_GetLastError(connection, &text);
  if (status == NATS_NOT_PERMITTED)
    return not_permitted(Watches::instance().find(closure), text ? text : "");
  const char* subject = subscription ? natsSubscription_GetSubject(subscription) : nullptr;
  log::warn("bus.error", {{"error", natsStatus_GetText(status)},
                          {"detail", text ? text : ""},
                          {"subject", subject ? subject : ""}});
}

/// "Authorization Violation" of libnats's "(conn.c:1905): Authorization Violation".
std::string last_error(natsStatus status) {
  const char* text = nats_GetLastError(nullptr);
  const std::string_view detail{text ? text : natsStatus_GetText(status)};
  const auto place = detail.starts_with('(') ? detail.find("): ") : std::string_view::npos;
  return std::string{place == std::string_view::npos ? detail : detail.substr(place + 3)};
}

natsStatus sign(char**, unsigned char** signature, int* size, const char* nonce, void* seed) {
  return nats_Sign(static_cast<const char*>(seed), nonce, signature, size);
}

/// Must outlive the attempt to connect, and no longer: a link connects once.
struct Identity {
  std::string public_key; // empty: none
  std::string seed;
};

constexpr int any_number = std::numeric_limits<int>::max();

natsStatus set_options(natsOptions* raw, const NatsOptions& options, const NatsAddress& address,
                       Identity& identity, void* closure) {
  natsStatus status = NATS_OK;
  const auto set = [&](auto option, auto... values) {
    if (status == NATS_OK) status = option(raw, values...);
  };
  set(natsOptions_SetURL, address.url.c_str());
  set(natsOptions_SetName, options.name.c_str());
  set(natsOptions_SetTimeout, options.connect_timeout.count());
  set(natsOptions_SetAllowReconnect, false);       // it would keep what is sent meanwhile
  set(natsOptions_SetSendAsap, true);              // else the loop is not told for a millisecond
  set(natsOptions_UseGlobalMessageDelivery, true); // else one thread per subscription
  set(natsOptions_SetMaxPendingMsgs, limits::bus_undelivered_max);
  set(natsOptions_SetPingInterval, options.ping_interval.count());
  set(natsOptions_SetMaxPingsOut, any_number); // LinkWatch says when it is enough
  set(natsOptions_SetWriteDeadline, options.write_deadline.count());
  set(natsOptions_SetCustomInboxPrefix, options.inbox_prefix.c_str());
  set(natsOptions_SetErrorHandler, on_error, closure);
  // libnats takes tls:// and then connects in clear, if the server lets it; and it looks at no name
  // in a certificate unless it is told which.
  if (address.tls || !options.ca_file.empty()) {
    set(natsOptions_SetSecure, true);
    set(natsOptions_SetExpectedHostname, address.host.c_str());
  }
  if (!options.ca_file.empty()) set(natsOptions_LoadCATrustedCertificates, options.ca_file.c_str());
  if (!identity.public_key.empty())
    set(natsOptions_SetNKey, identity.public_key.c_str(), sign, identity.seed.data());
  return status;
}

std::string refusal_remedy(const NatsOptions& options, const Identity& identity) {
  if (identity.public_key.empty())
    return "name the node's key with nats.nkey_seed_file, or put a user and password into "
           "nats_url, "
           "nats://user:password@host";
  return "it does not accept the key " + identity.public_key + " of " + options.nkey_seed_file +
         "; `troupe keys list` names those that it should, once it has read users.conf again";
}

Error not_encrypted(natsStatus status, const NatsOptions& options, const NatsAddress& address) {
  auto text =
      "no encrypted connection to nats-server at " + address.shown + ": " + last_error(status);
  const auto why = why_untrusted(address, options.ca_file, options.connect_timeout);
  text += why.empty()
              ? "; tls:// in nats_url and the authority's file must match the server's settings"
              : "; its certificate: " + why + ", by the authorities of " +
                    (options.ca_file.empty() ? "the system" : options.ca_file) +
                    "; `troupe keys rotate --servers` makes new ones, nats.tls_ca names their "
                    "authority";
  return make_error(ErrorClass::denied, text);
}

Error cannot_connect(natsStatus status, const NatsOptions& options, const NatsAddress& address,
                     const Identity& identity) {
  const auto at = "nats-server at " + address.shown;
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
      return make_error(ErrorClass::denied, at + " refused us (" + last_error(status) +
                                                "): " + refusal_remedy(options, identity));
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED: return not_encrypted(status, options, address);
    default:
      return make_error(ErrorClass::no_capacity,
                        "cannot reach " + at + ": " +
                            why_unreachable(address, options.connect_timeout) +
                            "; start nats-server there or set nats_url to where it is");
  }
}

Result<Identity> identity_of(const NatsOptions& options) {
  if (options.nkey_seed_file.empty()) return Identity{};
  auto key = keys::read_nkey(options.nkey_seed_file);
  if (!key) return key.error();
  return Identity{std::move(key->public_key), std::move(key->seed)};
}

} // namespace

LinkSubscription& LinkSubscription::operator=(LinkSubscription&& other) noexcept {
  std::swap(raw_, other.raw_);
  std::swap(closure_, other.closure_);
  return *this;
}

LinkSubscription::~LinkSubscription() {
  if (!raw_) return;
  Listeners::instance().remove(closure_);
  natsSubscription_Destroy(raw_);
}

Result<std::shared_ptr<NatsLink>> NatsLink::dial(const NatsOptions& options,
                                                 const NatsAddress& address,
                                                 std::function<void()> on_lost) {
  auto identity = identity_of(options);
  if (!identity) return identity.error();
  auto watch = std::make_shared<Watch>(std::move(on_lost));
  void* closure = Watches::instance().add(watch);
  natsOptions* made = nullptr;
  natsStatus status = natsOptions_Create(&made);
  const Options owner{made};
  auto loop = std::make_unique<NatsLoop>();
  if (status == NATS_OK) status = set_options(made, options, address, *identity, closure);
  if (status == NATS_OK && !loop->join(made)) status = NATS_ERR;
  if (status != NATS_OK) {
    Watches::instance().remove(closure);
    return make_error(ErrorClass::invalid_input,
                      "the options of the bus to " + address.shown + ": " + last_error(status));
  }
  natsConnection* raw = nullptr;
  if (status = natsConnection_Connect(&raw, made); status != NATS_OK) {
    Watches::instance().remove(closure);
    return cannot_connect(status, options, address, *identity);
  }
  return std::shared_ptr<NatsLink>{
      new NatsLink{raw, std::move(watch), closure, std::move(loop), options}};
}

NatsLink::NatsLink(natsConnection* raw, std::shared_ptr<Watch> watch, void* closure,
                   std::unique_ptr<NatsLoop> loop, const NatsOptions& options)
    : raw_{raw},
      watch_{std::move(watch)},
      closure_{closure},
      loop_{std::move(loop)},
      server_{options.ping_interval, options.write_deadline} {
  const auto offered = std::max<std::int64_t>(natsConnection_GetMaxPayload(raw), 0);
  bytes_max_ = std::min(limits::bus_message_bytes_max, static_cast<std::size_t>(offered));
  loop_->start([this] { watch_->lose(why_closed(raw_)); });
}

NatsLink::~NatsLink() {
  Watches::instance().remove(closure_);
  watch_->tell.close();
  close(Millis{0});
  natsConnection_Destroy(raw_);
}

void NatsLink::look() {
  const char* why = server_.look(loop_->progress());
  if (!why) return;
  watch_->lose(why);
  loop_->cut();
}

void NatsLink::close(Millis linger) {
  watch_->lose("closed");
  loop_->end(linger);
}

bool NatsLink::lost() const { return watch_->lost; }

std::string NatsLink::why_lost() const {
  const std::lock_guard lock{watch_->mutex};
  return watch_->why;
}

Result<> NatsLink::send(const ports::BusMessage& message) {
  if (lost()) return not_sent(message.subject);
  if (loop_->progress().unwritten &&
      std::max(natsConnection_Buffered(raw_), 0) + wire_size(message) >
          limits::bus_unwritten_bytes_max)
    return not_sent(message.subject, "the server does not read as fast as is said");
  const auto made = to_nats(message);
  if (!made) return made.error();
  const auto status = loop_->send([&] { return natsConnection_PublishMsg(raw_, made->get()); });
  if (status == NATS_OK) return {};
  watch_->lose(natsStatus_GetText(status));
  return not_sent(message.subject);
}

Result<LinkSubscription> NatsLink::subscribe(const std::string& subject,
                                             const std::string& queue_group,
                                             std::shared_ptr<Handler> handler,
                                             ports::Headers headers) {
  void* closure = Listeners::instance().add(
      std::make_shared<Listener>(Listener{std::move(handler), loop_->gate()}));
  natsSubscription* raw = nullptr;
  const auto tell = headers == ports::Headers::kept ? on_message<ports::Headers::kept>
                                                    : on_message<ports::Headers::dropped>;
  const natsStatus status =
      queue_group.empty() ? natsConnection_Subscribe(&raw, raw_, subject.c_str(), tell, closure)
                          : natsConnection_QueueSubscribe(&raw, raw_, subject.c_str(),
                                                          queue_group.c_str(), tell, closure);
  if (status == NATS_OK) return LinkSubscription{raw, closure};
  Listeners::instance().remove(closure);
  return make_error(ErrorClass::no_capacity,
                    "cannot subscribe to " + subject + ": " + last_error(status));
}

Result<> NatsLink::confirm(Millis timeout) {
  if (natsConnection_FlushTimeout(raw_, timeout.count()) != NATS_OK) return {}; // it will be lost
  const char* text = nullptr;
  if (natsConnection_GetLastError(raw_, &text) != NATS_NOT_PERMITTED) return {};
  return make_error(ErrorClass::denied,
                    std::string{text ? text : "not permitted"} + ": " + permission_remedy);
}

} // namespace troupe::bus
