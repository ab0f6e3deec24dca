#include "actors/group.hpp"

#include <map>

#include "actors/fault.hpp"

namespace troupe::actors {
namespace {

class Group final : public caf::event_based_actor {
 public:
  Group(caf::actor_config& config, Context context, RunId run_id, std::string path, caf::actor run)
      : event_based_actor{config},
        context_{std::move(context)},
        run_id_{run_id},
        path_{std::move(path)},
        run_{std::move(run)} {}

  const char* name() const override { return "group"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "group " + path_);
    set_down_handler([this](const caf::down_msg& down) { child_down(down); });
    return {
        [this](const Supervise& of) {
          monitor(of.child); // had it ended already, that is told now
          children_[of.path] = of.child;
          context_->actors->set(part_of(of.path), of.child);
        },
        [](InjectFault) { crash(); },
    };
  }

  void on_exit() override { // children do not outlive their supervisor
    for (const auto& [path, child] : children_) {
      context_->actors->remove(part_of(path));
      caf::anon_send_exit(child, caf::exit_reason::user_shutdown);
    }
    children_.clear();
    run_ = {};
  }

 private:
  std::string part_of(const std::string& path) const {
    return "step:" + to_string(run_id_) + '/' + path;
  }

  void child_down(const caf::down_msg& down) {
    for (auto child = children_.begin(); child != children_.end(); ++child) {
      if (child->second.address() != down.source) continue;
      const std::string path = child->first;
      children_.erase(child);
      context_->actors->remove(part_of(path));
      if (!ended_in_order(down.reason)) send(run_, ChildCrashed{path, describe(down.reason)});
      return;
    }
  }

  Context context_;
  RunId run_id_;
  std::string path_;
  caf::actor run_;
  std::map<std::string, caf::actor> children_;
};

} // namespace

caf::actor spawn_group(caf::event_based_actor* run, Context context, RunId run_id,
                       std::string path) {
  return run->spawn<Group>(std::move(context), run_id, std::move(path), handle_of(run));
}

} // namespace troupe::actors
