// What kind of failure it was: the word that retriers in plans match on (PLANS.md, "Error
// classes").
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troupe {

enum class ErrorClass : std::uint8_t { // journaled, named in plans: never renumber
  /// No answer before the attempt's timeout, or an approval expired. Retryable.
  timeout = 1,
  /// The node or the actor that ran the attempt is gone. Resumes by itself, up to five times.
  agent_down = 2,
  /// Nobody can take the step now. Waits, spends no attempt.
  no_capacity = 3,
  /// The other side asked for a pause; honours Retry-After.
  rate_limited = 4,
  /// The arguments break the schema, or a template names a missing path. The plan or its input is
  /// wrong.
  invalid_input = 5,
  /// The agent's output breaks the step's output schema.
  invalid_output = 6,
  /// Policy or a person said no.
  denied = 7,
  /// Not enough money or time left.
  budget_exceeded = 8,
  /// The agent reports failure.
  task_failed = 9,
  /// A tool reports failure; a probe that is not met is one.
  tool_failed = 10,
  /// The same call with other arguments was already reserved or settled.
  effect_conflict = 11,
  /// An effect was granted and what became of it cannot be learnt.
  outcome_unknown = 12,
  /// Cancelled by a person or by the run.
  cancelled = 13,
  /// A defect of Troupe, or an outside service in a state nobody foresaw.
  internal = 14,
};

inline constexpr std::array all_error_classes = {
    ErrorClass::timeout,      ErrorClass::agent_down,      ErrorClass::no_capacity,
    ErrorClass::rate_limited, ErrorClass::invalid_input,   ErrorClass::invalid_output,
    ErrorClass::denied,       ErrorClass::budget_exceeded, ErrorClass::task_failed,
    ErrorClass::tool_failed,  ErrorClass::effect_conflict, ErrorClass::outcome_unknown,
    ErrorClass::cancelled,    ErrorClass::internal,
};

std::string_view to_string(ErrorClass error_class);                 // "timeout"
std::optional<ErrorClass> parse_error_class(std::string_view name); // nothing for an unknown word

/// True for the classes that a retrier without `on` matches.
bool retried_by_default(ErrorClass error_class);

} // namespace troupe
