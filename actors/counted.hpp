// What the actors count and measure; net/telemetry shows it at /metrics.
#pragma once
#include "runtime/ports/metrics.hpp"

namespace troupe::actors::counted {

inline constexpr ports::Counter attempts_assigned{"troupe_attempts_assigned_total",
                                                  "Attempts sent to a node"};
inline constexpr ports::Counter attempts_ended{"troupe_attempts_ended_total",
                                               "Attempts that ended, by how"};
inline constexpr ports::Counter cancels_acknowledged{
    "troupe_cancels_acknowledged_total", "Attempts whose cancel their node said it has"};
inline constexpr ports::Histogram cancel_seconds{"troupe_cancel_acknowledged_seconds",
                                                 "From a cancel, once durable, to its node's word",
                                                 ports::latency_bounds};
inline constexpr ports::Counter runs_finished{"troupe_runs_finished_total",
                                              "Runs that ended, by state"};
inline constexpr ports::Counter runs_adopted{"troupe_runs_adopted_total",
                                             "Runs taken over from another owner"};
inline constexpr ports::Counter runs_parked{"troupe_runs_parked_total",
                                            "Runs that gave up their owner to wait"};
inline constexpr ports::Counter feed_events{"troupe_feed_events_total",
                                            "Appends told to the bus as CloudEvents"};
inline constexpr ports::Counter events_injected{"troupe_events_injected_total",
                                                "Events that were injected, by source"};
inline constexpr ports::Counter events_set_aside{
    "troupe_events_set_aside_total", "Injected events that became dead letters, by source"};
inline constexpr ports::Counter actors_restarted{"troupe_actor_restarts_total",
                                                 "Actors that crashed and were started anew"};
inline constexpr ports::Counter tool_calls{"troupe_tool_calls_total",
                                           "Tool calls that ended, by tool and outcome"};
inline constexpr ports::Histogram tool_seconds{"troupe_tool_call_seconds",
                                               "How long tool calls took", ports::latency_bounds};
inline constexpr ports::Histogram append_seconds{"troupe_journal_append_seconds",
                                                 "From an append's request to its outcome",
                                                 ports::latency_bounds};
inline constexpr ports::Gauge journal_depth{"troupe_journal_depth",
                                            "Appends queued and not yet answered"};
inline constexpr ports::Gauge runs_owned{"troupe_runs_owned", "Runs this node owns"};
inline constexpr ports::Gauge slots_free{"troupe_slots_free", "Attempts this node could take now"};
inline constexpr ports::Gauge nodes_seen{"troupe_nodes", "Nodes heard of within the lease period"};
inline constexpr ports::Gauge steps_waiting{"troupe_steps_waiting_for_node",
                                            "Steps that no node has room for"};
inline constexpr ports::Gauge steps_limited{"troupe_steps_waiting_for_limit",
                                            "Of those, the ones that count under a keyed limit"};
inline constexpr ports::Gauge messages_unreadable{"troupe_bus_messages_unreadable",
                                                  "Messages refused since the start"};
inline constexpr ports::Gauge breaker_open{
    "troupe_breaker_open", "1 while calls of a toolkit are refused, because they kept failing"};
inline constexpr ports::Gauge mailbox_depth{
    "troupe_mailbox_depth", "Messages of the bus that the actors are not done with"};
inline constexpr ports::Gauge lag_seconds{
    "troupe_lag_seconds", "The longest that a message or a heartbeat waited, of the last interval"};
inline constexpr ports::Gauge bus_up{"troupe_bus_up", "1 while the bus can be reached"};

} // namespace troupe::actors::counted
