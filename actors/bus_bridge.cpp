#include "actors/bus_bridge.hpp"

#include <set>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "runtime/agent/task.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

/// An incarnation is a UUIDv7: its first 48 bits are the milliseconds of its date.
Instant started_of(IncarnationId process) {
  Millis::rep millis = 0;
  for (std::size_t i = 0; i < 6; ++i) millis = millis << 8 | process.bytes[i];
  return Instant{Millis{millis}};
}

class BusBridge final : public caf::event_based_actor {
 public:
  BusBridge(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "bus_bridge"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "bus_bridge");
    subscribe();
    was_up_ = context_->link->up();
    send(this, Tick{});
    return {
        [this](Tick) {
          watch_link();
          send_heartbeat();
          next_beat_ = monotonic_time() + limits::heartbeat_interval;
          delayed_send(this, limits::heartbeat_interval, Tick{});
        },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override { subscriptions_.clear(); }

 private:
  void subscribe() {
    const auto& settings = context_->settings;
    if (settings.orchestrator) {
      route_to_runs();
      route("whois", "any", "orchestrators", "orchestrator");
      route("hb", "all", "", "dispatcher");
      route("hb", "limits", "", "dispatcher");
    }
    if (settings.gateway) route("hb", "all", "", "gateway");
    if (settings.agent) {
      route("task", context_->node(), "", "agent_host");
      route("ctl", context_->node(), "", "agent_host", true);
    }
    for (const auto& toolkit : context_->catalogue.toolkits) {
      const std::string name{toolkit->name()};
      route("tool", name, std::string{tool_queue_group}, "tool_server:" + name);
      route("tool", name + "-at-" + context_->node(), "", "tool_server:" + name);
      route("tool", name + "-all", "", "tool_server:" + name); // a cancel: whoever has the call
      route("hb", "limits", "", "tool_server:" + name);
    }
    answer_discovery();
  }

  /// The same answers, whoever crashed meanwhile: a service began with its process.
  void answer_discovery() {
    auto services = std::make_shared<const std::vector<PlayedService>>(
        services_of(*context_, started_of(context_->process)));
    const auto answers = [services, counts = context_->served](std::string_view subject) {
      std::vector<std::string> texts;
      for (const auto& [part, service] : *services)
        if (auto text = discovery_answer(service, subject, counts->of(part, service)))
          texts.push_back(std::move(*text));
      return texts;
    };
    std::set<std::string> patterns;
    for (const auto& [part, service] : *services)
      for (auto& pattern : discovery_patterns(service)) patterns.insert(std::move(pattern));
    for (const auto& pattern : patterns) keep(context_->link->serve(pattern, answers));
  }

  void route(std::string_view verb, const std::string& recipient, const std::string& queue_group,
             const std::string& part, bool first = false) {
    listen(verb, recipient, queue_group, [actors = context_->actors, part, first](Incoming in) {
      first ? actors->tell_first(part, std::move(in)) : actors->tell(part, std::move(in));
    });
  }

  /// What concerns a run that is here goes straight to it, all else to the orchestrator.
  void route_to_runs() {
    listen("run", context_->node(), "", [actors = context_->actors](Incoming in) {
      caf::actor to;
      if (!std::holds_alternative<message::RunSignal>(in.message.body) &&
          !std::holds_alternative<message::WhoIs>(in.message.body))
        to = actors->find(run_part(in.message.context.run));
      if (!to) to = actors->find("orchestrator");
      if (to) caf::anon_send(to, std::move(in));
    });
  }

  template <class Pass>
  void listen(std::string_view verb, const std::string& recipient, const std::string& queue_group,
              Pass pass) {
    keep(context_->link->listen(
        verb, recipient, queue_group,
        [load = context_->load, pass = std::move(pass)](message::AgentMessage message,
                                                        std::string reply_to, std::string from) {
          pass(Incoming{std::move(message), std::move(reply_to), std::move(from),
                        std::make_shared<const Load::Ticket>(load)});
        }));
  }

  void keep(Result<std::unique_ptr<ports::BusSubscription>> subscription) {
    if (!subscription)
      throw std::runtime_error("cannot subscribe: " + subscription.error().message);
    subscriptions_.push_back(std::move(*subscription));
  }

  void watch_link() {
    const bool up = context_->link->up();
    if (up == was_up_) return;
    was_up_ = up;
    if (up)
      log::info("bus.up", {{"actor", "bus_bridge"}});
    else
      log::warn("bus.down", {{"actor", "bus_bridge"}});
    context_->actors->tell("dispatcher", LinkChanged{up});
  }

  void send_heartbeat() {
    measure();
    if (!was_up_) return;
    const auto& settings = context_->settings;
    message::NodeHeartbeat beat;
    beat.incarnation = context_->process;
    beat.version = version;
    if (settings.orchestrator) beat.modes.push_back("orchestrator");
    if (settings.agent) {
      beat.modes.push_back("agent");
      beat.roles = settings.roles;
      beat.kinds = agent::agent_kinds();
      beat.slots = settings.slots;
      beat.free_slots = context_->vitals->free_slots;
    }
    if (settings.gateway) beat.modes.push_back("gateway");
    if (settings.tools && !settings.agent) beat.modes.push_back("tool");
    for (const auto& toolkit : context_->catalogue.toolkits)
      for (const auto& tool : toolkit->tools()) beat.tools.push_back(tool.name);
    beat.labels = settings.labels;
    beat.runs_owned = context_->vitals->runs_owned;
    beat.draining = context_->vitals->draining;
    beat.http = context_->vitals->http();
    add_load(beat);
    const auto sent = context_->link->publish(
        "hb", "all", context_->link->make("bus_bridge", "*/dispatcher", {}, std::move(beat)));
    if (!sent)
      log::debug("bus.heartbeat_not_sent",
                 {{"actor", "bus_bridge"}, {"reason", sent.error().message}});
  }

  void add_load(message::NodeHeartbeat& beat) const {
    const auto& vitals = *context_->vitals;
    beat.mailbox = context_->load->waiting();
    beat.lag_ms = static_cast<std::uint32_t>(lag_.count());
    beat.tool_calls = static_cast<std::uint32_t>(vitals.tool_calls.load());
    if (!context_->settings.orchestrator) return;
    beat.journal_queue = static_cast<std::uint32_t>(context_->journal->depth());
    beat.steps_waiting = vitals.steps_waiting;
  }

  /// How late this node does what it has to: a message, or, where that is worse, its heartbeat.
  void measure_lag() {
    const Millis late = next_beat_ ? monotonic_time() - *next_beat_ : Millis{0};
    lag_ = std::max(context_->load->take_longest(), late);
  }

  void measure() {
    measure_lag();
    auto& metrics = *context_->metrics;
    metrics.set(counted::bus_up, {}, was_up_ ? 1 : 0);
    metrics.set(counted::mailbox_depth, {}, context_->load->waiting());
    metrics.set(counted::lag_seconds, {}, static_cast<double>(lag_.count()) / 1000.0);
    metrics.set(counted::messages_unreadable, {},
                static_cast<double>(context_->link->unreadable()));
    if (context_->settings.agent)
      metrics.set(counted::slots_free, {}, context_->vitals->free_slots);
    if (!context_->settings.orchestrator) return;
    metrics.set(counted::runs_owned, {}, context_->vitals->runs_owned);
    metrics.set(counted::journal_depth, {}, static_cast<double>(context_->journal->depth()));
  }

  Context context_;
  std::vector<std::unique_ptr<ports::BusSubscription>> subscriptions_;
  bool was_up_ = false;
  std::optional<Millis> next_beat_; // when it is due
  Millis lag_{0};
};

} // namespace

caf::actor spawn_bus_bridge(caf::actor_system& system, Context context) {
  return system.spawn<BusBridge>(std::move(context));
}

} // namespace troupe::actors
