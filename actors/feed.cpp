#include "actors/feed.hpp"

#include "actors/counted.hpp"
#include "actors/fault.hpp"
#include "runtime/log.hpp"
#include "runtime/supervision/feed.hpp"

namespace troupe::actors {
namespace {

using supervision::FeedSend;

void tell(const Context& context, const FeedAppend& append) {
  const auto& link = *context->link;
  const auto run = to_string(append.run);
  auto event = supervision::cloud_event(append.run, append.row, link.cluster(), link.node());
  context->metrics->add(counted::feed_events);
  if (append.how == FeedSend::asking)
    return link.emit_asking(
        supervision::feed_verb, run, supervision::cloud_event_content_type, std::move(event),
        [gate = context->feed, run = append.run](bool heard) { gate->heard(run, heard); });
  if (const auto sent = link.emit(supervision::feed_verb, run,
                                  supervision::cloud_event_content_type, std::move(event));
      !sent)
    log::debug("feed.not_sent", {{"actor", "feed"}, {"reason", sent.error().message}});
}

caf::behavior feed(caf::event_based_actor* self, Context context) {
  end_on_exception(self, "feed");
  context->feed->clear(); // what the one before had not told yet is lost
  return {
      [=](const FeedAppend& append) {
        context->feed->leave();
        tell(context, append);
      },
      [](InjectFault) { crash(); },
  };
}

} // namespace

caf::actor spawn_feed(caf::actor_system& system, Context context) {
  return system.spawn(feed, std::move(context));
}

} // namespace troupe::actors
