#include "net/bus/nats_link.hpp"

#include <nats/nats.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "runtime/limits.hpp"
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

  std::atomic<bool> lost = false;
  std::mutex mutex;
  std::string why;
  Callback<> tell;
};

namespace {

template <auto Destroy>
struct Closer {
  void operator()(auto* handle) const noexcept { Destroy(handle); }
};
using Options = std::unique_ptr<natsOptions, Closer<&natsOptions_Destroy>>;
using Message = std::unique_ptr<natsMsg, Closer<&natsMsg_Destroy>>;

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

using Handlers = Registry<NatsLink::Handler>;
using Watches = Registry<NatsLink::Watch>;

void read_headers(natsMsg* raw, ports::BusMessage& message) {
  const char** names = nullptr;
  int count = 0;
  if (natsMsgHeader_Keys(raw, &names, &count) != NATS_OK) return; // none
  for (int i = 0; i < count; ++i) {
    const char** values = nullptr;
    int n = 0;
    if (natsMsgHeader_Values(raw, names[i], &values, &n) != NATS_OK) continue;
    for (int k = 0; k < n; ++k) message.headers.emplace_back(names[i], values[k]);
    free(static_cast<void*>(values));
  }
  free(static_cast<void*>(names));
}

ports::BusMessage to_bus_message(natsMsg* raw) {
  ports::BusMessage message;
  message.subject = natsMsg_GetSubject(raw);
  if (const char* reply = natsMsg_GetReply(raw)) message.reply_to = reply;
  read_headers(raw, message);
  if (const int length = natsMsg_GetDataLength(raw); length > 0)
    message.payload.assign(natsMsg_GetData(raw), static_cast<std::size_t>(length));
  return message;
}

void on_message(natsConnection*, natsSubscription*, natsMsg* raw, void* closure) {
  const Message owner{raw};
  if (const auto handler = Handlers::instance().find(closure)) (*handler)(to_bus_message(raw));
}

void on_closed(natsConnection* connection, void* closure) {
  const auto watch = Watches::instance().find(closure);
  if (!watch) return;
  const char* why = nullptr;
  natsConnection_GetLastError(connection, &why);
  watch->lose(why && *why ? why : "the server closed the connection");
}

/// What does not close the connection: a subscriber that does not keep up, a missing permission.
void on_error(natsConnection* connection, natsSubscription* subscription, natsStatus status,
              void*) {
  const char* text = nullptr;
  natsConnection_GetLastError(connection, &text);
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

natsStatus set_options(natsOptions* raw, const NatsOptions& options,
                       const std::vector<NatsAddress>& addresses, void* closure) {
  natsStatus status = NATS_OK;
  const auto set = [&](auto option, auto... values) {
    if (status == NATS_OK) status = option(raw, values...);
  };
  std::vector<const char*> urls;
  for (const auto& address : addresses) urls.push_back(address.url.c_str());
  set(natsOptions_SetServers, urls.data(), static_cast<int>(urls.size()));
  set(natsOptions_SetName, options.name.c_str());
  set(natsOptions_SetTimeout, options.connect_timeout.count());
  set(natsOptions_SetAllowReconnect, false);       // it would keep what is sent meanwhile
  set(natsOptions_SetSendAsap, true);              // else a publish waits for a 1 ms tick
  set(natsOptions_UseGlobalMessageDelivery, true); // else one thread per subscription
  set(natsOptions_SetMaxPendingMsgs, limits::bus_undelivered_max);
  set(natsOptions_SetPingInterval, options.ping_interval.count());
  set(natsOptions_SetMaxPingsOut, 2);
  set(natsOptions_SetWriteDeadline, options.write_deadline.count());
  set(natsOptions_SetCustomInboxPrefix, options.inbox_prefix.c_str());
  set(natsOptions_SetErrorHandler, on_error, nullptr);
  set(natsOptions_SetClosedCB, on_closed, closure);
  // libnats takes tls:// and then connects in clear, if the server lets it.
  if (std::ranges::any_of(addresses, &NatsAddress::tls)) set(natsOptions_SetSecure, true);
  if (!options.ca_file.empty()) set(natsOptions_LoadCATrustedCertificates, options.ca_file.c_str());
  return status;
}

Error cannot_connect(natsStatus status, const NatsOptions& options,
                     const std::vector<NatsAddress>& addresses) {
  const auto at = "nats-server at " + shown(addresses);
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
      return make_error(
          ErrorClass::denied,
          at + " refused us (" + last_error(status) +
              "): put the user and password into nats_url, nats://user:password@host");
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED:
      return make_error(ErrorClass::denied,
                        "no encrypted connection to " + at + ": " + last_error(status) +
                            "; tls:// in nats_url and the authority's file must "
                            "match the server's settings");
    default: break;
  }
  std::string why;
  for (const auto& address : addresses)
    why += (why.empty() ? "" : "; ") + why_unreachable(address, options.connect_timeout);
  return make_error(ErrorClass::no_capacity, "cannot reach " + at + ": " + why +
                                                 "; start nats-server there or set nats_url to "
                                                 "where it is");
}

} // namespace

