// What people and programs ask about schedules, and do to them: ports::Operations has the
// contracts.
#pragma once
#include "actors/node_context.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::actors {

template <class T>
using OperationDone = ports::Operations::Done<T>;

void list_schedules(const Context& context, ports::ScheduleId choice, OperationDone<JsonText> done);
void show_schedule(const Context& context, ports::ScheduleId id, OperationDone<JsonText> done);
void list_next_times(const Context& context, ports::ScheduleId choice, std::size_t limit,
                     OperationDone<JsonText> done);
void pause_schedule(const Context& context, ports::ScheduleId id, bool pause, std::string by,
                    OperationDone<std::optional<bool>> done);
void run_schedule(const Context& context, const ports::ScheduleId& id, std::string key,
                  OperationDone<std::optional<ports::Submitted>> done);

} // namespace troupe::actors
