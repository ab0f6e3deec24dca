#include "net/bus/nats_message.hpp"

#include <nats/nats.h>

#include <cstdlib>
#include <vector>

namespace troupe::bus {
namespace {

/// libnats frees messages on a thread of its own, which natsMsg_Destroy wakes if it sleeps: for
/// each message, more or less. Here a thread keeps what it is done with, and gives it away in
/// bundles.
class Discarded {
 public:
  Discarded() { messages_.reserve(count_max); }
  ~Discarded() { give_away(); }
  void add(natsMsg* message, std::size_t bytes) {
    messages_.push_back(message);
    bytes_ += bytes;
    if (messages_.size() == count_max || bytes_ >= bytes_max) give_away();
  }

 private:
  static constexpr std::size_t count_max = 64, bytes_max = 64 * 1024;
  void give_away() {
    for (auto* message : messages_) natsMsg_Destroy(message);
    messages_.clear();
    bytes_ = 0;
  }
  std::vector<natsMsg*> messages_;
  std::size_t bytes_ = 0;
};

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

} // namespace

void DiscardNatsMessage::operator()(natsMsg* message) const {
  thread_local Discarded discarded;
  discarded.add(message, static_cast<std::size_t>(natsMsg_GetDataLength(message)));
}

ports::BusMessage from_nats(natsMsg* raw, ports::Headers headers) {
  ports::BusMessage message;
  message.subject = natsMsg_GetSubject(raw);
  if (const char* reply = natsMsg_GetReply(raw)) message.reply_to = reply;
  const int length = natsMsg_GetDataLength(raw);
  if (length > 0) message.payload.assign(natsMsg_GetData(raw), static_cast<std::size_t>(length));
  if (headers == ports::Headers::kept || length <= 0) read_headers(raw, message);
  return message;
}

Result<NatsMessage> to_nats(const ports::BusMessage& message) {
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(
      &raw, message.subject.c_str(), message.reply_to.empty() ? nullptr : message.reply_to.c_str(),
      message.payload.data(), static_cast<int>(message.payload.size()));
  NatsMessage made{raw};
  for (const auto& [name, value] : message.headers)
    if (status == NATS_OK) status = natsMsgHeader_Add(raw, name.c_str(), value.c_str());
  if (status == NATS_OK) return made;
  return make_error(ErrorClass::internal, natsStatus_GetText(status));
}

} // namespace troupe::bus
