#include "actors/operations.hpp"

#include <boost/json.hpp>
#include <map>
#include <mutex>

#include "actors/dead_letters.hpp"
#include "actors/events_reader.hpp"
#include "actors/protocol.hpp"
#include "actors/run_reader.hpp"
#include "actors/schedules.hpp"
#include "runtime/json_value.hpp"
#include "runtime/placement/limits_view.hpp"
#include "runtime/supervision/command.hpp"
#include "runtime/supervision/fork.hpp"
#include "runtime/supervision/run_view.hpp"
#include "runtime/supervision/why.hpp"

namespace troupe::actors {
namespace {

using namespace supervision;

Error not_ready(std::string_view part) {
  return make_error(ErrorClass::no_capacity,
                    "the " + std::string{part} + " is starting again; ask once more");
}

class NodeOperations final : public ports::Operations {
 public:
  NodeOperations(caf::actor_system& system, Context context)
      : system_{system}, context_{std::move(context)} {}

  void submit(ports::JobRequest request, Done<ports::Submitted> done) override {
    tell_intake(SubmitJob{std::move(request), std::move(done)});
  }
  void alertmanager(std::string body, Done<JsonText> done) override {
    tell_intake(AlertsPosted{std::move(body), std::move(done)});
  }

  void signal(RunId run, std::string name, JsonText body, Done<bool> done) override {
    boost::json::object content{{"name", name}, {"body", read_json(body.text).value()}};
    post(run, "signal", std::move(content), std::move(done));
  }
  void cancel(RunId run, std::string reason, Done<bool> done) override {
    post(run, "cancel", {{"reason", reason}}, std::move(done));
  }

  void fork(RunId id, ports::ForkRequest request, Done<JsonText> done) override {
    fold(id, done, JsonText{},
         [context = context_, request = std::move(request), done](const Folded& run) {
           context->jobs->get_document(run.row.bundle, [context, request, done, state = run.state](
                                                           Result<std::string> body) {
             if (!body) return done(body.error());
             start_fork(context, state, request, *body, done);
           });
         });
  }

  void jobs(ports::JobFilter filter, Done<std::vector<ports::JobRow>> done) override {
    context_->jobs->list_jobs(std::move(filter), std::move(done));
  }
  void job(JobId id, Done<std::optional<ports::JobRow>> done) override {
    context_->jobs->get_job(id, std::move(done));
  }
  void runs(ports::JobFilter filter, Done<std::vector<ports::RunRow>> done) override {
    context_->jobs->list_runs(std::move(filter), std::move(done));
  }

  void command(RunId id, ports::Command command, Done<std::optional<bool>> done) override {
    fold(id, done, std::optional<bool>{},
         [context = context_, id, command = std::move(command), done](const Folded& run) {
           const Instant now = context->now();
           if (const auto checked = check_command(run.state, command, now); !checked)
             return done(checked.error());
           post(context, id, inbox_row(command, new_row_id(now), now), [done](Result<bool> posted) {
             if (posted) return done(std::optional{*posted});
             done(posted.error().error_class == ErrorClass::invalid_input // it has just ended
                      ? make_error(ErrorClass::effect_conflict, posted.error().message)
                      : posted.error());
           });
         });
  }

  void run(RunId id, Done<JsonText> done) override {
    fold(id, done, JsonText{},
         [done](const Folded& run) { done(view_run(run.state, run.row, *run.history)); });
  }
  void instances(RunId id, ports::StepPage page, Done<JsonText> done) override {
    fold(id, done, JsonText{}, [page = std::move(page), done](const Folded& run) {
      done(view_instances(run.state, page));
    });
  }
  void approvals(RunId id, Done<JsonText> done) override {
    fold(id, done, JsonText{}, [context = context_, done](const Folded& run) {
      done(view_approvals(run.state, context->now()));
    });
  }
  void pending_approvals(std::uint32_t limit, Done<JsonText> done) override {
    context_->jobs->asking_runs(limit, [context = context_, bundles = bundles_,
                                        done](Result<std::vector<ports::RunRow>> runs) {
      if (!runs) return done(runs.error());
      if (runs->empty()) return done(join_approvals({}));
      auto gathered = std::make_shared<Gathered>();
      gathered->open = runs->size();
      gathered->parts.resize(runs->size());
      for (std::size_t i = 0; i < runs->size(); ++i)
        read_run(context, bundles, (*runs)[i].id, (*runs)[i].bundle,
                 [context, gathered, i, done](Result<RunState> state) {
                   gathered->take(i,
                                  state ? Result<JsonText>{view_approvals(*state, context->now())}
                                        : state.error(),
                                  done);
                 });
    });
  }
  void why(RunId id, std::string step, Done<JsonText> done) override {
    fold(id, done, JsonText{},
         [&system = system_, context = context_, step = std::move(step), done](Folded run) {
           auto questions = placement_questions(run.state, step);
           ask_nowhere(system, context, std::move(questions),
                       [context, run = std::move(run), step,
                        done](supervision::Circumstances::Nowhere nowhere) {
                         done(explain(run.state, step,
                                      {context->now(), run.row, *run.history, std::move(nowhere)}));
                       });
         });
  }

