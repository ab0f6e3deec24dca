#include "net/bus/message_check.hpp"

#include <algorithm>
#include <string_view>

#include "net/bus/subject.hpp"

namespace troupe::bus {
namespace {

bool is_header_name(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

/// libnats takes the spaces around a value off, and drops a header whose value is empty.
bool is_header_value(std::string_view value) {
  if (value.empty() || value.front() == ' ' || value.back() == ' ') return false;
  return std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

Error invalid(std::string text) { return make_error(ErrorClass::invalid_input, std::move(text)); }

} // namespace

std::size_t wire_size(const ports::BusMessage& message) {
  std::size_t size = message.payload.size();
  if (!message.headers.empty()) size += std::string_view{"NATS/1.0\r\n\r\n"}.size();
  for (const auto& [name, value] : message.headers) size += name.size() + value.size() + 4;
  return size;
}

Result<> check_message(const ports::BusMessage& message, std::size_t bytes_max) {
  if (!is_subject(message.subject))
    return invalid("'" + message.subject +
                   "' is not a subject: expected tokens joined by dots, without wildcards");
  if (!message.reply_to.empty() && !is_subject(message.reply_to))
    return invalid("'" + message.reply_to +
                   "' is not a subject to reply to: expected tokens joined by dots");
  for (const auto& [name, value] : message.headers) {
    if (!is_header_name(name))
      return invalid("'" + name + "' is not a header's name: expected printable ASCII, no colon");
    if (!is_header_value(value))
      return invalid("the header " + name +
                     " is empty, has a line break or a space at an end: expected one trimmed line");
  }
  if (const auto size = wire_size(message); size > bytes_max)
    return invalid("the message to " + message.subject + " has " + std::to_string(size) +
                   " bytes, the bus carries " + std::to_string(bytes_max) +
                   ": send a large content as an artifact");
  return {};
}

Error not_sent(const std::string& subject, const std::string& why) {
  return make_error(ErrorClass::no_capacity, "the message to " + subject + " was not sent: " + why);
}

Result<> check_subscription(const std::string& subject, const std::string& queue_group) {
  if (!is_pattern(subject))
    return invalid("'" + subject +
                   "' cannot be subscribed to: expected tokens joined by dots, `*` for one token, "
                   "a last `>` for the rest");
  if (!queue_group.empty() &&
      (!is_subject(queue_group) || queue_group.find('.') != std::string::npos))
    return invalid("'" + queue_group + "' is not a queue group: expected one token");
  return {};
}

} // namespace troupe::bus
