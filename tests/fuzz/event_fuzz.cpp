// An injected event: lines of headers, an empty line, the payload. What is taken is a CloudEvent
// that is read again as the same; what is kept aside comes back as it was.
#include <cstddef>
#include <cstdint>

#include "runtime/intake/cloud_event.hpp"
#include "tests/fuzz/must.hpp"

using namespace troupe;

namespace {

intake::Injected injected(std::string_view text) {
  intake::Injected out{"ci", "ci-1", {}, {}, "1-1"};
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) break;
    const auto colon = std::min(line.find(':'), line.size());
    out.headers.emplace_back(line.substr(0, colon), line.substr(std::min(line.size(), colon + 1)));
  }
  out.payload = text;
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto event = injected({reinterpret_cast<const char*>(data), size});
  const auto kept = intake::read_injected(intake::encode_injected(event));
  fuzz::must(kept.ok() && kept->payload == event.payload, "what is kept aside comes back");
  const auto read = intake::read_cloud_event(event);
  fuzz::must(read.ok() || !read.error().message.empty(), "a refusal says why");
  if (!read) return 0;
  fuzz::must(!read->id.empty() && !read->source.empty() && !read->type.empty(), "it has a name");
  const auto again = intake::read_cloud_event({"ci", "ci-1", {}, read->body.text, "1-1"});
  fuzz::must(again.ok() && again->id == read->id && again->source == read->source &&
                 again->type == read->type && again->subject == read->subject,
             "it is read again as the same");
  return 0;
}
