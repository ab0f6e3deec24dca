#include "actors/upkeep.hpp"

#include "actors/fault.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

constexpr auto interval = std::chrono::minutes{1};
constexpr auto between_batches = std::chrono::milliseconds{200}; // others come first
constexpr std::uint32_t batch = 20;                              // runs and jobs of each team

struct Retained { // from the store
  Result<ports::RetentionReport> report;
};
template <class T>
void actor_message(const T&);

class Upkeep final : public caf::event_based_actor {
 public:
  Upkeep(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "upkeep"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "upkeep");
    delayed_send(this, interval, Tick{});
    return {
        [this](Tick) { retain(); },
        [this](const Retained& retained) { go_on(retained); },
        [](InjectFault) { crash(); },
    };
  }

 private:
  void retain() {
    if (context_->retention == nullptr) return;
    context_->retention->retain(context_->settings.retention, context_->now(), batch,
                                [self = handle_of(this)](Result<ports::RetentionReport> report) {
                                  caf::anon_send(self, Retained{std::move(report)});
                                });
  }

  void go_on(const Retained& retained) {
    const auto& report = retained.report;
    if (!report)
      log::warn("retention.failed", {{"actor", "upkeep"}, {"reason", report.error().message}});
    else if (report->archived + report->purged + report->artifacts_dropped > 0)
      log::info("retention.batch", {{"actor", "upkeep"},
                                    {"runs_archived", report->archived},
                                    {"jobs_purged", report->purged},
                                    {"artifacts_dropped", report->artifacts_dropped}});
    const bool more = report && report->more;
    delayed_send(this, more ? std::chrono::milliseconds{between_batches} : interval, Tick{});
  }

  Context context_;
};

} // namespace

caf::actor spawn_upkeep(caf::actor_system& system, Context context) {
  return system.spawn<Upkeep>(std::move(context));
}

} // namespace troupe::actors
