// What people ask about injected events that could not be used, and do with them:
// ports::Operations has the contracts.
#pragma once
#include "actors/node_context.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::actors {

void list_dead_letters(const Context& context, std::uint32_t limit, std::uint64_t before,
                       ports::Operations::Done<JsonText> done);
void show_dead_letter(const Context& context, std::string id,
                      ports::Operations::Done<JsonText> done);
void retry_dead_letter(const Context& context, std::string id,
                       ports::Operations::Done<JsonText> done);

} // namespace troupe::actors
