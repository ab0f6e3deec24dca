#include "actors/gateway.hpp"

#include <boost/json.hpp>

#include "actors/fault.hpp"
#include "actors/protocol.hpp"
#include "runtime/intake/event_stream.hpp"
#include "runtime/json_value.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

namespace json = boost::json;
using ports::KeptEvent;

constexpr Millis answer_timeout{5'000};

/// Of JetStream, to who publishes: {"stream":..,"seq":..}, or
/// {"error":{"code":..,"description":..}}.
Result<KeptEvent> read_acknowledgement(const std::string& payload) {
  const auto answer = read_json(payload);
  const auto* object = answer ? answer->if_object() : nullptr;
  if (object == nullptr)
    return make_error(ErrorClass::internal, "JetStream answered what is not JSON");
  if (const auto* error = object->if_contains("error"))
    return make_error(ErrorClass::no_capacity,
                      "the stream of injected events refuses it: " + json::serialize(*error));
  const auto* stream = object->if_contains("stream");
  const auto* seq = object->if_contains("seq");
  if (stream == nullptr || !stream->is_string() || seq == nullptr || !seq->is_number())
    return make_error(ErrorClass::internal, "JetStream answered no acknowledgement");
  const auto* duplicate = object->if_contains("duplicate");
  return KeptEvent{std::string{stream->as_string()}, seq->to_number<std::uint64_t>(),
                   duplicate != nullptr && *duplicate == true};
}

Error explain(const Error& error, const std::string& cluster) {
  if (error.error_class == ErrorClass::agent_down)
    return make_error(ErrorClass::no_capacity,
                      "nothing keeps injected events: there is no stream " +
                          intake::event_stream_name(cluster) +
                          "; an orchestrator node makes it, where the NATS servers have JetStream");
  return error;
}

class RealGateway final : public ports::Gateway {
 public:
  explicit RealGateway(Context context) : context_{std::move(context)} {}

  void keep(intake::Injected event, Kept done) override {
    ports::BusMessage message{context_->link->subject("in", event.channel),
                              {},
                              std::move(event.headers),
                              std::move(event.payload)};
    message.headers.emplace_back("Nats-Msg-Id", std::move(event.place));
    context_->link->bus().request(
        std::move(message), answer_timeout,
        [done = std::move(done),
         cluster = context_->settings.cluster](const Result<ports::BusMessage>& answer) {
          done(answer ? read_acknowledgement(answer->payload)
                      : Result<KeptEvent>{explain(answer.error(), cluster)});
        });
  }

  bool bus_up() const override { return context_->link->up(); }
  std::vector<std::string> api_servers() override {
    return context_->api_servers->urls(boot_time());
  }
  std::size_t api_servers_heard() const override {
    return context_->api_servers->count(boot_time());
  }

 private:
  Context context_;
};

class Ear final : public caf::event_based_actor {
 public:
  Ear(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "gateway"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "gateway");
    return {[this](const Incoming& in) { hear(in); }, [](InjectFault) { crash(); }};
  }

 private:
  void hear(const Incoming& in) {
    auto& servers = *context_->api_servers;
    const auto& body = in.message.body;
    if (const auto* beat = std::get_if<message::NodeHeartbeat>(&body)) {
      if (servers.hear(in.from, *beat, boot_time()))
        log::info("gateway.orchestrator_heard",
                  {{"actor", "gateway"}, {"peer", in.from}, {"http", beat->http}});
    } else if (const auto* draining = std::get_if<message::NodeDraining>(&body)) {
      servers.drains(draining->incarnation);
    } else if (const auto* gone = std::get_if<message::NodeLeft>(&body)) {
      servers.left(gone->incarnation);
    }
  }

  Context context_;
};

} // namespace

caf::actor spawn_gateway(caf::actor_system& system, Context context) {
  return system.spawn<Ear>(std::move(context));
}

std::unique_ptr<ports::Gateway> make_gateway(Context context) {
  return std::make_unique<RealGateway>(std::move(context));
}

} // namespace troupe::actors
