// What every actor of Troupe does the same way: crash on an injected fault, and say in the log why
// it ended.
#pragma once
#include <stdexcept>
#include <string>

#include "actors/protocol.hpp"

namespace troupe::actors {

[[noreturn]] inline void crash() { throw std::runtime_error("injected fault"); }

/// Makes an exception end the actor with an error that its supervisor sees, and logs it with `ids`.
void end_on_exception(caf::scheduled_actor* self, std::string actor_name);

/// True for the reasons with which an actor ends on purpose.
bool ended_in_order(const caf::error& reason);

std::string describe(const caf::error& reason);

} // namespace troupe::actors
