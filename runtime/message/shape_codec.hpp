// Reads and writes any struct that has a shape (shape.hpp): the machinery of codec.cpp and of the
// journal's events.
#pragma once
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/message/json_reader.hpp"
#include "runtime/message/json_writer.hpp"
#include "runtime/message/shape.hpp"

namespace troupe::message {

/// How an enumeration stands in JSON: by name. to_string() is found where the enumeration is.
template <class Enum>
struct Names {
  std::optional<Enum> (*parse)(std::string_view);
  std::string_view expected; // "a priority"
  std::string_view hint;     // " (low, normal, high or critical)"
};
template <class Enum>
inline constexpr Names<Enum> names{};
template <>
inline constexpr Names<Priority> names<Priority>{parse_priority, "a priority",
                                                 " (low, normal, high or critical)"};
template <>
inline constexpr Names<ErrorClass> names<ErrorClass>{parse_error_class, "an error class",
                                                     " (timeout, agent_down, ..)"};

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
inline void append_quoted(std::string& out, std::string_view text) {
  (out += '"').append(text).append("\"");
}

template <class T>
void write_value(std::string& out, const T& value);

template <class T>
bool has_default(const T& value) {
  if constexpr (is_vector<T> || std::is_same_v<T, std::string>)
    return value.empty();
  else if constexpr (is_optional<T>)
    return !value;
  else if constexpr (std::is_same_v<T, JsonText>)
    return value.text == "null";
  else if constexpr (std::is_same_v<T, Priority>)
    return false; // always shown: people filter by it
  else if constexpr (requires { value == T{}; })
    return value == T{};
  else
    return false;
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
  } else if constexpr (is_id<T> || std::is_enum_v<T>) {
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
  if constexpr (std::is_enum_v<T>) return names<T>.expected;
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
  } else if constexpr (std::is_enum_v<T>) {
    return read_parsed(in, value, names<T>.parse, names<T>.hint);
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

} // namespace troupe::message
