#include "actors/node.hpp"

#include <future>
#include <map>

#include "actors/agent_host.hpp"
#include "actors/append_watch.hpp"
#include "actors/bus_bridge.hpp"
#include "actors/caf_coordinator.hpp"
#include "actors/counted.hpp"
#include "actors/dispatcher.hpp"
#include "actors/event_intake.hpp"
#include "actors/fault.hpp"
#include "actors/feed.hpp"
#include "actors/gateway.hpp"
#include "actors/intake.hpp"
#include "actors/journal_writer.hpp"
#include "actors/membership.hpp"
#include "actors/operations.hpp"
#include "actors/orchestrator.hpp"
#include "actors/scheduler.hpp"
#include "actors/tool_server.hpp"
#include "actors/upkeep.hpp"
#include "runtime/lease/drain.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

constexpr std::size_t restarts_per_minute_max = 10;

/// One actor of a node: how it is made, and who has to start afresh with it because messages
/// between them may be lost.
struct Part {
  std::string name;
  std::function<caf::actor(caf::actor_system&)> make;
  std::vector<std::string> dependants;
};

std::vector<Part> parts_of(const Context& context) {
  std::vector<Part> parts;
  const auto add = [&](std::string name, auto spawn, std::vector<std::string> dependants = {}) {
    parts.push_back({std::move(name),
                     [context, spawn](caf::actor_system& system) { return spawn(system, context); },
                     std::move(dependants)});
  };
  if (context->settings.orchestrator) {
    add("feed", spawn_feed);
    add("journal_writer", spawn_journal_writer, {"orchestrator"});
    add("dispatcher", spawn_dispatcher, {"orchestrator"});
    add("orchestrator", spawn_orchestrator);
    add("membership", spawn_membership);
    add("intake", spawn_intake);
    add("event_intake", spawn_event_intake);
    add("scheduler", spawn_scheduler);
    add("upkeep", spawn_upkeep);
  }
  if (context->settings.gateway) add("gateway", spawn_gateway);
  if (context->settings.agent) add("agent_host", spawn_agent_host);
  for (const auto& toolkit : context->catalogue.toolkits)
    add("tool_server:" + std::string{toolkit->name()},
        [toolkit, calls = make_tool_calls(context->process)](caf::actor_system& system,
                                                             const Context& node) {
          return spawn_tool_server(system, node, toolkit, calls);
        });
  add("bus_bridge", spawn_bus_bridge); // last: from here on messages arrive
  return parts;
}

/// Supervises the parts, one for one, together with their dependants.
class Root final : public caf::event_based_actor {
 public:
  Root(caf::actor_config& config, Context context, std::function<void(std::string)> failed,
       std::shared_ptr<std::atomic<bool>> stopping, std::shared_ptr<std::promise<void>> started)
      : event_based_actor{config},
        context_{std::move(context)},
        failed_{std::move(failed)},
        stopping_{std::move(stopping)},
        started_{std::move(started)},
        parts_{parts_of(context_)} {}

  const char* name() const override { return "node"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "node");
    set_down_handler([this](const caf::down_msg& down) { part_down(down); });
    for (const auto& part : parts_) start(part);
    context_->actors->set("node", handle_of(this));
    started_->set_value();
    return {[](InjectFault) { crash(); }};
  }

  void on_exit() override {
    context_->actors->remove("node");
    for (const auto& [name, actor] : running_) {
      context_->actors->remove(name);
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    }
    running_.clear();
    give_up("the root of the node's actors ended");
  }

 private:
  void start(const Part& part) {
    auto actor = part.make(system());
    monitor(actor);
    running_[part.name] = actor;
    context_->actors->set(part.name, actor);
  }

  void part_down(const caf::down_msg& down) {
    for (const auto& [name, actor] : running_) {
      if (actor.address() != down.source) continue;
      const std::string crashed = name;
      running_.erase(crashed);
      return restart(crashed, describe(down.reason));
    }
  }

  void restart(const std::string& name, const std::string& reason) {
    const auto now = context_->now();
    std::erase_if(restarts_, [&](Instant at) { return at < now - std::chrono::minutes{1}; });
    restarts_.push_back(now);
    if (restarts_.size() > restarts_per_minute_max) {
      log::error("node.gives_up", {{"actor", "node"}, {"actor", name}, {"reason", reason}});
      return give_up(name + " keeps crashing: " + reason);
    }
    context_->metrics->add(counted::actors_restarted, {{"actor", name}});
    log::error("actor.restarted", {{"actor", "node"}, {"actor", name}, {"reason", reason}});
    for (const auto& part : parts_) {
      if (part.name != name) continue;
      start(part);
      for (const auto& dependant :
           part.dependants) // it comes down, and is started afresh in its turn
        if (const auto other = running_.find(dependant); other != running_.end())
          send_exit(other->second, caf::exit_reason::kill);
    }
  }

  void give_up(const std::string& why) {
    if (!stopping_->exchange(true)) failed_(why);
  }

  Context context_;
  std::function<void(std::string)> failed_;
  std::shared_ptr<std::atomic<bool>> stopping_; // on purpose, or reported already
  std::shared_ptr<std::promise<void>> started_;
  std::vector<Part> parts_;
  std::map<std::string, caf::actor> running_;
  std::vector<Instant> restarts_;
};

