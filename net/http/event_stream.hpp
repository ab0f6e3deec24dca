// The events of a run as a stream of server-sent events (text/event-stream).
#pragma once
#include <optional>
#include <string>

#include "net/http/message.hpp"
#include "net/http/router.hpp"
#include "runtime/ids.hpp"
#include "runtime/json_text.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// A page of GET /v1/runs/{id}/events as frames:
///   data: {"seq":3,"at":..,"type":..}
///   id: 3
/// The id comes with the last event of an append, so that Last-Event-ID never resumes within one.
/// An empty page is a comment. Behind the last event of the run: "event: end".
struct EventFrames {
  std::string text;
  std::optional<Seq> cursor; // of the last append, where there is one
  bool end = false;
};
/// Requires a page as ports::Operations gives it.
EventFrames frames_of(const JsonText& page);

/// What comes after `page.after`: its first page decides (404; 204 for a run that has told
/// everything, which stops a browser's EventSource), the rest follows until the run ends.
void stream_events(ports::Operations& operations, RunId run, ports::EventsPage page,
                   const Answer& answer);

/// Whether the request asks for such a stream.
bool wants_event_stream(const Request& request);
/// Of the header Last-Event-ID, which goes before ?after=. invalid_input: it is no number.
Result<std::optional<Seq>> last_event_id(const Request& request);

/// One of limits::event_streams_max places, held while it lives; null: they are taken.
std::shared_ptr<void> take_stream_place();

} // namespace troupe::http
