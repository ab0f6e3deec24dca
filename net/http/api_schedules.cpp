#include "net/http/api_schedules.hpp"

#include <boost/json.hpp>

#include "net/http/api_answers.hpp"
#include "net/http/api_body.hpp"
#include "net/http/api_parameters.hpp"

namespace troupe::http {
namespace {

using ports::Operations;
using ports::ScheduleId;

ScheduleId schedule_of(const Request& request) {
  return {request.path_value("team"), request.path_value("id")};
}

Response no_such_schedule(const ScheduleId& schedule) {
  return no_such("schedule", schedule.team + '/' + schedule.id);
}

void add_views(Router& router, Operations& operations) {
  router.on("GET", "/v1/schedules", [&](Request request, Answer answer) {
    auto choice = parse_schedule_choice(request.query);
    if (!choice) return answer(to_response(choice.error()));
    operations.schedules(std::move(choice->schedule),
                         into<JsonText>(answer, [](const auto& list) { return found(list.text); }));
  });
  router.on("GET", "/v1/schedules/next", [&](Request request, Answer answer) {
    auto choice = parse_schedule_choice(request.query);
    if (!choice) return answer(to_response(choice.error()));
    operations.next_times(
        std::move(choice->schedule), choice->limit,
        into<JsonText>(answer, [](const auto& times) { return found(times.text); }));
  });
  router.on("GET", "/v1/schedules/{team}/{id}", [&](Request request, Answer answer) {
    auto schedule = schedule_of(request);
    operations.schedule(schedule, into<JsonText>(answer, [schedule](const auto& document) {
                          return document.text == "null" ? no_such_schedule(schedule)
                                                         : found(document.text);
                        }));
  });
}

void add_pause(Router& router, Operations& operations, const char* verb, bool pause) {
  router.on("POST", std::string{"/v1/schedules/{team}/{id}/"} + verb,
            [&operations, pause](Request request, Answer answer) {
              auto schedule = schedule_of(request);
              const auto by = parse_by(request.body);
              if (!by) return answer(to_response(by.error()));
              operations.pause_schedule(
                  schedule, pause, *by,
                  into<std::optional<bool>>(answer, [schedule](const auto& changed) {
                    if (!changed) return no_such_schedule(schedule);
                    return found(*changed ? R"({"changed":true})" : R"({"changed":false})");
                  }));
            });
}

} // namespace

void add_schedules(Router& router, Operations& operations) {
  add_views(router, operations);
  add_pause(router, operations, "pause", true);
  add_pause(router, operations, "resume", false);
  router.on("POST", "/v1/schedules/{team}/{id}/run", [&](Request request, Answer answer) {
    auto schedule = schedule_of(request);
    if (!is_blank(request.body))
      if (const auto body = parse_object(request.body, {}); !body)
        return answer(to_response(body.error()));
    auto key = parse_key_header(request.header("idempotency-key"));
    if (!key) return answer(to_response(key.error()));
    operations.run_schedule(
        schedule, std::move(*key),
        into<std::optional<ports::Submitted>>(answer, [schedule](const auto& submitted) {
          return submitted ? created(*submitted) : no_such_schedule(schedule);
        }));
  });
}

} // namespace troupe::http
