// What requests of the API say, checked: each fault is one invalid_input that names the parameter,
// what was expected and what came.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "net/http/message.hpp"
#include "runtime/ids.hpp"
#include "runtime/json_text.hpp"
#include "runtime/ports/operations.hpp"
#include "runtime/result.hpp"

namespace troupe::http {

/// "?team=&state=&label=name=value&limit=" of the lists (every label, where several are given), and
/// `before` where `pages` is set.
Result<ports::JobFilter> parse_filter(const Fields& query, bool pages);

/// "?after=&limit=&wait=": `wait` is a duration, "20s"; limits::events_wait_max at most.
Result<ports::EventsPage> parse_events_page(const Fields& query);

/// invalid_input: a parameter that the endpoint does not have, or one that comes twice.
Result<> check_query(const Fields& query, std::initializer_list<std::string_view> known);

/// "?limit=" alone: 50, or up to 1000.
Result<std::uint32_t> parse_limit(const Fields& query);
/// "?step=&from=&limit=": of the instances of a foreach or repeat.
Result<ports::StepPage> parse_step_page(const Fields& query);

/// "?limit=&before=" of the dead letters; 0: from the newest.
struct LetterPage {
  std::uint32_t limit = 50;
  std::uint64_t before = 0;
};
Result<LetterPage> parse_letter_page(const Fields& query);

/// "?team=&id=&limit=" of the schedules.
struct ScheduleQuery {
  ports::ScheduleId schedule; // empty: any
  std::uint32_t limit = 20;   // of due times
};
Result<ScheduleQuery> parse_schedule_choice(const Fields& query);

/// The header Idempotency-Key; empty without one.
Result<std::string> parse_key_header(std::optional<std::string_view> key_header);
/// A body of nothing, or {"by":".."}.
Result<std::string> parse_by(std::string_view body);

/// The body of POST /v1/jobs, and the header Idempotency-Key.
Result<ports::JobRequest> parse_job_request(std::string_view body,
                                            std::optional<std::string_view> key_header);

/// The body of POST /v1/runs/{id}/cancel: nothing, or {"reason":".."}.
Result<std::string> parse_cancel(std::string_view body);

/// Any JSON; nothing at all is null.
Result<JsonText> parse_signal_body(std::string_view body);
/// [A-Za-z0-9_-], 1 to 64 characters.
Result<> check_signal_name(std::string_view name);

} // namespace troupe::http