struct SystemConfig : caf::actor_system_config {
  SystemConfig() {
    set("scheduler.max-threads",
        static_cast<std::size_t>(std::max(2U, std::thread::hardware_concurrency())));
    load<Coordinator>(); // work sharing idles at a fifth of stealing's cost
  }
};

} // namespace

struct Node::Impl {
  std::shared_ptr<NodeContext> context;
  SystemConfig config;
  caf::actor_system system{config};
  std::unique_ptr<ports::Operations> operations;
  caf::actor root;
  std::optional<lease::Drain> drain;
  std::shared_ptr<std::atomic<bool>> stopping = std::make_shared<std::atomic<bool>>(false);
};

Node::Node(std::shared_ptr<NodeContext> context, std::function<void(std::string)> failed)
    : impl_{std::make_unique<Impl>()} {
  impl_->context = std::move(context);
  impl_->context->appends = std::make_shared<AppendWatch>();
  impl_->context->feed = std::make_shared<FeedGate>();
  const Context shared = impl_->context;
  if (shared->settings.orchestrator) impl_->operations = make_operations(impl_->system, shared);
  auto started = std::make_shared<std::promise<void>>();
  const OutsideThread thread;
  impl_->root = impl_->system.spawn<Root>(shared, std::move(failed), impl_->stopping, started);
  started->get_future().wait(); // every part is in the directory from here on
}

Node::~Node() {
  impl_->stopping->store(true);
  caf::anon_send_exit(impl_->root, caf::exit_reason::user_shutdown);
  impl_->root = {};
  impl_->system.await_all_actors_done();
  impl_->context->actors->clear();
}

ports::Operations* Node::operations() { return impl_->operations.get(); }

void Node::begin_drain() {
  auto& context = *impl_->context;
  context.vitals->draining = true;
  impl_->drain.emplace(context.settings.drain, boot_time());
  announce_draining(context, "node");
}

bool Node::drained() {
  const auto& context = *impl_->context;
  const auto& vitals = *context.vitals;
  const bool executing = vitals.attempts > 0 || vitals.tool_calls > 0;
  const bool owning = context.settings.orchestrator && !vitals.left;
  switch (impl_->drain->next(executing, owning, boot_time())) {
    case lease::Drain::Do::wait: return false;
    case lease::Drain::Do::hand_over_attempts:
      log::info("node.hands_over_attempts",
                {{"actor", "node"}, {"attempts", vitals.attempts.load()}});
      context.actors->tell("agent_host", HandOver{});
      for (const auto& toolkit : context.catalogue.toolkits)
        context.actors->tell("tool_server:" + std::string{toolkit->name()}, HandOver{});
      return false;
    case lease::Drain::Do::hand_over_runs:
      if (owning) context.actors->tell("orchestrator", HandOver{});
      return false;
    case lease::Drain::Do::end: break;
  }
  if (executing || owning)
    log::warn("node.drain_incomplete", {{"actor", "node"},
                                        {"attempts", vitals.attempts.load()},
                                        {"tool_calls", vitals.tool_calls.load()},
                                        {"runs", vitals.runs_owned.load()}});
  return true;
}

void announce_leave(const NodeContext& context) {
  const auto& link = *context.link;
  const auto sent = link.publish(
      "hb", "all", link.make("node", "*/dispatcher", {}, message::NodeLeft{context.process}));
  if (!sent)
    log::debug("node.leave_not_sent", {{"actor", "node"}, {"reason", sent.error().message}});
}

} // namespace troupe::actors
