#include "net/http/event_stream.hpp"

#include <atomic>
#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "net/http/api_answers.hpp"
#include "net/http/api_body.hpp"
#include "runtime/json_value.hpp"
#include "runtime/view_limits.hpp"

namespace troupe::http {

namespace json = boost::json;

namespace {

/// Asks for one page after the other, each when the one before is written.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(ports::Operations& operations, RunId run, ports::EventsPage page, EventFrames first,
              std::shared_ptr<void> place)
      : operations_{operations},
        run_{run},
        page_{page},
        frames_{std::move(first)},
        place_{std::move(place)} {
    page_.wait = limits::event_stream_heartbeat;
  }

  void next(Piece piece) {
    if (!frames_.text.empty()) return give(piece);
    if (frames_.end) return piece(std::nullopt);
    operations_.events(run_, page_, [self = shared_from_this(), piece](Result<JsonText> page) {
      if (!page || page->text == "null") return piece(std::nullopt); // the client comes again
      self->frames_ = frames_of(*page);
      self->give(piece);
    });
  }

 private:
  void give(const Piece& piece) {
    if (frames_.cursor) page_.after = frames_.cursor;
    piece(std::exchange(frames_.text, {}));
  }

  ports::Operations& operations_;
  RunId run_;
  ports::EventsPage page_;
  EventFrames frames_; // that wait to be given, and whether they are the last
  std::shared_ptr<void> place_;
};

Response too_many_streams() {
  return problem(503,
                 "as many streams of events as are allowed are open; try again shortly, or ask for "
                 "pages with ?wait=",
                 {{"Retry-After", "5"}});
}

} // namespace

EventFrames frames_of(const JsonText& page) {
  EventFrames frames;
  const auto read = read_json(page.text);
  if (!read || !read->is_object()) return frames;
  const auto& object = read->get_object();
  const auto& events = object.at("events").get_array();
  for (std::size_t i = 0; i < events.size(); ++i) {
    frames.text += "data: " + json::serialize(events[i]) + '\n';
    const auto& seq = events[i].at("seq");
    const bool last = i + 1 == events.size() || events[i + 1].at("seq") != seq;
    if (last) frames.text += "id: " + json::serialize(seq) + '\n';
    frames.text += '\n';
  }
  if (const auto& cursor = object.at("cursor"); cursor.is_number())
    frames.cursor = cursor.to_number<Seq>();
  frames.end = object.at("end").get_bool();
  if (frames.end)
    frames.text += "event: end\ndata: {}\n\n";
  else if (frames.text.empty())
    frames.text = ": nothing new\n\n";
  return frames;
}

void stream_events(ports::Operations& operations, RunId run, ports::EventsPage page,
                   const Answer& answer) {
  auto place = take_stream_place();
  if (!place) return answer(too_many_streams());
  page.wait = Millis{0};
  operations.events(
      run, page, into<JsonText>(answer, [&operations, run, page, place](const JsonText& first) {
        if (first.text == "null") return no_such("run", to_string(run));
        auto frames = frames_of(first);
        if (frames.end && !frames.cursor) return Response{204, ""};
        Response response{200, "", "text/event-stream"};
        response.headers = {{"X-Accel-Buffering", "no"}};
        auto stream =
            std::make_shared<EventStream>(operations, run, page, std::move(frames), place);
        response.pieces = [stream](Piece piece) { stream->next(std::move(piece)); };
        return response;
      }));
}

bool wants_event_stream(const Request& request) {
  const auto accept = request.header("accept");
  return accept && accept->find("text/event-stream") != accept->npos;
}

Result<std::optional<Seq>> last_event_id(const Request& request) {
  const auto text = request.header("last-event-id");
  if (!text || text->empty()) return std::optional<Seq>{};
  Seq seq = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seq);
  if (error == std::errc{} && end == text->data() + text->size()) return std::optional{seq};
  return invalid("the header Last-Event-ID must be the `id` of an event, a number");
}

std::shared_ptr<void> take_stream_place() {
  static std::atomic<std::size_t> taken{0};
  if (++taken > limits::event_streams_max) return --taken, nullptr;
  return {&taken, [](auto* count) { --*count; }};
}

} // namespace troupe::http
