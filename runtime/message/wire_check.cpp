#include "runtime/message/wire_check.hpp"

#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/message/json_scan.hpp"
#include "runtime/message/shape_codec.hpp"
#include "runtime/utf8.hpp"

namespace troupe::message {
namespace {

constexpr std::size_t escaped_bytes_max = 6; // \u0000
constexpr std::size_t text_bytes_max =
    (limits::bus_message_bytes_max - limits::envelope_bytes_max) / escaped_bytes_max;
constexpr std::size_t item_bytes = 64; // of an item of a list, beside its texts

bool is_text(std::string_view text) { return plain_prefix(text) == text.size() || is_utf8(text); }

bool is_json(std::string_view text) {
  JsonReader in{text};
  std::string_view raw;
  return in.read_raw(raw) && in.at_end() && raw == text;
}

/// Counts the bytes of what it has looked at.
template <class T>
bool reads_back(const T& value, std::size_t& bytes) {
  if constexpr (Shaped<T>) {
    return std::apply(
        [&](const auto&... field) {
          return (reads_back(std::invoke(field.access, value), bytes) && ...);
        },
        shape<T>.fields);
  } else if constexpr (std::is_same_v<T, std::string>) {
    bytes += value.size();
    return bytes <= text_bytes_max && is_text(value);
  } else if constexpr (std::is_same_v<T, JsonText>) {
    bytes += value.text.size();
    return bytes <= text_bytes_max && is_json(value.text);
  } else if constexpr (is_optional<T>) {
    return !value || reads_back(*value, bytes);
  } else if constexpr (is_vector<T>) {
    bytes += item_bytes * value.size();
    return bytes <= text_bytes_max &&
           std::all_of(value.begin(), value.end(),
                       [&](const auto& item) { return reads_back(item, bytes); });
  } else {
    return true;
  }
}

} // namespace

bool survives_the_wire(const AgentMessage& message) {
  std::size_t bytes = 0;
  return reads_back<AgentMessage>(message, bytes) &&
         std::visit([&](const auto& body) { return reads_back(body, bytes); }, message.body);
}

} // namespace troupe::message
