// What may be handed over as it is.
#include "runtime/message/wire_check.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/limits.hpp"
#include "runtime/message/codec.hpp"
#include "tests/unit/message/samples.hpp"

using namespace troupe;
using namespace troupe::message;

namespace {

AgentMessage completed(std::string output, std::string sender = "node-1/agent_host") {
  AgentMessage message;
  message.sender = std::move(sender);
  message.body = TaskCompleted{JsonText{std::move(output)}, {}};
  return message;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

} // namespace

BOOST_AUTO_TEST_SUITE(wire_check)

BOOST_AUTO_TEST_CASE(every_message_that_is_well_made_survives) {
  for (const auto& message : sample_messages()) {
    BOOST_TEST(survives_the_wire(message), type_name(message.body));
    BOOST_TEST(encode(*decode(encode(message))) == encode(message));
  }
  for (const auto& [name, message] : later_samples()) BOOST_TEST(survives_the_wire(message), name);
}

BOOST_AUTO_TEST_CASE(what_the_wire_would_refuse_or_change_does_not) {
  const std::pair<const char*, AgentMessage> table[] = {
      {"no JSON", completed("{\"a\":")},
      {"two values", completed("1 2")},
      {"blanks around", completed(" 1")},
      {"nothing", completed("")},
      {"too deep", completed(nested(limits::json_depth_max + 1))},
      {"no UTF-8 in JSON", completed("\"\xff\"")},
      {"no UTF-8", completed("1", "node-\xc3/agent_host")},
  };
  for (const auto& [name, message] : table) {
    BOOST_TEST(!survives_the_wire(message), name);
    const auto read = decode(encode(message));
    const bool same = read && encode(*read) == encode(message) && read->sender == message.sender &&
                      std::get<TaskCompleted>(read->body).output.text ==
                          std::get<TaskCompleted>(message.body).output.text;
    BOOST_TEST(!same, name);
  }
  BOOST_TEST(survives_the_wire(completed(nested(limits::json_depth_max))));
}

BOOST_AUTO_TEST_CASE(what_may_be_too_large_for_the_bus_does_not) {
  const auto text = [](std::size_t bytes) { return '"' + std::string(bytes, 'x') + '"'; };
  BOOST_TEST(survives_the_wire(completed(text(limits::bus_message_bytes_max / 8))));
  BOOST_TEST(!survives_the_wire(completed(text(limits::bus_message_bytes_max / 6))));
  // The worst that its characters can become still fits.
  const auto longest = (limits::bus_message_bytes_max - limits::envelope_bytes_max) / 6 - 100;
  const auto message = completed("1", std::string(longest, '\x01'));
  BOOST_TEST(survives_the_wire(message));
  BOOST_TEST(encode(message).size() <= limits::bus_message_bytes_max);
}

BOOST_AUTO_TEST_SUITE_END()
