// Why a child did not start: its end and the last lines of its log, made one clear error.
#pragma once
#include <string>

#include "ops/cli/dev/process_supervisor.hpp"
#include "ops/cli/exit_codes.hpp"

namespace troupe::dev {

/// A node's own exit code stands when it is a documented one. Otherwise the log decides: a full
/// disk is io_error, a missing permission no_permission, anything else unavailable.
cli::Failure child_failure(const EndedChild& child, const std::string& log_file);

} // namespace troupe::dev
