// Rows and states of the engine as the JSON of the API.
#pragma once
#include <string>
#include <vector>

#include "net/http/message.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// {"job","run","duplicate"}
std::string to_json(const ports::Submitted& submitted);
/// {"id","team","title","source","idempotency_key","priority","state","reason","created_at",
///  "finished_at","inputs","runs":[id]}; times are ISO 8601, finished_at null while it runs.
std::string to_json(const ports::JobRow& job);
/// {"id","job","bundle","state","reason","owner","created_at","finished_at"}; owner: the node's
/// name, null while nobody owns it.
std::string to_json(const ports::RunRow& run);
/// {"jobs":[..]}, {"runs":[..]}, {"nodes":[..]}
std::string to_json(const std::vector<ports::JobRow>& jobs);
std::string to_json(const std::vector<ports::RunRow>& runs);
std::string to_json(const std::vector<ports::NodeStatus>& nodes);

/// 200 {"ready":true,"bus":..,"store":..,"joined":..}, or 503 with the same in a problem.
Response to_response(const ports::Health& health);
/// The problem an Error becomes: invalid_input 400, denied and budget_exceeded 403, effect_conflict
/// and cancelled 409, timeout 504, and 503 with Retry-After for what may pass by itself
/// (no_capacity, rate_limited, agent_down, internal). Never 429: Alertmanager gives up on it.
Response to_response(const Error& error);

} // namespace troupe::http