  void events(RunId id, ports::EventsPage page, Done<JsonText> done) override {
    read_events(system_, context_, id, page, std::move(done));
  }
  void bundle(RunId id, Done<JsonText> done) override {
    context_->jobs->get_run(
        id, [context = context_, done = std::move(done)](Result<std::optional<ports::RunRow>> row) {
          if (!row) return done(row.error());
          if (!*row) return done(JsonText{});
          context->jobs->get_document((*row)->bundle, [done](Result<std::string> body) {
            body ? done(JsonText{std::move(*body)}) : done(body.error());
          });
        });
  }
  void schedules(ports::ScheduleId choice, Done<JsonText> done) override {
    list_schedules(context_, std::move(choice), std::move(done));
  }
  void schedule(ports::ScheduleId id, Done<JsonText> done) override {
    show_schedule(context_, std::move(id), std::move(done));
  }
  void next_times(ports::ScheduleId choice, std::uint32_t limit, Done<JsonText> done) override {
    list_next_times(context_, std::move(choice), limit, std::move(done));
  }
  void pause_schedule(ports::ScheduleId id, bool pause, std::string by,
                      Done<std::optional<bool>> done) override {
    actors::pause_schedule(context_, std::move(id), pause, std::move(by), std::move(done));
  }
  void run_schedule(ports::ScheduleId id, std::string key,
                    Done<std::optional<ports::Submitted>> done) override {
    actors::run_schedule(context_, std::move(id), std::move(key), std::move(done));
  }
  void inject(intake::Injected event, Done<JsonText> done) override {
    if (event.place.empty()) event.place = new_row_id(context_->now());
    tell_intake(EventInjected{std::move(event), std::move(done), false});
  }
  void dead_letters(std::uint32_t limit, std::uint64_t before, Done<JsonText> done) override {
    list_dead_letters(context_, limit, before, std::move(done));
  }
  void dead_letter(std::string id, Done<JsonText> done) override {
    show_dead_letter(context_, std::move(id), std::move(done));
  }
  void retry_dead_letter(std::string id, Done<JsonText> done) override {
    actors::retry_dead_letter(context_, std::move(id), std::move(done));
  }
  void drop_dead_letter(std::string id, Done<bool> done) override {
    context_->dead_letters->remove(std::move(id), std::move(done));
  }
  void limits(Done<JsonText> done) override {
    context_->permits->list(
        [context = context_, done = std::move(done)](Result<std::vector<ports::LimitRow>> rows) {
          if (!rows) return done(rows.error());
          done(placement::view_limits(context->settings.limits, *rows));
        });
  }
  void nodes(Done<std::vector<ports::NodeStatus>> done) override {
    const auto dispatcher = context_->actors->find("dispatcher");
    if (!dispatcher) return done(not_ready("dispatcher"));
    const OutsideThread thread;
    system_.spawn([dispatcher, done](caf::event_based_actor* self) {
      self->request(dispatcher, std::chrono::seconds{2}, ListNodes{})
          .then([done](NodesListed& listed) { done(std::move(listed.nodes)); },
                [done](const caf::error&) { done(not_ready("dispatcher")); });
    });
  }

  ports::Health health() const override {
    ports::Health health;
    health.bus_up = context_->link->up();
    health.store_up = context_->vitals->store_up;
    health.joined = context_->vitals->joined;
    const bool draining = context_->vitals->draining;
    health.ready = health.bus_up && health.store_up && health.joined && !draining;
    if (draining)
      health.reason = "the node is draining";
    else if (!health.bus_up)
      health.reason = "NATS cannot be reached";
    else if (!health.store_up)
      health.reason = "Postgres cannot be reached";
    else if (!health.joined)
      health.reason = "the node has not joined the cluster yet";
    return health;
  }

 private:
  template <class Message>
  void tell_intake(Message message) {
    const auto intake = context_->actors->find("intake");
    if (!intake) return message.done(not_ready("intake"));
    caf::anon_send(intake, std::move(message));
  }

  /// The answers of many runs; the first error is the answer of all.
  struct Gathered {
    std::mutex mutex;
    std::size_t open = 0;
    std::vector<JsonText> parts;
    std::optional<Error> fault;

    void take(std::size_t place, Result<JsonText> part, const Done<JsonText>& done) {
      std::unique_lock lock{mutex};
      if (part)
        parts[place] = std::move(*part);
      else
        fault = part.error();
      if (--open > 0) return;
      lock.unlock();
      fault ? done(*fault) : done(join_approvals(parts));
    }
  };

