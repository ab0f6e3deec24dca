// Bytes off the bus as a message. One that is read can be sent on, and is the same message then. On
// the way, our JSON reader and Boost.JSON must agree on what is JSON.
#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>

#include "runtime/limits.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/message/json_reader.hpp"
#include "tests/fuzz/must.hpp"

using namespace troupe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  message::JsonReader reader{text};
  const bool ours = reader.skip_value() && reader.at_end();
  boost::json::parse_options options;
  options.max_depth = limits::json_depth_max;
  boost::json::error_code error;
  boost::json::parse({text.data(), text.size()}, error, {}, options);
  fuzz::must(ours == !error, "the two readers agree");

  const auto message = message::decode(text);
  fuzz::must(message.ok() || !message.error().message.empty(), "a refusal says why");
  if (!message) return 0;
  const auto sent = message::encode(*message);
  const auto arrived = message::decode(sent);
  fuzz::must(arrived.ok(), "what was read can be sent on");
  fuzz::must(message::encode(*arrived) == sent, "and is the same message then");
  return 0;
}
