// A bus on which what a node sends to itself is handed over in the process.
#pragma once
#include <memory>
#include <string>

#include "runtime/ports/bus.hpp"

namespace troupe::bus {

/// Passes everything to `inner`, except messages to a subject that only `node` listens on
/// (troupe.<cluster>.<verb>.<node>.<sender>, or <what>-at-<node>), and their answers: those go
/// straight to the handler, on the thread that sends, with the same bytes. While the link is down
/// they fail as the others do: a node that is cut off does not go on by itself.
/// A handler may run on several threads at a time, and a reply on the thread of whoever answers,
/// even within request().
std::unique_ptr<ports::Bus> hand_over_locally(std::unique_ptr<ports::Bus> inner, std::string node);

} // namespace troupe::bus
