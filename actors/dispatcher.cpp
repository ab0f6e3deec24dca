#include "actors/dispatcher.hpp"

#include <algorithm>
#include <deque>

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

constexpr auto sweep_interval = limits::heartbeat_interval / 2;

class Dispatcher final : public caf::event_based_actor {
 public:
  Dispatcher(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "dispatcher"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "dispatcher");
    delayed_send(this, sweep_interval, Tick{});
    return {
        [this](const Incoming& in) { hear(in); },
        [this](PlaceRequest& request) { place(request); },
        [this](const WithdrawRequest& request) { withdraw(request); },
        [this](const CreditReturned& back) { give_back(back.incarnation); },
        [this](const NodeRefused& refusal) { take_credit(refusal.incarnation); },
        [this](const LinkChanged& link) { link_changed(link.up); },
        [this](const WhyNowhere& why) { return placement::why_nowhere(cluster_, why.request); },
        [this](ListNodes) { return NodesListed{list()}; },
        [this](Tick) {
          sweep();
          delayed_send(this, sweep_interval, Tick{});
        },
        [](InjectFault) { crash(); },
    };
  }

 private:
  struct Waiter {
    placement::PlacementRequest request;
    caf::actor run;
  };

  void hear(const Incoming& in) {
    std::visit(Overloaded{
                   [&](const message::NodeHeartbeat& beat) {
                     const bool news = !cluster_.contains(in.from);
                     const auto replaced =
                         placement::observe(cluster_, in.from, beat, context_->now());
                     if (news)
                       log::info("node.joined", {{"actor", "dispatcher"},
                                                 {"peer", in.from},
                                                 {"incarnation", beat.incarnation}});
                     if (replaced) report_gone(in.from, *replaced, "started anew");
                     serve();
                   },
                   [&](const message::NodeLeft& left) { forget(in.from, left.incarnation); },
                   [&](const message::NodeDraining& draining) {
                     if (auto* node = find(draining.incarnation)) node->last.draining = true;
                   },
                   [](const auto&) {},
               },
               in.message.body);
  }

  void place(PlaceRequest& request) {
    auto run = caf::actor_cast<caf::actor>(current_sender());
    PlaceAnswer answer;
    for (auto& wanted : request.wanted) {
      withdraw({wanted.run, wanted.step}); // asked again: the newer one counts
      if (auto placement = take(wanted))
        answer.placements.push_back(std::move(*placement));
      else
        wait(std::move(wanted), run);
    }
    send(run, std::move(answer));
  }

  std::optional<placement::Placement> take(const placement::PlacementRequest& wanted) {
    auto placement = placement::choose(cluster_, wanted);
    if (placement) --cluster_.find(placement->node)->second.credit;
    return placement;
  }

  void wait(placement::PlacementRequest wanted, const caf::actor& run) {
    log::info("step.waits_for_node", {{"actor", "dispatcher"},
                                      {"run", wanted.run},
                                      {"step", wanted.step},
                                      {"why", placement::why_nowhere(cluster_, wanted)}});
    const auto later = std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& other) {
      return other.request.priority < wanted.priority;
    });
    waiters_.insert(later, Waiter{std::move(wanted), run});
  }

  /// Offers whatever has credit now to those who wait, in order.
  void serve() {
    std::erase_if(waiters_, [&](Waiter& waiter) {
      auto placement = take(waiter.request);
      if (placement) send(waiter.run, Offered{std::move(*placement)});
      return placement.has_value();
    });
  }

  void withdraw(const WithdrawRequest& request) {
    std::erase_if(waiters_, [&](const Waiter& waiter) {
      return waiter.request.run == request.run &&
             (request.step.empty() || waiter.request.step == request.step);
    });
  }

  placement::NodeView* find(IncarnationId incarnation) {
    for (auto& [name, node] : cluster_)
      if (node.last.incarnation == incarnation) return &node;
    return nullptr;
  }

  void give_back(IncarnationId incarnation) {
    auto* node = find(incarnation);
    if (node == nullptr) return;
    node->credit = std::min(node->credit + 1, node->last.slots);
    serve();
  }

  void take_credit(IncarnationId incarnation) {
    if (auto* node = find(incarnation)) node->credit = 0;
  }

  void forget(const std::string& name, IncarnationId incarnation) {
    const auto known = cluster_.find(name);
    if (known == cluster_.end() || known->second.last.incarnation != incarnation) return;
    cluster_.erase(known);
    report_gone(name, incarnation, "left");
  }

  void report_gone(const std::string& name, IncarnationId incarnation, std::string_view why) {
    log::warn(
        "node.gone",
        {{"actor", "dispatcher"}, {"peer", name}, {"incarnation", incarnation}, {"reason", why}});
    context_->actors->tell("orchestrator", NodeIsGone{name, incarnation});
  }

  void link_changed(bool up) {
    link_up_ = up;
    if (up) // silence during the outage says nothing about the others
      for (auto& [name, node] : cluster_) node.seen = context_->now();
  }

  void sweep() {
    context_->metrics->set(counted::nodes_seen, {}, static_cast<double>(cluster_.size()));
    context_->metrics->set(counted::steps_waiting, {}, static_cast<double>(waiters_.size()));
    if (!link_up_) return;
    for (const auto& node : placement::remove_silent(cluster_, context_->now()))
      report_gone(node.name, node.last.incarnation, "silent for the lease period");
  }

  std::vector<ports::NodeStatus> list() const {
    std::vector<ports::NodeStatus> out;
    for (const auto& [name, node] : cluster_) {
      const auto age = context_->now() - node.seen;
      out.push_back({name, node.last.incarnation, node.last.version, node.last.modes,
                     node.last.roles, node.last.labels, node.last.tools, node.last.slots,
                     node.last.free_slots, node.last.runs_owned,
                     static_cast<std::uint32_t>(std::max<Millis::rep>(age.count(), 0)),
                     node.last.draining});
    }
    return out;
  }

  Context context_;
  placement::ClusterView cluster_;
  std::deque<Waiter> waiters_;
  bool link_up_ = true;
};

} // namespace

caf::actor spawn_dispatcher(caf::actor_system& system, Context context) {
  return system.spawn<Dispatcher>(std::move(context));
}

} // namespace troupe::actors
