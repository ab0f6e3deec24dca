// Stage 1 of 9: INTAKE -> plan -> supervise -> dispatch -> agent -> ...
// An event that somebody injected, as a CloudEvent 1.0 (cloudevents.io; JSON event format, NATS
// protocol binding, of which its draft of 1.0.3 has the binary mode).
#pragma once
#include <string>

#include "runtime/intake/injected.hpp"
#include "runtime/json_text.hpp"
#include "runtime/result.hpp"

namespace troupe::intake {

struct CloudEvent {
  std::string id, source, type, subject; // what it says of itself; no subject: empty
  JsonText body;                         // all of it in the JSON event format, canonical
};

/// Structured: `Content-Type: application/cloudevents+json`, or no header of the binary mode and a
/// payload with `specversion`. Binary: headers `ce-id`, `ce-source` and so on, percent-encoded; the
/// payload is `data`, of the type that `ce-datacontenttype`, else `Content-Type`, says. Neither,
/// but JSON: an event whose data it is, with its `Nats-Msg-Id`, else its place, as id, the channel
/// as type, and "/<channel>/<sender>" as source. Data that is not JSON is a text, or `data_base64`.
///
/// invalid_input: anything else; the text names the attribute and what it should be.
Result<CloudEvent> read_cloud_event(const Injected& injected);

} // namespace troupe::intake
