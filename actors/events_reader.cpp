#include "actors/events_reader.hpp"

#include "actors/append_watch.hpp"
#include "actors/fault.hpp"
#include "runtime/supervision/run_view.hpp"
#include "runtime/view_limits.hpp"

namespace troupe::actors {
namespace {

using Rows = Result<std::vector<ports::JournalRow>>;

/// Lives until it has an answer, or the node's actors end. One read at a time: what is appended
/// during one is looked for after it.
class EventsReader final : public caf::event_based_actor {
 public:
  EventsReader(caf::actor_config& config, Context context, RunId run, ports::EventsPage page,
               std::function<void(Result<JsonText>)> done)
      : event_based_actor{config},
        context_{std::move(context)},
        run_{run},
        page_{page},
        done_{std::move(done)},
        until_{context_->now() + page.wait} {}

  caf::behavior make_behavior() override {
    end_on_exception(this, "events_reader");
    set_down_handler([this](const caf::down_msg&) { quit(); });
    if (const auto node = context_->actors->find("node")) monitor(node);
    context_->appends->add(run_, handle_of(this));
    ask_row();
    return {
        [this](RunAppended) { look(); },
        [this](Tick) {
          ticking_ = false;
          look();
        },
        [this](RunRowRead& read) { on_row(read.row); },
        [this](JournalPage& page) { on_rows(page.rows); },
    };
  }

  void on_exit() override {
    context_->appends->remove(run_, handle_of(this));
    answer(make_error(ErrorClass::internal, "the reader of events ended; ask once more"));
  }

 private:
  void ask_row() {
    context_->jobs->get_run(run_, [me = handle_of(this)](Result<std::optional<ports::RunRow>> row) {
      caf::anon_send(me, RunRowRead{std::move(row)});
    });
  }

  void on_row(const Result<std::optional<ports::RunRow>>& row) {
    if (!row) return end(row.error());
    if (!*row) return end(JsonText{});
    over_ = (*row)->state != ports::RunState::running;
    look();
  }

  void look() {
    if (std::exchange(reading_, true)) return void(again_ = true);
    again_ = false;
    const Seq from = page_.after ? *page_.after + 1 : 0;
    context_->journal->read(run_, from, page_.limit, [me = handle_of(this)](Rows rows) {
      caf::anon_send(me, JournalPage{std::move(rows)});
    });
  }

  void on_rows(const Rows& rows) {
    reading_ = false;
    if (!rows) return end(rows.error());
    if (!rows->empty() || over_ || context_->now() >= until_)
      return end(supervision::view_events(*rows, over_));
    if (again_) return look();
    if (!ticking_) delayed_send(this, limits::events_sweep_interval, Tick{});
    ticking_ = true;
  }

  void end(Result<JsonText> result) {
    answer(std::move(result));
    quit();
  }
  void answer(Result<JsonText> result) {
    if (auto done = std::exchange(done_, nullptr)) done(std::move(result));
  }

  Context context_;
  RunId run_;
  ports::EventsPage page_;
  std::function<void(Result<JsonText>)> done_;
  Instant until_;
  bool over_ = false, reading_ = false, again_ = false, ticking_ = false;
};

} // namespace

void read_events(caf::actor_system& system, const Context& context, RunId run,
                 ports::EventsPage page, std::function<void(Result<JsonText>)> done) {
  const OutsideThread thread;
  system.spawn<EventsReader>(context, run, page, std::move(done));
}

} // namespace troupe::actors
