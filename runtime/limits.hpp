// Every bound of Troupe, with what happens when it is reached. The relations between them are
// asserted.
#pragma once
#include <chrono>
#include <cstddef>

namespace troupe::limits {

using namespace std::chrono_literals;

// Messages. A larger content is refused with invalid_input; it has to travel as an artifact.
inline constexpr std::size_t bus_message_bytes_max = 1024 * 1024; // NATS max_payload
inline constexpr std::size_t envelope_bytes_max = 4 * 1024;
inline constexpr std::size_t payload_bytes_max = 512 * 1024; // output of a step, result of a tool
static_assert(payload_bytes_max + envelope_bytes_max <= bus_message_bytes_max);

// Bus. One request more is refused with no_capacity; one message more, for a subscriber that does
// not keep up, is lost.
inline constexpr std::size_t bus_requests_max = 65'536; // that wait for an answer
inline constexpr int bus_undelivered_max = 65'536;      // per subscription

// Metrics. A further combination of label values of one metric is not counted.
inline constexpr std::size_t metric_series_max = 1'000;

// HTTP. A larger body is answered 413, a larger header 431.
inline constexpr std::size_t http_body_bytes_max = 4 * 1024 * 1024;
inline constexpr std::size_t http_header_bytes_max = 32 * 1024;
inline constexpr std::size_t http_connections_max = 1024; // the next one is answered 503 and closed
inline constexpr auto http_idle_timeout = 60s;
inline constexpr auto http_request_timeout = 30s;

// Plans. More is a fault that `plan check` names.
inline constexpr std::size_t plan_bytes_max = 1024 * 1024;
inline constexpr std::size_t runbook_bytes_max = 256 * 1024; // it travels in each assignment
static_assert(runbook_bytes_max + payload_bytes_max <= bus_message_bytes_max);
inline constexpr std::size_t group_output_bytes_max =
    4 * 1024 * 1024; // of a group; a larger one fails it with invalid_output. What a foreach
                     // collects goes into an artifact before that
inline constexpr std::size_t plan_steps_max = 10'000;
inline constexpr std::size_t plan_depth_max = 24; // groups inside groups
inline constexpr std::size_t template_bytes_max = 64 * 1024;
inline constexpr std::size_t json_depth_max = 64;
static_assert(2 * plan_depth_max + 16 <= json_depth_max); // each group is a map and a list

// Journal. A batch takes what is queued, up to these; more waits for the next batch.
inline constexpr std::size_t journal_batch_rows_max = 1024;
inline constexpr std::size_t journal_batch_bytes_max = 8 * 1024 * 1024;
inline constexpr std::size_t journal_page_rows = 256; // that a fold reads at a time,
inline constexpr std::size_t journal_page_bytes_max =
    8 * 1024 * 1024; // and in bytes; a larger single append is a page of its own
inline constexpr std::size_t folds_at_once_max = 64; // first pages that are read together
inline constexpr std::size_t snapshot_rows = 256;    // appends from one snapshot to the next

// Intake. Beyond this many unfinished runs that are not parked the webhooks answer 503 and the CLI
// says so. Parked ones cost only disk.
inline constexpr std::size_t open_jobs_max = 100'000;
/// Of that, and of runs_owned_max, one lane (a team's runs of one priority) may hold this many
/// times what is free: alone nine tenths, with another one 9/19 each, and so on; and one part in so
/// many also when nothing is free. So none can keep another out, and lanes can overshoot by these
/// parts.
inline constexpr std::size_t lane_share_of_free = 9;
inline constexpr std::size_t lane_own_part = 1'000;
inline constexpr std::size_t alerts_per_webhook_max = 1'000;

// Store.
inline constexpr std::size_t store_calls_max = 16'384; // waiting; one more is refused, no_capacity
inline constexpr auto store_call_timeout = 5s;         // then the call is answered with `internal`
inline constexpr std::size_t store_key_bytes_max =
    512; // idempotency keys, inbox ids, team names, fingerprints; a longer one is refused
inline constexpr std::size_t list_rows_max = 1'000; // of jobs or runs; a higher limit is lowered
inline constexpr std::size_t store_batch_rows_max = 256; // posts or parks that share a commit
inline constexpr std::uint32_t inbox_page_rows = 256;    // what waits beyond is read next

// Ownership. A node claims none of a lane that has its share of so many until one ends or is
// parked.
inline constexpr std::size_t runs_owned_max = 20'000;

// Parked runs. A wait shorter than the least stays with its owner: parking and waking cost a claim,
// a fold and an append. A node knows of what is due within the look-ahead, the rest it asks for
// later; due runs are claimed at most once in the wake interval, all together.
inline constexpr auto park_least = 10s;
inline constexpr auto wake_look_ahead = 10s;
inline constexpr auto wake_interval = 50ms;

// Leases and heartbeats.
inline constexpr auto heartbeat_interval = 500ms;
inline constexpr auto lease_period = 3s; // an unchanged beat for so long lets a peer fence
inline constexpr auto lease_margin =
    1s; // a node stops granting so long before its own lease could lapse
inline constexpr auto grant_period = 10s; // of a grant, from the first sending of its reserve
inline constexpr auto grant_margin = 2s;  // waited beyond it before anybody else reconciles
static_assert(heartbeat_interval * 4 <= lease_period);
static_assert(lease_margin < lease_period);

// The end of a node. What runs may finish for the drain time (a setting), then it is handed over;
// so are its runs afterwards. What could not be handed over in time is left as after a crash.
inline constexpr auto drain_default = 20s;
inline constexpr auto drain_least = 250ms; // who has not heard of it may still send something
inline constexpr auto hand_over_max = 3s;  // of attempts and calls; and again of runs
static_assert(drain_default + 2 * hand_over_max < 30s); // the grace of Kubernetes

// Dispatch.
inline constexpr auto assignment_answer_timeout =
    2s; // accepted, refused or completed; else the attempt ends
inline constexpr auto repeat_interval =
    500ms; // of completed, settle and the like until acknowledged
inline constexpr unsigned resumes_max =
    5; // agent_down attempts of a step that resume by themselves
inline constexpr unsigned crashes_per_minute_max =
    3; // refolds of a step's or group's actor; one more fails it
inline constexpr auto stop_again_interval = 2s;   // a cancel is repeated until the executor stopped
inline constexpr auto child_check_interval = 5s;  // of a child run whose end nobody told
inline constexpr auto child_check_parked = 10min; // the same, while its parent is parked
inline constexpr auto settle_silence =
    10min; // a grant that its executor, though it lives, does not settle: its outcome is unknown
inline constexpr auto reconcile_answer_timeout = 10s; // of a tool that looks what became of a call
inline constexpr auto reconcile_interval = 2s;        // it is asked again, if it was not reached,
inline constexpr auto reconcile_max = 30s;            // for so long; then a person has to tell
inline constexpr auto rate_limit_max = 1h;            // of a pause that the other side asks for
inline constexpr auto cancel_answer_timeout = 1s;
static_assert(cancel_answer_timeout < stop_again_interval);
inline constexpr auto progress_interval = 1s; // progress is journaled no more often, per attempt
inline constexpr unsigned slots_default = 8;  // attempts one agent node runs at a time

// Tools.
inline constexpr std::size_t tool_output_bytes_max = 256 * 1024;
static_assert(tool_output_bytes_max <= payload_bytes_max);
inline constexpr auto tool_timeout_default = 30s;
inline constexpr unsigned tool_calls_at_once_max =
    16; // per tool server; one more is refused, no_capacity

// Runbooks. More is a fault of the runbook.
inline constexpr unsigned runbook_polls_max = 1000; // of one verify: `within` divided by `every`

// Toolkits. What exceeds a bound of a workspace is refused, tool_failed; logs, lists and series are
// cut, and the answer says so.
inline constexpr std::size_t workspace_file_bytes_max = 256 * 1024;
inline constexpr std::size_t workspace_bytes_max = 64 * 1024 * 1024; // all files of one job
inline constexpr std::size_t workspace_files_max = 2'000;
inline constexpr std::size_t workspace_depth_max = 16;
inline constexpr std::size_t listed_files_max = 500;
inline constexpr std::size_t text_result_bytes_max = 128 * 1024; // as it stands in the JSON answer
static_assert(text_result_bytes_max <= tool_output_bytes_max / 2);
inline constexpr std::size_t log_lines_max = 2'000;
inline constexpr std::size_t log_scan_bytes_max = 8 * 1024 * 1024;     // from the end of one file
inline constexpr std::size_t query_answer_bytes_max = 4 * 1024 * 1024; // read of one HTTP answer
inline constexpr std::size_t query_items_max = 200;                    // series or alerts
inline constexpr std::size_t query_points_max = 5'000;                 // over all series

} // namespace troupe::limits
