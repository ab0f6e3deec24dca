#include "runtime/supervision/event.hpp"

#include <algorithm>

#include "runtime/supervision/event_shape.hpp"

namespace troupe::supervision {
namespace {

using message::JsonReader;

constexpr std::uint64_t version = 1;

void write_event(std::string& out, const Event& event) {
  out += "{\"type\":";
  message::append_quoted(out, type_name(event));
  std::visit(
      [&]<class E>(const E& e) {
        std::apply([&](const auto&... field) { (message::write_field(out, e, field), ...); },
                   message::shape<E>.fields);
      },
      event);
  out += '}';
}

/// The `type` of the object that begins here; the reader is put back before it.
bool peek_type(JsonReader& in, std::size_t& type) {
  const std::size_t begin = in.position();
  std::string name;
  const bool read = in.read_object(
      [&](std::string_view key) { return key == "type" ? in.read_string(name) : in.skip_value(); });
  if (!read) return false;
  in.seek(begin);
  const auto found = std::find(message::event_types.begin(), message::event_types.end(), name);
  if (found == message::event_types.end())
    return in.fail("unknown event `" + name + "`: written by a newer version of troupe");
  type = static_cast<std::size_t>(found - message::event_types.begin());
  return true;
}

template <std::size_t... Index>
bool read_alternative(JsonReader& in, std::size_t type, Event& event,
                      std::index_sequence<Index...>) {
  using Read = bool (*)(JsonReader&, Event&);
  static constexpr Read readers[] = {[](JsonReader& from, Event& to) {
    return message::read_fields(from, to.emplace<Index>());
  }...};
  return readers[type](in, event);
}

bool read_event(JsonReader& in, Event& event) {
  std::size_t type = 0;
  return peek_type(in, type) &&
         read_alternative(in, type, event, std::make_index_sequence<std::variant_size_v<Event>>{});
}

bool read_body(JsonReader& in, std::vector<Event>& events) {
  return in.read_object([&](std::string_view key) {
    if (key == "events")
      return in.read_array([&] { return read_event(in, events.emplace_back()); });
    if (key != "v") return in.skip_value();
    std::uint64_t number = 0;
    if (!in.read_unsigned(number, 1'000'000)) return false;
    return number == version ||
           in.fail("format " + std::to_string(number) + " is newer than this troupe");
  }) && in.at_end();
}

} // namespace

std::string_view type_name(const Event& event) { return message::event_types[event.index()]; }

std::string encode(const std::vector<Event>& events) {
  std::string out = "{\"v\":1,\"events\":[";
  for (const auto& event : events) {
    if (&event != &events.front()) out += ',';
    write_event(out, event);
  }
  out += "]}";
  return out;
}

Result<std::vector<Event>> decode(std::string_view body) {
  JsonReader in{body};
  std::vector<Event> events;
  if (!read_body(in, events)) return make_error(ErrorClass::internal, in.error());
  return events;
}

} // namespace troupe::supervision
