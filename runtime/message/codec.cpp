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
#include <functional>
#include <limits>

#include "runtime/limits.hpp"
#include "runtime/message/json_reader.hpp"
#include "runtime/message/json_writer.hpp"
#include "runtime/message/shape.hpp"

namespace troupe::message {
namespace {

constexpr std::uint64_t version = 1;

template <class T>
constexpr bool is_vector = false;
template <class T>
constexpr bool is_vector<std::vector<T>> = true;
template <class T>
constexpr bool is_optional = false;
template <class T>
constexpr bool is_optional<std::optional<T>> = true;
template <class T>
constexpr bool is_id = false;
template <class Tag>
constexpr bool is_id<Id<Tag>> = true;
template <class T>
constexpr bool unknown_type = false;

// ---- writing

/// For text that is known to need no escape.
void append_quoted(std::string& out, std::string_view text) {
  (out += '"').append(text).append("\"");
}

template <class T>
void write_value(std::string& out, const T& value);

template <class T>
bool has_default(const T& value) {
  if constexpr (is_vector<T> || std::is_same_v<T, std::string>)
    return value.empty();
  else if constexpr (std::is_same_v<T, JsonText>)
    return value.text == "null";
  else if constexpr (std::is_same_v<T, Priority>)
    return false; // always shown: people filter by it
  else
    return value == T{};
}

template <class T, class Access>
void write_field(std::string& out, const T& object, const Field<Access>& field) {
  const auto& value = std::invoke(field.access, object);
  if (!field.is_required && has_default(value)) return;
  if (out.back() != '{') out += ',';
  append_quoted(out, field.name);
  out += ':';
  write_value(out, value);
}

template <class T>
void write_object(std::string& out, const T& object) {
  out += '{';
  std::apply([&](const auto&... field) { (write_field(out, object, field), ...); },
             shape<T>.fields);
  out += '}';
}

template <class T>
void write_value(std::string& out, const T& value) {
  if constexpr (Shaped<T>) {
    write_object(out, value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    append_string(out, value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_unsigned_v<T>) {
    out += std::to_string(value);
  } else if constexpr (std::is_same_v<T, JsonText>) {
    out += value.text;
  } else if constexpr (std::is_same_v<T, Instant>) {
    append_quoted(out, to_iso8601(value));
  } else if constexpr (is_id<T> || std::is_same_v<T, Priority> || std::is_same_v<T, ErrorClass>) {
    append_quoted(out, to_string(value));
  } else if constexpr (is_optional<T>) {
    write_value(out, *value); // an empty one has its default, and was left out
  } else if constexpr (is_vector<T>) {
    out += '[';
    for (const auto& item : value) {
      if (&item != &value.front()) out += ',';
      write_value(out, item);
    }
    out += ']';
  } else {
    static_assert(unknown_type<T>, "say here how this type is written");
  }
}

// ---- reading

template <class T>
bool read_value(JsonReader& in, T& value);

/// What a reader expects where a T stands; for the text about a missing field.
template <class T>
constexpr std::string_view expected() {
  if constexpr (Shaped<T>) return "an object";
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  if constexpr (std::is_same_v<T, bool>) return "a boolean";
  if constexpr (std::is_unsigned_v<T>) return "an unsigned integer";
  if constexpr (std::is_same_v<T, JsonText>) return "any JSON value";
  if constexpr (std::is_same_v<T, Instant>) return "a time as in RFC 3339";
  if constexpr (is_id<T>) return "a UUID of 36 characters";
  if constexpr (std::is_same_v<T, Priority>) return "a priority";
  if constexpr (std::is_same_v<T, ErrorClass>) return "an error class";
  if constexpr (is_vector<T>) return "an array";
  return "a value";
}

/// Reads a string that `parse` turns into a T.
template <class T, class Parse>
bool read_parsed(JsonReader& in, T& value, Parse&& parse, std::string_view hint = {}) {
  const std::size_t begin = in.position();
  std::string text;
  if (!in.read_string(text, expected<T>())) return false;
  if (const auto parsed = parse(text)) return value = *parsed, true;
  in.seek(begin);
  if (text.size() > 40) text.resize(40);
  return in.fail(std::string{"expected "}
                     .append(expected<T>())
                     .append(hint)
                     .append(", got \"")
                     .append(text)
                     .append("\""));
}

template <class T>
bool read_array(JsonReader& in, std::vector<T>& items) {
  items.clear();
  return in.read_array([&] { return read_value(in, items.emplace_back()); });
}

/// Which fields of one object were seen, by their place in its shape.
using Seen = std::uint32_t;

/// Reads the value of `key` if the shape of T has it: true, and `went_well` says how that went.
template <class T>
bool read_member(JsonReader& in, std::string_view key, T& object, Seen& seen, bool& went_well) {
  Seen bit = 1;
  const auto try_field = [&](const auto& field) {
    if (key != field.name) return bit <<= 1, false;
    went_well = (seen & bit) == 0 ? read_value(in, std::invoke(field.access, object))
                                  : in.fail("given twice");
    seen |= bit;
    return true;
  };
  return std::apply([&](const auto&... field) { return (try_field(field) || ...); },
                    shape<T>.fields);
}

/// False, with the fault, if a required field was not seen.
template <class T>
bool check_complete(JsonReader& in, T& object, Seen seen) {
  Seen bit = 1;
  const auto check = [&](const auto& field) {
    using Value = std::remove_cvref_t<decltype(std::invoke(field.access, object))>;
    const bool missing = field.is_required && (seen & bit) == 0;
    bit <<= 1;
    if (!missing) return true;
    in.fail(std::string{"missing; expected "}.append(expected<Value>()));
    return in.within(field.name);
  };
  return std::apply([&](const auto&... field) { return (check(field) && ...); }, shape<T>.fields);
}

template <class T>
bool read_fields(JsonReader& in, T& object) {
  static_assert(std::tuple_size_v<decltype(shape<T>.fields)> <= std::numeric_limits<Seen>::digits);
  Seen seen = 0;
  return in.read_object([&](std::string_view key) {
    bool went_well = true;
    return read_member(in, key, object, seen, went_well) ? went_well : in.skip_value();
  }) && check_complete(in, object, seen);
}

template <class T>
bool read_value(JsonReader& in, T& value) {
  if constexpr (Shaped<T>) {
    return read_fields(in, value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return in.read_string(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    return in.read_bool(value);
  } else if constexpr (std::is_unsigned_v<T>) {
    std::uint64_t number = 0;
    if (!in.read_unsigned(number, std::numeric_limits<T>::max())) return false;
    return value = static_cast<T>(number), true;
  } else if constexpr (std::is_same_v<T, JsonText>) {
    std::string_view raw;
    if (!in.read_raw(raw)) return false;
    return value.text.assign(raw), true;
  } else if constexpr (std::is_same_v<T, Instant>) {
    return read_parsed(in, value, parse_iso8601);
  } else if constexpr (is_id<T>) {
    return read_parsed(in, value, parse_id<T>);
  } else if constexpr (std::is_same_v<T, Priority>) {
    return read_parsed(in, value, parse_priority, " (low, normal, high or critical)");
  } else if constexpr (std::is_same_v<T, ErrorClass>) {
    return read_parsed(in, value, parse_error_class, " (timeout, agent_down, ..)");
  } else if constexpr (is_optional<T>) {
    // `null` is as good as nothing, unless null is itself a value.
    if (!std::is_same_v<T, std::optional<JsonText>> && in.accept_null()) return true;
    return read_value(in, value.emplace());
  } else if constexpr (is_vector<T>) {
    return read_array(in, value);
  } else {
    static_assert(unknown_type<T>, "say here how this type is read");
  }
}

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
