// A message on the bus, version 1: one JSON object, its keys in this order,
//   {"v":1,"id":"<uuid>","type":"task.assigned","sender":"node-1/run","recipient":"node-2/agents",
//    "run":"<uuid>","step":"examine/probe","iteration":0,"attempt":1,"epoch":1,
//    "priority":"normal","timestamp":"2026-11-20T18:46:51.123Z","deadline":"..","trace":"..",
//    "content":{..}}
// What has its default is left out, but for the priority; shape.hpp lists the fields of each
// content. A JsonText stands in it as JSON, byte for byte. Readers take keys in any order and
// ignore those they do not know, so adding one needs no new version; `v` moves only when an old
// reader would be wrong.
#include "runtime/message/codec.hpp"

#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/message/shape.hpp"
#include "runtime/message/shape_codec.hpp"

namespace troupe::message {
namespace {

constexpr std::uint64_t version = 1;

template <std::size_t... Index>
bool read_body(JsonReader& in, std::size_t type, Body& body, std::index_sequence<Index...>) {
  using Read = bool (*)(JsonReader&, Body&);
  static constexpr Read readers[] = {
      [](JsonReader& from, Body& to) { return read_fields(from, to.emplace<Index>()); }...};
  return readers[type](in, body);
}
bool read_body(JsonReader& in, std::size_t type, Body& body) {
  return read_body(in, type, body, std::make_index_sequence<std::variant_size_v<Body>>{});
}

/// What stands in the envelope beside the fields of its shape.
struct Outside {
  std::optional<std::uint64_t> version;
  std::optional<std::size_t> type;    // index of an alternative of Body
  std::optional<std::size_t> content; // where it begins, if it came before its type
  bool has_content = false;
};

bool read_version(JsonReader& in, Outside& outside) {
  const std::size_t begin = in.position();
  std::uint64_t number = 0;
  if (outside.version) return in.fail("given twice");
  if (!in.read_unsigned(number, std::numeric_limits<std::uint64_t>::max())) return false;
  outside.version = number;
  if (number == version) return true;
  in.seek(begin);
  return in.fail("version " + std::to_string(number) +
                 " of the message format is not known here; expected 1. Run the same version of "
                 "troupe on every node");
}

bool read_type(JsonReader& in, Outside& outside) {
  const std::size_t begin = in.position();
  std::string name;
  if (outside.type) return in.fail("given twice");
  if (!in.read_string(name)) return false;
  const auto* found = std::find(body_types.begin(), body_types.end(), name);
  if (found != body_types.end())
    return outside.type = static_cast<std::size_t>(found - body_types.begin()), true;
  in.seek(begin);
  if (name.size() > 40) name.resize(40);
  return in.fail("unknown message type `" + name + "`");
}

bool read_content(JsonReader& in, Outside& outside, Body& body) {
  if (outside.has_content) return in.fail("given twice");
  outside.has_content = true;
  if (outside.type) return read_body(in, *outside.type, body);
  outside.content = in.position(); // read again once the type is known
  return in.skip_value();
}

bool missing(JsonReader& in, std::string_view key, std::string_view what) {
  in.fail(std::string{"missing; expected "}.append(what));
  return in.within(key);
}

bool read_envelope(JsonReader& in, AgentMessage& message) {
  Outside outside;
  Seen seen = 0;
  const bool went_well = in.read_object([&](std::string_view key) {
    if (key == "v") return read_version(in, outside);
    if (key == "type") return read_type(in, outside);
    if (key == "content") return read_content(in, outside, message.body);
    bool well = true;
    return read_member(in, key, message, seen, well) ? well : in.skip_value();
  });
  if (!went_well || !in.at_end()) return false;
  if (!outside.version) return missing(in, "v", "1");
  if (!outside.type) return missing(in, "type", "the type of the message");
  if (!check_complete(in, message, seen)) return false;
  if (!outside.has_content) return missing(in, "content", "an object");
  if (!outside.content) return true;
  in.seek(*outside.content);
  return read_body(in, *outside.type, message.body) || in.within("content");
}

} // namespace

std::string encode(const AgentMessage& message) {
  std::string out;
  out.reserve(1024);
  out += "{\"v\":1";
  std::apply(
      [&](const auto& id, const auto&... field) {
        write_field(out, message, id);
        out += ",\"type\":";
        append_quoted(out, type_name(message.body));
        (write_field(out, message, field), ...);
      },
      shape<AgentMessage>.fields);
  out += ",\"content\":";
  std::visit([&](const auto& body) { write_object(out, body); }, message.body);
  out += '}';
  return out;
}

Result<AgentMessage> decode(std::string_view json) {
  if (json.size() > limits::bus_message_bytes_max)
    return make_error(ErrorClass::invalid_input,
                      "the document itself: " + std::to_string(json.size()) + " bytes; at most " +
                          std::to_string(limits::bus_message_bytes_max) +
                          ". Send what is larger as an artifact");
  JsonReader in{json};
  AgentMessage message;
  if (!read_envelope(in, message)) return make_error(ErrorClass::invalid_input, in.error());
  return message;
}

std::string encode_role(const RoleDefinition& role) {
  std::string out;
  write_object(out, role);
  return out;
}

Result<RoleDefinition> decode_role(std::string_view json) {
  JsonReader in{json};
  RoleDefinition role;
  if (read_fields(in, role) && in.at_end()) return role;
  return make_error(ErrorClass::invalid_input, in.error());
}

} // namespace troupe::message
