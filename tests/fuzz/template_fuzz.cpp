// A text as an expression and as a template over a small world: a value or a fault, never a crash.
#include <cstddef>
#include <cstdint>

#include "runtime/message/json_writer.hpp"
#include "runtime/plan/source_text.hpp"
#include "runtime/plan/template.hpp"
#include "tests/fuzz/must.hpp"

using namespace troupe;

namespace {
const JsonText world{
    R"({"inputs":{"a":1,"b":"text","list":[1,"x",null,{"k":2.5}],"yes":true,"none":null},)"
    R"("run":{"id":"r"},"steps":{"s":{"state":"completed","output":{"n":[1,2,3],"t":"${{ a }}"}}},)"
    R"("signals":{"firing":null}})"};
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{reinterpret_cast<const char*>(data), size};
  if (plan::text_fault(text)) return 0; // no source gives such a text away
  const plan::Scope scope{world};
  const plan::Expression expression{text};
  const bool sound = plan::syntax_fault(expression).empty();
  const auto value = plan::evaluate(expression, scope);
  fuzz::must(sound || !value.ok(), "what does not parse has no value");
  fuzz::must(sound || plan::paths_of(expression).empty(), "what does not parse has no paths");
  const auto condition = plan::evaluate_condition(expression, scope);
  fuzz::must(!condition || value.ok(), "a condition that holds or not has a value");
  plan::Template whole;
  whole.value.text.clear();
  message::append_string(whole.value.text, text);
  const bool fits = plan::syntax_fault(whole).empty();
  fuzz::must(fits || !plan::evaluate(whole, scope).ok(), "what does not parse fills in nothing");
  plan::paths_of(whole);
  return 0;
}
