#include "actors/dispatcher.hpp"

#include <algorithm>
#include <map>

#include "actors/clocks.hpp"
#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "runtime/log.hpp"
#include "runtime/placement/dispatch_queue.hpp"

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
        [this](const CreditReturned& back) {
          queue_.give_back(back.incarnation);
          serve();
        },
        [this](const NodeRefused& refusal) { queue_.take_credit(refusal.incarnation); },
        [this](const LinkChanged& link) { queue_.link_changed(link.up, boot_time()); },
        [this](const WatchIncarnation& watch) {
          if (queue_.is_unheard_of(watch.incarnation, boot_time()))
            report_gone({"", watch.incarnation, "unheard of"});
        },
        [this](const WhyNowhere& why) { return queue_.why_nowhere(why.request); },
        [this](ListNodes) { return NodesListed{list()}; },
        [this](Tick) {
          sweep();
          delayed_send(this, sweep_interval, Tick{});
        },
        [](InjectFault) { crash(); },
    };
  }

 private:
  void hear(const Incoming& in) {
    const auto heard = queue_.hear(in.from, in.message.body, boot_time());
    if (heard.joined)
      log::info("node.joined",
                {{"actor", "dispatcher"},
                 {"peer", in.from},
                 {"incarnation", queue_.cluster().find(in.from)->second.last.incarnation}});
    if (heard.gone) report_gone(*heard.gone);
    const bool leaves = std::holds_alternative<message::NodeDraining>(in.message.body) ||
                        std::holds_alternative<message::NodeLeft>(in.message.body);
    if (leaves) context_->actors->tell("orchestrator", ClaimNow{}); // its runs may be free
    serve();
  }

  void place(PlaceRequest& request) {
    const auto run = caf::actor_cast<caf::actor>(current_sender());
    PlaceAnswer answer;
    for (auto& wanted : request.wanted) {
      if (auto placement = queue_.place(wanted)) {
        answer.placements.push_back(std::move(*placement));
        continue;
      }
      log::info("step.waits_for_node", {{"actor", "dispatcher"},
                                        {"run", wanted.run},
                                        {"step", wanted.step},
                                        {"why", queue_.why_nowhere(wanted)}});
      runs_[wanted.run] = run;
    }
    send(run, std::move(answer));
  }

  void serve() {
    for (auto& offer : queue_.serve())
      send(runs_.at(offer.run), Offered{std::move(offer.placement)});
  }

  void withdraw(const WithdrawRequest& request) {
    queue_.withdraw(request.run, request.step);
    if (request.step.empty()) runs_.erase(request.run);
  }

  void report_gone(const placement::Gone& gone) const {
    log::warn("node.gone", {{"actor", "dispatcher"},
                            {"peer", gone.node},
                            {"incarnation", gone.incarnation},
                            {"reason", gone.why}});
    context_->actors->tell("orchestrator", NodeIsGone{gone.incarnation, gone.in_order});
  }

  void sweep() {
    context_->metrics->set(counted::nodes_seen, {}, static_cast<double>(queue_.cluster().size()));
    context_->metrics->set(counted::steps_waiting, {}, static_cast<double>(queue_.waiting()));
    context_->vitals->steps_waiting = static_cast<std::uint32_t>(queue_.waiting());
    for (const auto& gone : queue_.sweep(boot_time())) report_gone(gone);
    for (const auto& silent : queue_.fallen_silent(boot_time())) {
      log::info("node.silent", {{"actor", "dispatcher"}, {"incarnation", silent}});
      context_->actors->tell("orchestrator", NodeIsSilent{silent});
    }
    note_http();
    serve(); // a pause may be over
  }

  /// For whoever assigns: where executors may bring artifacts.
  void note_http() const {
    std::vector<std::string> urls;
    for (const auto& [name, node] : queue_.cluster())
      if (!node.last.http.empty()) urls.push_back(node.last.http);
    context_->vitals->set_others_http(std::move(urls));
  }

  std::vector<ports::NodeStatus> list() const {
    std::vector<ports::NodeStatus> out;
    for (const auto& [name, node] : queue_.cluster()) {
      const auto age = boot_time() - node.seen;
      out.push_back({name, node.last.incarnation, node.last.version, node.last.modes,
                     node.last.roles, node.last.labels, node.last.tools, node.last.slots,
                     node.last.free_slots, node.last.runs_owned,
                     static_cast<std::uint32_t>(std::max<Millis::rep>(age.count(), 0)),
                     node.last.draining, node.last.mailbox, node.last.lag_ms, node.last.tool_calls,
                     node.last.journal_queue, node.last.steps_waiting, node.last.kinds});
    }
    return out;
  }

  Context context_;
  placement::DispatchQueue queue_;
  std::map<RunId, caf::actor> runs_; // that wait, or waited
};

} // namespace

caf::actor spawn_dispatcher(caf::actor_system& system, Context context) {
  return system.spawn<Dispatcher>(std::move(context));
}

} // namespace troupe::actors
