#include "actors/membership.hpp"

#include <map>

#include "actors/fault.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

using Steady = std::chrono::steady_clock;

// answers of the store
struct JoinAnswered {
  Result<> done;
};
struct RenewAnswered {
  Result<bool> stands;
  Steady::time_point asked_at;
};
struct PeersRead {
  Result<std::vector<ports::PeerRow>> peers;
};
struct FenceAnswered {
  ports::PeerRow peer;
  Result<bool> fenced;
};
template <class T>
void actor_message(const T&);

class Membership final : public caf::event_based_actor {
 public:
  Membership(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "membership"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "membership");
    if (!context_->vitals->joined) join();
    delayed_send(this, limits::heartbeat_interval, Tick{});
    return {
        [this](const JoinAnswered& answer) { joined(answer); },
        [this](const RenewAnswered& answer) { renewed(answer); },
        [this](const PeersRead& read) { watch(read); },
        [this](const FenceAnswered& answer) { peer_fenced(answer); },
        [this](Tick) {
          beat();
          delayed_send(this, limits::heartbeat_interval, Tick{});
        },
        [](InjectFault) { crash(); },
    };
  }

 private:
  void join() {
    joining_ = true;
    next_ = entropy_.make_id<IncarnationId>(context_->now());
    asked_at_ = Steady::now();
    context_->membership->join({next_, context_->node(), std::string{version}},
                               [self = handle_of(this)](Result<> done) {
                                 caf::anon_send(self, JoinAnswered{std::move(done)});
                               });
  }

  void joined(const JoinAnswered& answer) {
    joining_ = false;
    if (!answer.done)
      return log::warn("node.join_failed",
                       {{"actor", "membership"}, {"reason", answer.done.error().message}});
    context_->vitals->set_owner(next_);
    context_->vitals->renewed(asked_at_);
    context_->vitals->joined = true;
    context_->vitals->store_up = true;
    log::info("node.joined_store", {{"actor", "membership"}, {"incarnation", next_}});
    context_->actors->tell("orchestrator", Joined{});
  }

  void beat() {
    if (joining_) return;
    if (!context_->vitals->joined) return join();
    if (!renewing_) {
      renewing_ = true;
      context_->membership->renew(
          context_->vitals->owner(), context_->link->up(),
          [self = handle_of(this), asked_at = Steady::now()](Result<bool> stands) {
            caf::anon_send(self, RenewAnswered{std::move(stands), asked_at});
          });
    }
    context_->membership->peers(
        [self = handle_of(this)](Result<std::vector<ports::PeerRow>> peers) {
          caf::anon_send(self, PeersRead{std::move(peers)});
        });
  }

  void renewed(const RenewAnswered& answer) {
    renewing_ = false;
    context_->vitals->store_up = answer.stands.ok();
    if (!answer.stands)
      return log::warn("node.renew_failed",
                       {{"actor", "membership"}, {"reason", answer.stands.error().message}});
    if (*answer.stands) return context_->vitals->renewed(answer.asked_at);
    log::error("node.fenced",
               {{"actor", "membership"}, {"incarnation", context_->vitals->owner()}});
    context_->vitals->lease_lost();
    context_->vitals->joined = false;
    context_->actors->tell("orchestrator", Fenced{});
    join();
  }

  /// A beat is watched by this node's own monotonic clock; a failed read starts every watch afresh.
  void watch(const PeersRead& read) {
    if (!read.peers) return watches_.clear();
    const auto now = Steady::now();
    std::map<IncarnationId, Watch> next;
    for (const auto& peer : *read.peers) {
      if (peer.fenced || peer.incarnation == context_->vitals->owner()) continue;
      const auto known = watches_.find(peer.incarnation);
      const bool same = known != watches_.end() && known->second.beat == peer.beat;
      next[peer.incarnation] = same ? known->second : Watch{peer.beat, now};
      if (same && now - known->second.since > limits::lease_period) fence(peer);
    }
    watches_ = std::move(next);
  }

  void fence(const ports::PeerRow& peer) {
    log::warn("node.fencing",
              {{"actor", "membership"}, {"peer", peer.name}, {"incarnation", peer.incarnation}});
    context_->membership->fence(peer.incarnation, peer.beat,
                                [self = handle_of(this), peer](Result<bool> fenced) {
                                  caf::anon_send(self, FenceAnswered{peer, std::move(fenced)});
                                });
  }

  void peer_fenced(const FenceAnswered& answer) {
    watches_.erase(answer.peer.incarnation);
    if (answer.fenced && *answer.fenced) context_->actors->tell("orchestrator", ClaimNow{});
  }

  struct Watch {
    std::uint64_t beat = 0;
    Steady::time_point since;
  };

  Context context_;
  SystemEntropy entropy_;
  IncarnationId next_;
  Steady::time_point asked_at_;
  bool joining_ = false, renewing_ = false;
  std::map<IncarnationId, Watch> watches_;
};

} // namespace

caf::actor spawn_membership(caf::actor_system& system, Context context) {
  return system.spawn<Membership>(std::move(context));
}

} // namespace troupe::actors
