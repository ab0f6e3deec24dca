#include "actors/scheduler.hpp"

#include <deque>

#include "actors/fault.hpp"
#include "runtime/intake/schedule_turn.hpp"
#include "runtime/intake_limits.hpp"
#include "runtime/log.hpp"

namespace troupe::actors {
namespace {

using namespace intake;

constexpr auto store_retry = std::chrono::seconds{2};

// from the store
struct Declared {
  Result<> outcome;
};
struct Listed {
  Result<std::vector<ports::ScheduleRow>> rows;
};
struct Fired {
  ports::DueJob due;
  Result<ports::FireOutcome> outcome;
};
struct HasLetGo {
  Result<> outcome;
};
template <class T>
void actor_message(const T&);

/// One call of the store at a time: declare every team, then look, act on what is due, and sleep.
class Scheduler final : public caf::event_based_actor {
 public:
  Scheduler(caf::actor_config& config, Context context)
      : event_based_actor{config}, context_{std::move(context)} {}

  const char* name() const override { return "scheduler"; }

  caf::behavior make_behavior() override {
    end_on_exception(this, "scheduler");
    if (context_->schedules != nullptr) declare();
    return {
        [this](const Declared& answer) { declared(answer); },
        [this](Tick tick) {
          if (tick.epoch == sleep_) go_on();
        },
        [this](ClaimNow) {
          if (asleep_) go_on();
        },
        [this](const Listed& listed) { take(listed); },
        [this](const Fired& fired) { this->fired(fired); },
        [this](const HasLetGo& answer) { went(answer.outcome); },
        [](InjectFault) { crash(); },
    };
  }

 private:
  template <class Message, class T>
  auto tells() {
    return [self = handle_of(this)](Result<T> answer) {
      caf::anon_send(self, Message{std::move(answer)});
    };
  }

  void sleep(Millis time) {
    asleep_ = true;
    delayed_send(this, std::max(time, Millis{1}), Tick{0, ++sleep_});
  }

  void go_on() {
    asleep_ = false;
    if (declared_ < context_->teams.size()) return declare();
    context_->schedules->list(tells<Listed, std::vector<ports::ScheduleRow>>());
  }

  void declare() {
    if (context_->teams.empty()) return;
    const auto& team = context_->teams[declared_];
    context_->schedules->declare(team.name, intake::declared(team), context_->now(),
                                 tells<Declared, Unit>());
  }

  void declared(const Declared& answer) {
    if (!answer.outcome) return failed(answer.outcome.error());
    if (++declared_ < context_->teams.size()) return declare();
    for (const auto& team : context_->teams)
      if (!team.schedules.empty()) return go_on();
  }

  void failed(const Error& error) {
    log::warn("schedules.failed", {{"actor", "scheduler"}, {"reason", error.message}});
    acts_.clear();
    sleep(store_retry);
  }

  void take(const Listed& listed) {
    if (!listed.rows) return failed(listed.rows.error());
    auto turn = take_turn(context_->teams, *listed.rows, context_->now());
    acts_.assign(turn.acts.begin(), turn.acts.end());
    next_ = turn.next;
    act();
  }

  void act() {
    if (acts_.empty() || context_->vitals->draining) return sleep(next_ - context_->now());
    const auto act = acts_.front();
    acts_.pop_front();
    if (const auto* firing = std::get_if<Firing>(&act)) return fire(*firing);
    const auto& missed = std::get<LetGo>(act);
    let_go(*missed.team, *missed.schedule, missed.until, "it was missed");
  }

  void let_go(const config::Team& team, const config::Schedule& schedule, Instant until,
              std::string why) {
    log::warn("schedule.let_go", {{"actor", "scheduler"},
                                  {"team", team.name},
                                  {"schedule", schedule.id},
                                  {"until", to_iso8601(until)},
                                  {"reason", why}});
    context_->schedules->let_go({team.name, schedule.id}, schedule.timing(), until, std::move(why),
                                tells<HasLetGo, Unit>());
  }

  /// The document first: a job must never name one that is not there.
  void fire(const Firing& firing) {
    const auto& [team, schedule, at] = firing;
    auto prepared = prepare_due(*team, *schedule, at, context_->now(), entropy_);
    if (!prepared) return let_go(*team, *schedule, at, prepared.error().message);
    ports::DueJob due{{team->name, schedule->id},
                      schedule->timing(),
                      at,
                      schedule->overlap,
                      std::move(prepared->job)};
    context_->jobs->put_document(
        prepared->bundle->hash, "bundle", prepared->bundle->body,
        [self = handle_of(this), context = context_, due = std::move(due)](Result<> stored) {
          if (!stored) return caf::anon_send(self, Fired{due, stored.error()});
          context->schedules->fire(due, [self, due](Result<ports::FireOutcome> outcome) {
            caf::anon_send(self, Fired{due, std::move(outcome)});
          });
        });
  }

  void fired(const Fired& fired) {
    if (!fired.outcome) return failed(fired.outcome.error());
    if (*fired.outcome == ports::FireOutcome::started) {
      log::info("job.created", {{"actor", "scheduler"},
                                {"job", fired.due.job.id},
                                {"run", fired.due.job.run},
                                {"schedule", fired.due.schedule.id},
                                {"due", to_iso8601(fired.due.due)}});
      context_->actors->tell("orchestrator", ClaimNow{});
    } else if (*fired.outcome == ports::FireOutcome::overlapping) {
      log::warn("schedule.overlapping", {{"actor", "scheduler"},
                                         {"team", fired.due.schedule.team},
                                         {"schedule", fired.due.schedule.id},
                                         {"due", to_iso8601(fired.due.due)}});
    }
    act();
  }

  void went(const Result<>& outcome) { outcome ? act() : failed(outcome.error()); }

  Context context_;
  SystemEntropy entropy_;
  std::size_t declared_ = 0;     // teams
  std::deque<ScheduleAct> acts_; // of this turn; they point into the context's teams
  Instant next_{};
  std::uint64_t sleep_ = 0; // a tick of an earlier one is stale
  bool asleep_ = false;
};

} // namespace

caf::actor spawn_scheduler(caf::actor_system& system, Context context) {
  return system.spawn<Scheduler>(std::move(context));
}

} // namespace troupe::actors
