// The endpoints that act on a run: commands, approvals, and why it stands where it stands.
#pragma once
#include <functional>
#include <string_view>

#include "net/http/router.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// Reads the body of POST /v1/runs/{id}/{verb}. invalid_input names what is wrong with it.
Result<ports::Command> parse_command(std::string_view verb, std::string_view body);
/// The body of POST /v1/runs/{id}/approvals/{step}.
Result<ports::Command> parse_decision(std::string step, std::string_view body);

/// The body of POST /v1/runs/{id}/fork.
Result<ports::ForkRequest> parse_fork(std::string_view body);

void add_commands(Router& router, ports::Operations& operations);

} // namespace troupe::http
