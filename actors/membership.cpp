#include "actors/membership.hpp"

#include "actors/clocks.hpp"
#include "actors/fault.hpp"
#include "runtime/lease/lease_keeper.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

// answers of the store
struct JoinAnswered {
  Result<> done;
};
struct RenewAnswered {
  Result<bool> stands;
  Millis asked_at;
};
struct PeersRead {
  Result<std::vector<ports::PeerRow>> peers;
  Millis asked_at;
};
struct LeaveAnswered {
  Result<> done;
};
struct FenceAnswered {
  ports::PeerRow peer;
  Result<bool> fenced;
};
template <class T>
void actor_message(const T&);

class Membership final : public caf::event_based_actor, private lease::LeasePort {
 public:
  Membership(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "membership"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "membership");
    if (!keeper_.owner()) keeper_.beat(context_->now(), boot_time());
    delayed_send(this, limits::heartbeat_interval, Tick{});
    return {
        [this](const JoinAnswered& answer) {
          note("node.join_failed", answer.done);
          keeper_.joined(answer.done);
        },
        [this](const RenewAnswered& answer) {
          note("node.renew_failed", answer.stands);
          keeper_.renewed(answer.stands, answer.asked_at, context_->now(), boot_time());
        },
        [this](const PeersRead& read) {
          keeper_.peers_read(read.peers, read.asked_at, boot_time());
        },
        [this](LeaveCluster) {
          if (!keeper_.leave()) context_->vitals->left = true;
        },
        [this](const LeaveAnswered& answer) { left(answer.done); },
        [this](const FenceAnswered& answer) { keeper_.peer_fenced(answer.peer, answer.fenced); },
        [this](Tick) {
          keeper_.beat(context_->now(), boot_time());
          delayed_send(this, limits::heartbeat_interval, Tick{});
        },
        [](InjectFault) { crash(); },
    };
  }

 private:
  template <class T>
  void note(std::string_view failure, const Result<T>& answer) const {
    context_->vitals->store_up = answer.ok();
    if (!answer) log::warn(failure, {{"actor", "membership"}, {"reason", answer.error().message}});
  }

  void join(IncarnationId incarnation) override {
    context_->membership->join({incarnation, context_->node(), std::string{version}},
                               [self = handle_of(this)](Result<> done) {
                                 caf::anon_send(self, JoinAnswered{std::move(done)});
                               });
  }

  void renew(IncarnationId incarnation) override {
    context_->membership->renew(
        incarnation, context_->link->up(),
        [self = handle_of(this), asked_at = boot_time()](Result<bool> stands) {
          caf::anon_send(self, RenewAnswered{std::move(stands), asked_at});
        });
  }

  void read_peers() override {
    context_->membership->peers([self = handle_of(this), asked_at = boot_time()](
                                    Result<std::vector<ports::PeerRow>> peers) {
      caf::anon_send(self, PeersRead{std::move(peers), asked_at});
    });
  }

  void fence(const ports::PeerRow& peer) override {
    log::warn("node.fencing",
              {{"actor", "membership"}, {"peer", peer.name}, {"incarnation", peer.incarnation}});
    context_->membership->fence(peer.incarnation, peer.beat,
                                [self = handle_of(this), peer](Result<bool> fenced) {
                                  caf::anon_send(self, FenceAnswered{peer, std::move(fenced)});
                                });
  }

  void grants_stand_until(Millis until) override { context_->vitals->grant_until(until); }

  void owner_is(IncarnationId incarnation) override {
    context_->vitals->set_owner(incarnation);
    context_->vitals->joined = true;
    log::info("node.joined_store", {{"actor", "membership"}, {"incarnation", incarnation}});
    context_->actors->tell("orchestrator", Joined{incarnation});
  }

  void lost(IncarnationId incarnation) override {
    log::error("node.fenced", {{"actor", "membership"}, {"incarnation", incarnation}});
    context_->vitals->joined = false;
    context_->actors->tell("orchestrator", Fenced{});
  }

  void leave(IncarnationId incarnation) override {
    context_->vitals->joined = false;
    context_->membership->leave(incarnation, [self = handle_of(this)](Result<> done) {
      caf::anon_send(self, LeaveAnswered{std::move(done)});
    });
  }

  void left(const Result<>& done) {
    note("node.leave_failed", done); // then its lease lapses, as after a crash
    log::info("node.left_store", {{"actor", "membership"}});
    announce_draining(*context_, "membership"); // others may claim what was its
    context_->vitals->left = true;
  }

  void claim() override { context_->actors->tell("orchestrator", ClaimNow{}); }

  std::optional<IncarnationId> owner_so_far() const {
    if (!context_->vitals->joined) return std::nullopt;
    return context_->vitals->owner();
  }

  Context context_;
  SystemEntropy entropy_;
  lease::LeaseKeeper keeper_{entropy_, *this, owner_so_far()};
};

} // namespace

caf::actor spawn_membership(caf::actor_system& system, Context context) {
  return system.spawn<Membership>(std::move(context));
}

} // namespace troupe::actors
