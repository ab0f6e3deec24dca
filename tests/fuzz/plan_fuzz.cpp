// A text as a plan. One that is accepted is accepted again from its own JSON, under the same name.
#include <cstddef>
#include <cstdint>

#include "runtime/plan/parse.hpp"
#include "tests/fuzz/must.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto source = plan::read_source("plan.yaml", text);
  const auto parsed = plan::parse_plan("plan.yaml", text);
  for (const auto& fault : parsed.faults)
    fuzz::must(!fault.message.empty(), "a fault says what is wrong");
  if (!parsed.faults.empty()) return 0;
  const auto again = plan::parse_plan("plan.json", source.source.root.to_json().text);
  fuzz::must(again.faults.empty(), "a plan without faults has none as JSON");
  fuzz::must(again.plan.hash == parsed.plan.hash, "a plan in YAML and in JSON has one name");
  return 0;
}