LinkSubscription& LinkSubscription::operator=(LinkSubscription&& other) noexcept {
  std::swap(raw_, other.raw_);
  std::swap(closure_, other.closure_);
  return *this;
}

LinkSubscription::~LinkSubscription() {
  if (!raw_) return;
  Handlers::instance().remove(closure_);
  natsSubscription_Destroy(raw_);
}

Result<std::shared_ptr<NatsLink>> NatsLink::dial(const NatsOptions& options,
                                                 const std::vector<NatsAddress>& addresses,
                                                 std::function<void()> on_lost) {
  auto watch = std::make_shared<Watch>(std::move(on_lost));
  void* closure = Watches::instance().add(watch);
  natsOptions* made = nullptr;
  natsStatus status = natsOptions_Create(&made);
  const Options owner{made};
  if (status == NATS_OK) status = set_options(made, options, addresses, closure);
  if (status != NATS_OK) {
    Watches::instance().remove(closure);
    return make_error(ErrorClass::invalid_input,
                      "the options of the bus to " + shown(addresses) + ": " + last_error(status));
  }
  natsConnection* raw = nullptr;
  if (status = natsConnection_Connect(&raw, made); status != NATS_OK) {
    Watches::instance().remove(closure);
    return cannot_connect(status, options, addresses);
  }
  return std::shared_ptr<NatsLink>{new NatsLink{raw, std::move(watch), closure}};
}

NatsLink::NatsLink(natsConnection* raw, std::shared_ptr<Watch> watch, void* closure)
    : raw_{raw}, watch_{std::move(watch)}, closure_{closure} {
  const auto offered = std::max<std::int64_t>(natsConnection_GetMaxPayload(raw), 0);
  bytes_max_ = std::min(limits::bus_message_bytes_max, static_cast<std::size_t>(offered));
}

NatsLink::~NatsLink() {
  Watches::instance().remove(closure_);
  watch_->tell.close();
  natsConnection_Destroy(raw_);
}

void NatsLink::close() {
  watch_->lose("closed");
  natsConnection_Close(raw_);
}

bool NatsLink::lost() const { return watch_->lost; }

std::string NatsLink::why_lost() const {
  const std::lock_guard lock{watch_->mutex};
  return watch_->why;
}

Result<> NatsLink::send(const ports::BusMessage& message) {
  natsMsg* made = nullptr;
  natsStatus status = natsMsg_Create(
      &made, message.subject.c_str(), message.reply_to.empty() ? nullptr : message.reply_to.c_str(),
      message.payload.data(), static_cast<int>(message.payload.size()));
  const Message owner{made};
  for (const auto& [name, value] : message.headers)
    if (status == NATS_OK) status = natsMsgHeader_Add(made, name.c_str(), value.c_str());
  if (status != NATS_OK) return make_error(ErrorClass::internal, last_error(status));
  if (!lost()) {
    status = natsConnection_PublishMsg(raw_, made);
    if (status == NATS_OK) return {};
    // Whatever was written of it, the rest will not follow: the stream has no safe next byte.
    watch_->lose(natsStatus_GetText(status));
  }
  return make_error(ErrorClass::no_capacity, "the message to " + message.subject +
                                                 " was not sent: the link to NATS is down");
}

Result<LinkSubscription> NatsLink::subscribe(const std::string& subject,
                                             const std::string& queue_group,
                                             std::shared_ptr<Handler> handler) {
  void* closure = Handlers::instance().add(std::move(handler));
  natsSubscription* raw = nullptr;
  const natsStatus status =
      queue_group.empty()
          ? natsConnection_Subscribe(&raw, raw_, subject.c_str(), on_message, closure)
          : natsConnection_QueueSubscribe(&raw, raw_, subject.c_str(), queue_group.c_str(),
                                          on_message, closure);
  if (status == NATS_OK) return LinkSubscription{raw, closure};
  Handlers::instance().remove(closure);
  return make_error(ErrorClass::no_capacity,
                    "cannot subscribe to " + subject + ": " + last_error(status));
}

} // namespace troupe::bus
