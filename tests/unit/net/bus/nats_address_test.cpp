#include "net/bus/nats_address.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::bus;

BOOST_AUTO_TEST_SUITE(nats_address)

BOOST_AUTO_TEST_CASE(a_url_says_where_the_servers_are) {
  const struct {
    const char *text, *url, *shown, *host, *port;
    bool tls;
  } table[] = {
      {"nats://127.0.0.1:4222", "nats://127.0.0.1:4222", "nats://127.0.0.1:4222", "127.0.0.1",
       "4222", false},
      {"bus.example", "nats://bus.example", "nats://bus.example", "bus.example", "4222", false},
      {"tls://me:pa@ss@host:1", "tls://me:pa@ss@host:1", "tls://host:1", "host", "1", true},
      {"nats://[::1]:4223", "nats://[::1]:4223", "nats://[::1]:4223", "::1", "4223", false},
  };
  for (const auto& row : table) {
    const auto parsed = parse_nats_url(row.text);
    BOOST_REQUIRE_MESSAGE(parsed.ok(), row.text);
    const auto& address = parsed->at(0);
    BOOST_TEST(address.url == row.url);
    BOOST_TEST(address.shown == row.shown);
    BOOST_TEST(address.host == row.host);
    BOOST_TEST(address.port == row.port);
    BOOST_TEST(address.tls == row.tls);
  }
}

BOOST_AUTO_TEST_CASE(several_servers_are_joined_by_commas) {
  const auto parsed = parse_nats_url("nats://u:secret@a:1, nats://b");
  BOOST_REQUIRE(parsed.ok());
  BOOST_TEST(shown(*parsed) == "nats://a:1, nats://b");
}

BOOST_AUTO_TEST_CASE(a_wrong_url_is_said_to_be_wrong_without_its_password) {
  const std::pair<const char*, const char*> table[] = {
      {"", "expected a host"},
      {"http://host", "expected nats:// or tls://"},
      {"nats://:4222", "expected a host"},
      {"nats://host:", "expected a port"},
      {"nats://host:0", "expected a port"},
      {"nats://host:65536", "expected a port"},
      {"nats://user:secret@host:22x", "expected a port"},
      {"nats://[::1", "the `]` of the host is missing"},
      {"nats://a,,nats://b", "expected a host"},
  };
  for (auto [text, expected] : table) {
    const auto parsed = parse_nats_url(text);
    BOOST_REQUIRE_MESSAGE(!parsed.ok(), text);
    BOOST_TEST((parsed.error().error_class == ErrorClass::invalid_input));
    BOOST_TEST(parsed.error().message.find(expected) != std::string::npos, parsed.error().message);
    BOOST_TEST(parsed.error().message.find("secret") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
