#include "actors/dispatcher.hpp"

#include <algorithm>
#include <map>

#include "actors/clocks.hpp"
#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "runtime/log.hpp"
#include "runtime/permit_limits.hpp"
#include "runtime/placement/api_servers.hpp"
#include "runtime/placement/dispatch_queue.hpp"

namespace troupe::actors {
namespace {

constexpr auto sweep_interval = limits::heartbeat_interval / 2;

struct AskPermits { // own timer
  Millis at;
};
struct PermitsAnswered { // from the store
  IncarnationId holder;
  Result<ports::PermitAnswer> answer;
};
template <class T>
void actor_message(const T&);

class Dispatcher final : public caf::event_based_actor {
 public:
  Dispatcher(caf::actor_config& config, Context context)
      : event_based_actor{config},
        context_{std::move(context)},
        queue_{{}, placement::LimitRules{context_->settings.limits}, context_->node()} {}

  const char* name() const override { return "dispatcher"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "dispatcher");
    delayed_send(this, sweep_interval, Tick{});
    return {
        [this](const Incoming& in) { hear(in); },
        [this](PlaceRequest& request) { place(request); },
        [this](const WithdrawRequest& request) { withdraw(request); },
        [this](const CreditReturned& back) { attempt_over(back); },
        [this](const PermitsHeld& held) {
          queue_.count(held.placed);
          ask_permits();
        },
        [this](const AskPermits& due) {
          if (asks_at_ == due.at) asks_at_.reset();
          ask_permits();
        },
        [this](const PermitsAnswered& said) { permits_answered(said); },
        [this](const NodeRefused& refusal) { queue_.take_credit(refusal.incarnation); },
        [this](const LinkChanged& link) { queue_.link_changed(link.up, boot_time()); },
        [this](const WatchIncarnation& watch) {
          if (queue_.is_unheard_of(watch.incarnation, boot_time()))
            report_gone({"", watch.incarnation, "unheard of"});
        },
        [this](const WhyNowhere& why) { return NowhereBecause{queue_.why_nowhere(why.request)}; },
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
                                        {"why", queue_.why_nowhere(wanted).why}});
      runs_[wanted.run] = run;
    }
    send(run, std::move(answer));
    ask_permits();
  }

  void serve() {
    for (auto& offer : queue_.serve())
      send(runs_.at(offer.run), Offered{std::move(offer.placement)});
    ask_permits();
  }

  void withdraw(const WithdrawRequest& request) {
    queue_.withdraw(request.run, request.step);
    if (!request.step.empty()) return;
    runs_.erase(request.run);
    if (request.in_use) return; // until this node has left
    queue_.release(request.run);
    serve();
  }

  void attempt_over(const CreditReturned& back) {
    queue_.release(back.run, back.of.step);
    if (back.of.slot) queue_.give_back(back.of.incarnation);
    serve();
  }

  // ---- keyed limits

  /// Now, if it is due and this node may own anything; or at its time.
  void ask_permits() {
    const auto due = queue_.permits_due();
    if (!due || context_->permits == nullptr) return;
    const auto now = boot_time();
    if (!context_->vitals->joined) {
      queue_.forget_permits();
      return ask_permits_at(now + limits::permit_retry_interval, now);
    }
    if (*due > now) return ask_permits_at(*due, now);
    const auto holder = context_->vitals->owner();
    context_->permits->exchange(
        queue_.ask_permits(holder, now),
        [self = handle_of(this), holder](Result<ports::PermitAnswer> answer) {
          caf::anon_send(self, PermitsAnswered{holder, std::move(answer)});
        });
  }

  void ask_permits_at(Millis at, Millis now) {
    if (asks_at_ && *asks_at_ <= at && *asks_at_ > now) return;
    asks_at_ = at;
    delayed_send(this, at - now, AskPermits{at});
  }

  void permits_answered(const PermitsAnswered& said) {
    const auto& vitals = *context_->vitals;
    const bool stands = vitals.joined && vitals.owner() == said.holder;
    queue_.permits_answered(stands ? said.answer : ports::PermitAnswer{}, boot_time());
    if (permits_up_ != said.answer.ok())
      said.answer ? log::info("limits.asked_again", {{"actor", "dispatcher"}})
                  : log::warn("limits.not_asked",
                              {{"actor", "dispatcher"}, {"reason", said.answer.error().message}});
    permits_up_ = said.answer.ok();
    serve();
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
    context_->metrics->set(counted::steps_limited, {},
                           static_cast<double>(queue_.waiting_for_permits()));
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
      if (placement::serves_api(node.last)) urls.push_back(node.last.http);
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
  std::optional<Millis> asks_at_;    // when its timer for permits rings
  bool permits_up_ = true;           // the store answered when it was asked last
};

} // namespace

caf::actor spawn_dispatcher(caf::actor_system& system, Context context) {
  return system.spawn<Dispatcher>(std::move(context));
}

} // namespace troupe::actors
