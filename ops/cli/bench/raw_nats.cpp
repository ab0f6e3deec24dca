#include "ops/cli/bench/raw_nats.hpp"

#include <nats/nats.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "ops/cli/bench/measuring.hpp"

namespace troupe::bench {
namespace {

constexpr const char* service = "raw.service";
constexpr const char* inbox = "raw.inbox.";

struct Destroy {
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
  void operator()(natsConnection* connection) const { natsConnection_Destroy(connection); }
  void operator()(natsSubscription* subscription) const { natsSubscription_Destroy(subscription); }
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
};
template <class T>
using Owned = std::unique_ptr<T, Destroy>;

void check(natsStatus status) {
  if (status != NATS_OK)
    throw cli::Failure{cli::ExitCode::unavailable,
                       std::string{"NATS: "} + natsStatus_GetText(status)};
}

Owned<natsConnection> connect(const std::string& url, bool at_once) {
  natsOptions* made = nullptr;
  check(natsOptions_Create(&made));
  const Owned<natsOptions> options{made};
  check(natsOptions_SetURL(made, url.c_str()));
  check(natsOptions_SetSendAsap(made, at_once));
  natsConnection* connection = nullptr;
  check(natsConnection_Connect(&connection, made));
  return Owned<natsConnection>{connection};
}

Owned<natsSubscription> subscribe(natsConnection* connection, const std::string& subject,
                                  natsMsgHandler handler, void* closure) {
  natsSubscription* subscription = nullptr;
  check(natsConnection_Subscribe(&subscription, connection, subject.c_str(), handler, closure));
  check(natsSubscription_SetPendingLimits(subscription, -1, -1));
  check(natsConnection_Flush(connection));
  return Owned<natsSubscription>{subscription};
}

struct Answerer {
  std::string payload;

  static void on_request(natsConnection* connection, natsSubscription*, natsMsg* raw, void* self) {
    const Owned<natsMsg> request{raw};
    const auto& payload = static_cast<Answerer*>(self)->payload;
    natsConnection_Publish(connection, natsMsg_GetReply(raw), payload.data(),
                           static_cast<int>(payload.size()));
  }
};

/// Slot n of those in flight is answered at raw.inbox.n.
struct Asker {
  Asker(natsConnection* c, const RawNatsOptions& options)
      : connection{c},
        payload(options.request_bytes, 'x'),
        begun(options.in_flight),
        waiting{options.in_flight} {
    for (unsigned slot = 0; slot < options.in_flight; ++slot)
      subjects.push_back(inbox + std::to_string(slot));
  }
  void ask(std::size_t slot) {
    begun[slot] = Steady::now();
    natsConnection_PublishRequest(connection, service, subjects[slot].c_str(), payload.data(),
                                  static_cast<int>(payload.size()));
  }
  static void on_answer(natsConnection*, natsSubscription*, natsMsg* raw, void* closure) {
    const Owned<natsMsg> answer{raw};
    auto& self = *static_cast<Asker*>(closure);
    const auto slot = static_cast<std::size_t>(
        std::atol(natsMsg_GetSubject(raw) + std::string_view{inbox}.size()));
    self.ms.push_back(ms_since(self.begun[slot]));
    if (!self.over)
      self.ask(slot);
    else if (--self.waiting == 0)
      self.ended.set_value();
  }

  natsConnection* connection;
  std::string payload;
  std::vector<std::string> subjects;
  std::vector<Steady::time_point> begun;
  std::vector<double> ms; // of the thread of libnats, until the end
  std::atomic<bool> over{false};
  unsigned waiting;
  std::promise<void> ended;
};

} // namespace

RawNats measure_raw_nats(const std::string& url, const RawNatsOptions& options) {
  const auto asking = connect(url, options.at_once);
  const auto answering = connect(url, options.at_once);
  Answerer answerer{std::string(options.answer_bytes, 'x')};
  Asker asker{asking.get(), options};
  const auto requests = subscribe(answering.get(), service, &Answerer::on_request, &answerer);
  const auto answers = subscribe(asking.get(), std::string{inbox} + "*", &Asker::on_answer, &asker);
  const auto begin = Steady::now();
  auto ended = asker.ended.get_future();
  for (std::size_t slot = 0; slot < options.in_flight; ++slot) asker.ask(slot);
  const bool early = ended.wait_for(options.time) == std::future_status::ready;
  asker.over = true;
  if (early || ended.wait_for(std::chrono::seconds{10}) != std::future_status::ready)
    throw cli::Failure{cli::ExitCode::unavailable, "NATS: an answer was lost"};
  const auto took = ms_since(begin) / 1'000;
  return {static_cast<double>(asker.ms.size()) / took, std::move(asker.ms)};
}

} // namespace troupe::bench
