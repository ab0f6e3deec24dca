// A text as the settings of a node: settings, or faults with their places.
#include <cstddef>
#include <cstdint>

#include "runtime/config/settings.hpp"
#include "tests/fuzz/must.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto result = config::parse_settings("/nonexistent/node.yaml", text);
  for (const auto& fault : result.faults)
    fuzz::must(!fault.message.empty(), "a fault says what is wrong");
  const auto rendered = plan::render(result.faults, "node.yaml");
  fuzz::must(rendered.empty() == result.faults.empty(), "every fault is told");
  const auto placed = config::place_toolkit_fault(result, "/toolkits/probe/allow/0: wrong");
  fuzz::must(!placed.message.empty(), "a toolkit's fault has a place");
  return 0;
}
