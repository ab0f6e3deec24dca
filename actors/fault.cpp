#include "actors/fault.hpp"

#include "runtime/log.hpp"

namespace troupe::actors {

void end_on_exception(caf::scheduled_actor* self, std::string actor_name) {
  self->set_exception_handler(
      [actor_name = std::move(actor_name)](caf::scheduled_actor*, std::exception_ptr& e) {
        std::string text = "an exception that is not a std::exception";
        try {
          std::rethrow_exception(e);
        } catch (const std::exception& known) {
          text = known.what();
        } catch (...) {
        }
        log::error("actor.crashed", {{"actor", actor_name}, {"reason", text}});
        return caf::make_error(caf::sec::runtime_error, text);
      });
}

bool ended_in_order(const caf::error& reason) {
  return !reason || reason == caf::exit_reason::normal || reason == caf::exit_reason::user_shutdown;
}

std::string describe(const caf::error& reason) { return caf::to_string(reason); }

} // namespace troupe::actors
