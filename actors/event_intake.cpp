#include "actors/event_intake.hpp"

#include "actors/fault.hpp"
#include "actors/protocol.hpp"
#include "runtime/intake/event_stream.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

using intake::EventStream;

constexpr Millis look_interval{1'000};
constexpr Millis answer_timeout{5'000};
constexpr Millis later{2'000}; // then the stream gives it again

// from the bus, and from intake
struct Came {
  ports::BusMessage message;
};
struct ApiAnswered {
  std::uint64_t link = 0; // the one it was asked on
  Result<std::string> payload;
};
struct Settled {
  std::string reply_to;
  Result<> outcome;
};
template <class T>
void actor_message(const T&);

/// Says what came of an event once, also if whoever had it was lost.
class Settling {
 public:
  Settling(caf::actor reader, std::string reply_to)
      : reader_{std::move(reader)}, reply_to_{std::move(reply_to)} {}
  ~Settling() { tell(make_error(ErrorClass::internal, "intake crashed")); }
  Settling(const Settling&) = delete;
  Settling& operator=(const Settling&) = delete;

  void tell(Result<> outcome) {
    if (!std::exchange(told_, true)) caf::anon_send(reader_, Settled{reply_to_, outcome});
  }

 private:
  caf::actor reader_;
  std::string reply_to_;
  bool told_ = false;
};

class EventIntake final : public caf::event_based_actor {
 public:
  EventIntake(caf::actor_config& config, Context context)
      : event_based_actor{config},
        context_{std::move(context)},
        inbox_{ports::inbox_of(context_->node()) + ".events"},
        stream_{context_->settings.cluster, context_->settings.stream_replicas} {}

  const char* name() const override { return "event_intake"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "event_intake");
    subscribe();
    send(this, Tick{});
    return {
        [this](Tick) {
          look();
          delayed_send(this, look_interval, Tick{});
        },
        [this](ApiAnswered& answer) { answered(answer); },
        [this](Came& came) { take(came.message); },
        [this](const Settled& settled) { this->settled(settled); },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override { subscription_.reset(); }

 private:
  void subscribe() {
    auto subscription = context_->link->bus().subscribe(
        inbox_, "",
        [self = handle_of(this)](ports::BusMessage message) {
          caf::anon_send(self, Came{std::move(message)});
        },
        ports::Headers::kept);
    if (!subscription)
      throw std::runtime_error("cannot subscribe: " + subscription.error().message);
    subscription_ = std::move(*subscription);
  }

  void look() {
    if (context_->link->up() != up_) {
      up_ = !up_;
      ++link_;
      stream_.link_changed();
    }
    if (context_->vitals->draining) stream_.stop();
    go_on();
  }

  void go_on() {
    if (!up_) return;
    auto todo = stream_.next(monotonic_time());
    if (auto* ask = std::get_if<EventStream::Ask>(&todo)) return this->ask(std::move(*ask));
    if (auto* pull = std::get_if<EventStream::Pull>(&todo))
      publish({pull->subject, inbox_, {}, pull->payload});
  }

  void ask(EventStream::Ask what) {
    context_->link->bus().request(
        {what.subject, {}, {}, what.payload}, answer_timeout,
        [self = handle_of(this), link = link_](Result<ports::BusMessage> answer) {
          auto payload =
              answer ? Result<std::string>{answer->payload} : Result<std::string>{answer.error()};
          caf::anon_send(self, ApiAnswered{link, std::move(payload)});
        });
  }

  void answered(const ApiAnswered& answer) {
    if (answer.link != link_) return;
    const bool was_open = stream_.open();
    if (const auto wrong = stream_.answered(answer.payload, monotonic_time()))
      log::warn("events.not_read", {{"actor", "event_intake"}, {"reason", wrong->message}});
    if (stream_.open() && !was_open)
      log::info("events.read", {{"actor", "event_intake"},
                                {"stream", intake::event_stream_name(context_->settings.cluster)}});
    go_on();
  }

  void take(ports::BusMessage& message) {
    auto event = stream_.came(message, monotonic_time());
    if (event) {
      auto settling = std::make_shared<Settling>(handle_of(this), std::move(message.reply_to));
      context_->actors->tell(
          "intake", EventInjected{std::move(*event), [settling](const Result<JsonText>& outcome) {
                                    settling->tell(outcome ? Result<>{} : outcome.error());
                                  }});
    }
    go_on();
  }

  void settled(const Settled& settled) {
    if (!settled.outcome)
      log::warn("event.not_taken",
                {{"actor", "event_intake"}, {"reason", settled.outcome.error().message}});
    stream_.settled(settled.outcome.ok(), monotonic_time());
    publish({settled.reply_to,
             {},
             {},
             settled.outcome ? std::string{intake::event_taken} : intake::event_later(later)});
    go_on();
  }

  /// Where it fails the stream gives the events again.
  void publish(const ports::BusMessage& message) const {
    if (const auto sent = context_->link->bus().publish(message); !sent)
      log::debug("events.not_sent", {{"actor", "event_intake"}, {"reason", sent.error().message}});
  }

  Context context_;
  std::string inbox_;
  EventStream stream_;
  std::unique_ptr<ports::BusSubscription> subscription_;
  bool up_ = false;
  std::uint64_t link_ = 0; // counts changes: an answer over an earlier link is none
};

} // namespace

caf::actor spawn_event_intake(caf::actor_system& system, Context context) {
  return system.spawn<EventIntake>(std::move(context));
}

} // namespace troupe::actors
