// Transitions for whoever subscribes: one CloudEvent per append, after its commit. What is lost on
// the bus is read from the journal, whose cursor leaves no gap. Pure.
#pragma once
#include <string>
#include <string_view>

#include "runtime/ids.hpp"
#include "runtime/ports/journal.hpp"

namespace troupe::supervision {

/// CloudEvents 1.0, structured:
/// {"specversion":"1.0","id":"<run>/<seq>","source":"/troupe/<cluster>/<node>",
///  "type":"io.troupe.run.appended","subject":"<run>","time":..,"datacontenttype":
///  "application/json","sequence":"<seq>","data":{"run","seq","events":[..as GET events..],"end"}}
/// The same append has the same id, however often it is sent. Where the events are more than a
/// message holds, `data` has "types" instead, and the journal the rest. Requires a row of a journal
/// that can be read.
std::string cloud_event(RunId run, const ports::JournalRow& row, std::string_view cluster,
                        std::string_view node);

inline constexpr std::string_view cloud_event_content_type =
    "application/cloudevents+json; charset=UTF-8";

/// The verb of the subject troupe.<cluster>.evt.<run>.<node>; the recipient is the run.
inline constexpr std::string_view feed_verb = "evt";

} // namespace troupe::supervision
