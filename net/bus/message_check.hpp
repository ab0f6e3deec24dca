// What both buses refuse before anything is sent. libnats passes such bytes on: a subject with a
// space or a header with a line break would change the meaning of the protocol's lines, and a
// message over the server's limit costs the whole connection.
#pragma once
#include "runtime/ports/bus.hpp"

namespace troupe::bus {

/// Bytes that count against the server's max_payload: headers as they are encoded, and the payload.
std::size_t wire_size(const ports::BusMessage& message);

/// invalid_input: a bad subject, reply subject or header, or more than `bytes_max`; the text says
/// which.
Result<> check_message(const ports::BusMessage& message, std::size_t bytes_max);

/// no_capacity: what is known not to have gone.
Error not_sent(const std::string& subject, const std::string& why = "the link to NATS is down");

/// invalid_input: not a pattern, or a queue group that is not one token.
Result<> check_subscription(const std::string& subject, const std::string& queue_group);

} // namespace troupe::bus
