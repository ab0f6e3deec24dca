#include "net/http/gateway.hpp"

#include <boost/json.hpp>

#include "net/http/api_answers.hpp"
#include "net/http/api_events.hpp"
#include "net/http/api_process.hpp"
#include "runtime/ids.hpp"
#include "runtime/intake/alert.hpp"
#include "runtime/intake/cloud_event.hpp"

namespace troupe::http {
namespace {

namespace json = boost::json;

constexpr std::pair<const char*, const char*> endpoints[] = {
    {"GET /", "this list"},
    {"POST /webhooks/alertmanager", "for webhook_configs of Alertmanager: kept on the bus"},
    {"POST /v1/events/{in}", "an event for in.{in}, kept on the bus: a CloudEvent, or any JSON"},
    {"GET /metrics", "of this gateway, for Prometheus"},
    {"GET /healthz", "200 while this process serves"},
    {"GET /readyz", "200 while the bus takes alerts and events, else 503 with the reason"},
    {"everything else", "is passed on to an orchestrator node; its own GET / is at none of them"},
};

/// Who sends the same request again sends another event: it is told apart by what it says of
/// itself, once an orchestrator reads it. This tells the publishing apart.
std::string new_place() {
  return to_string(SystemEntropy{}.make_id<MessageId>(SystemClock{}.now()));
}

ports::Gateway::Kept into_kept(Answer answer) {
  return [answer = std::move(answer)](const Result<ports::KeptEvent>& kept) {
    if (!kept) return answer(to_response(kept.error()));
    const json::object receipt{{"kept", true},
                               {"stream", kept->stream},
                               {"seq", kept->seq},
                               {"duplicate", kept->duplicate}};
    answer({202, json::serialize(receipt)});
  };
}

void add_intake(Router& router, ports::Gateway& gateway) {
  router.on("POST", "/webhooks/alertmanager", [&](Request request, Answer answer) {
    if (const auto webhook = intake::parse_webhook(request.body); !webhook)
      return answer(to_response(webhook.error()));
    gateway.keep({"alertmanager", "http", {}, std::move(request.body), new_place()},
                 into_kept(std::move(answer)));
  });
  router.on("POST", "/v1/events/{in}", [&](Request request, Answer answer) {
    auto event = event_of(request);
    if (!event) return answer(to_response(event.error()));
    event->place = new_place();
    if (const auto read = intake::read_cloud_event(*event); !read)
      return answer(to_response(read.error()));
    gateway.keep(std::move(*event), into_kept(std::move(answer)));
  });
}

} // namespace

void add_gateway(Router& router, ports::Gateway& gateway, Forwarder& forwarder,
                 const ApiOptions& options) {
  add_intake(router, gateway);
  add_process(router, options, endpoints);
  router.on("GET", "/readyz", [&](Request, Answer answer) {
    const bool up = gateway.bus_up();
    const json::object body{
        {"ready", up}, {"bus", up}, {"orchestrators", gateway.api_servers_heard()}};
    answer(readiness(json::serialize(body), up ? "" : "there is no connection to NATS"));
  });
  for (const auto* method : {"GET", "POST", "PUT", "DELETE", "PATCH"})
    router.on(method, "/{path...}", [&](Request request, Answer answer) {
      forwarder.forward(std::move(request), std::move(answer));
    });
}

} // namespace troupe::http