  /// A run as its journal has it now.
  struct Folded {
    ports::RunRow row;
    RunState state;
    std::shared_ptr<History> history = std::make_shared<History>();
  };

  /// Folds the run, and goes on with it. `nothing` is the answer where there is no such run.
  template <class T, class Then>
  void fold(RunId id, Done<T> done, T nothing, Then then) {
    context_->jobs->get_run(id, [context = context_, bundles = bundles_, done = std::move(done),
                                 nothing = std::move(nothing),
                                 then = std::move(then)](Result<std::optional<ports::RunRow>> row) {
      if (!row) return done(row.error());
      if (!*row) return done(nothing);
      auto folded = std::make_shared<Folded>();
      folded->row = std::move(**row);
      read_run(
          context, bundles, folded->row.id, folded->row.bundle,
          [folded, done, then](Result<RunState> state) {
            if (!state) return done(state.error());
            folded->state = std::move(*state);
            then(std::move(*folded));
          },
          folded->history);
    });
  }

  /// Why no node takes these steps, by path. A dispatcher that does not answer tells nothing.
  static void ask_nowhere(caf::actor_system& system, const Context& context,
                          std::vector<placement::PlacementRequest> questions,
                          std::function<void(supervision::Circumstances::Nowhere)> then) {
    const auto dispatcher = context->actors->find("dispatcher");
    if (questions.empty() || !dispatcher) return then({});
    const OutsideThread thread;
    system.spawn([dispatcher, questions = std::move(questions),
                  then = std::move(then)](caf::event_based_actor* self) {
      struct Answers {
        std::size_t open = 0;
        supervision::Circumstances::Nowhere told;
      };
      auto answers = std::make_shared<Answers>();
      answers->open = questions.size();
      const auto one_more = [answers, then] {
        if (--answers->open == 0) then(std::move(answers->told));
      };
      for (const auto& question : questions)
        self->request(dispatcher, std::chrono::seconds{2}, WhyNowhere{question})
            .then(
                [answers, one_more, step = question.step](NowhereBecause& why) {
                  answers->told[step] = std::move(why.of);
                  one_more();
                },
                [one_more](const caf::error&) { one_more(); });
    });
  }

  static void start_fork(const Context& context, const RunState& run,
                         const ports::ForkRequest& request, const std::string& body,
                         const Done<JsonText>& done) {
    if (const auto may = check_retry(run, request); !may) return done(may.error());
    auto edited = edit_bundle(body, run, request);
    if (!edited) return done(edited.error());
    const auto fork = fork_run(run, request, *edited);
    if (!fork) return done(fork.error());
    if (request.preview) return done(view_fork(*fork, {}));
    if (!fork->repeats.empty() && !request.accept_repeats) return done(would_repeat(*fork));
    SystemEntropy entropy;
    ports::NewRun fresh;
    fresh.at = context->now();
    fresh.job = fork->created.job;
    fresh.id = entropy.make_id<RunId>(fresh.at);
    fresh.bundle = fork->created.bundle;
    fresh.append = entropy.make_id<AppendId>(fresh.at);
    fresh.body = encode(fork->events);
    auto answer = view_fork(*fork, fresh.id);
    context->jobs->put_document(
        edited->bundle.hash, "bundle", edited->bundle.body,
        [context, done, fresh = std::move(fresh), answer = std::move(answer)](Result<> kept) {
          if (!kept) return done(kept.error());
          context->jobs->add_run(fresh, [context, done, answer](Result<bool> added) {
            if (!added) return done(added.error());
            context->actors->tell("orchestrator", ClaimNow{});
            done(answer);
          });
        });
  }

  static std::string new_row_id(Instant now) {
    return to_string(SystemEntropy{}.make_id<MessageId>(now));
  }

  void post(RunId run, std::string kind, boost::json::object body, Done<bool> done) {
    const Instant now = context_->now();
    ports::InboxRow row;
    row.at = now;
    row.id = new_row_id(now);
    row.kind = std::move(kind);
    row.body = JsonText{boost::json::serialize(body)};
    post(context_, run, std::move(row), std::move(done));
  }

  static void post(const Context& context, RunId run, ports::InboxRow row, Done<bool> done) {
    context->jobs->post_inbox(run, std::move(row), [context, run, done](Result<bool> posted) {
      if (posted) context->actors->tell("orchestrator", WakeRun{run});
      done(std::move(posted));
    });
  }

  caf::actor_system& system_;
  Context context_;
  std::shared_ptr<BundleCache> bundles_ = std::make_shared<BundleCache>();
};

} // namespace

std::unique_ptr<ports::Operations> make_operations(caf::actor_system& system, Context context) {
  return std::make_unique<NodeOperations>(system, std::move(context));
}

} // namespace troupe::actors
