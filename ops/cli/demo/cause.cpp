#include "ops/cli/demo/cause.hpp"

#include <string>

#include "ops/cli/exit_codes.hpp"

namespace troupe::demo {

namespace {

constexpr Scenario all[] = {
    {Cause::gone, "gone", "it is killed", "a real nginx dies, and a plan brings it back",
     "process_gone", true},
    {Cause::hung, "hung", "it is stopped in its tracks: it lives, but does not answer",
     "a real nginx hangs, and a plan brings it back", "process_hung", true},
    {Cause::port, "port", "it is killed, and another server takes its port",
     "a real nginx dies and another server takes its port; a plan asks a person", "port_held",
     false},
    {Cause::config, "config", "its configuration gets a typing error, and it is killed",
     "a real nginx dies with a broken configuration; a plan asks a person", "configuration_broken",
     false},
    {Cause::restart_fails_once, "restart-fails-once", "it is killed, and its next start fails",
     "a real nginx dies and does not start at once; a plan tries again", "process_gone", true},
};

} // namespace

std::span<const Scenario> scenarios() { return all; }

const Scenario& find_scenario(std::string_view name) {
  std::string known;
  for (const Scenario& scenario : all) {
    if (scenario.name == name) return scenario;
    (known += known.empty() ? "" : ", ") += scenario.name;
  }
  throw cli::Failure{cli::ExitCode::usage,
                     "--cause " + std::string{name} + ": expected one of " + known};
}

} // namespace troupe::demo
