#include "actors/journal_writer.hpp"

#include <chrono>

#include "actors/append_watch.hpp"
#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "actors/feed.hpp"

namespace troupe::actors {
namespace {

using Steady = std::chrono::steady_clock;

caf::behavior journal_writer(caf::event_based_actor* self, Context context) {
  end_on_exception(self, "journal_writer");
  return {
      [=](AppendRequest& request) {
        const auto id = request.append.id;
        const auto run_id = request.append.run;
        auto run = caf::actor_cast<caf::actor>(self->current_sender());
        const auto asked_at = Steady::now();
        const auto how = context->feed->decide(run_id);
        FeedAppend told{run_id, {}, how};
        if (how != supervision::FeedSend::nothing)
          told.row = {request.append.seq, id, request.append.at, request.append.body};
        context->journal->append(std::move(request.append), [=](ports::AppendOutcome outcome) {
          const std::chrono::duration<double> took = Steady::now() - asked_at;
          context->metrics->observe(counted::append_seconds, {}, took.count());
          if (outcome == ports::AppendOutcome::durable) {
            context->appends->appended(run_id);
            if (told.how != supervision::FeedSend::nothing && context->feed->enter())
              context->actors->tell("feed", told);
          }
          caf::anon_send(run, Appended{id, outcome});
        });
      },
      [](InjectFault) { crash(); },
  };
}

} // namespace

caf::actor spawn_journal_writer(caf::actor_system& system, Context context) {
  return system.spawn(journal_writer, std::move(context));
}

} // namespace troupe::actors
