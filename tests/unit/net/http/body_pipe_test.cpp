#include "net/http/body_pipe.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::http;

namespace {

struct Client {
  explicit Client(BodyPipe& p) : pipe{p} {}
  /// True: the giver may go on.
  bool ask() {
    return pipe.ask(
        [this](std::optional<std::string> piece) { got += piece ? *piece + "|" : "end"; });
  }
  BodyPipe& pipe;
  std::string got;
};

} // namespace

BOOST_AUTO_TEST_SUITE(body_pipe)

BOOST_AUTO_TEST_CASE(a_client_gets_what_is_given_in_order_and_then_the_end) {
  BodyPipe pipe{4};
  Client client{pipe};
  BOOST_TEST(!client.ask()); // it waits
  BOOST_TEST(pipe.give("a"));
  BOOST_TEST(pipe.give("b"));
  BOOST_TEST(pipe.give("c"));
  BOOST_TEST(!client.ask());
  BOOST_TEST(client.got == "a|bc|");
  BOOST_TEST(!client.ask());
  pipe.end();
  BOOST_TEST(client.got == "a|bc|end");
}

BOOST_AUTO_TEST_CASE(a_client_that_is_slow_stops_the_giver) {
  BodyPipe pipe{4};
  Client client{pipe};
  BOOST_TEST(pipe.give("abc"));
  BOOST_TEST(pipe.give("def")); // what was given last may go beyond
  BOOST_TEST(!pipe.give("g"));
  BOOST_TEST(!pipe.give("g"));
  BOOST_TEST(client.ask());
  BOOST_TEST(pipe.give("g"));
  pipe.end();
  BOOST_TEST(!client.ask());
  BOOST_TEST(!client.ask());
  BOOST_TEST(client.got == "abcdef|g|end");
}

BOOST_AUTO_TEST_SUITE_END()
