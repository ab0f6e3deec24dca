#include "net/http/url.hpp"

#include <boost/test/unit_test.hpp>

#include "net/http/listen_address.hpp"

using namespace troupe;
using namespace troupe::http;

BOOST_AUTO_TEST_SUITE(url)

BOOST_AUTO_TEST_CASE(a_target_is_a_path_and_a_query) {
  const auto target = parse_target("/v1/jobs?team=a+b%26c&state=&flag&&x=1=2");
  BOOST_REQUIRE(target.has_value());
  BOOST_TEST(target->path == "/v1/jobs");
  const Fields expected{{"team", "a b&c"}, {"state", ""}, {"flag", ""}, {"x", "1=2"}};
  BOOST_TEST((target->query == expected));
  BOOST_TEST(parse_target("http://host:1/a?b=c")->path == "/a"); // as a proxy would be asked
  BOOST_TEST(parse_target("http://host")->path == "/");
}

BOOST_AUTO_TEST_CASE(what_is_no_target_is_refused) {
  for (const auto* text : {"", "*", "v1", "host:80", "/a b", "/a#b", "/a?x=%", "/a?x=%f",
                           "/a?%ff=1", "/a?x=%00", "https://h/"})
    BOOST_TEST(!parse_target(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(the_host_of_an_authority_has_no_port_no_brackets_no_case) {
  const std::pair<const char*, const char*> table[] = {
      {"localhost", "localhost"}, {"LocalHost:8420", "localhost"}, {"[::1]:8420", "::1"},
      {"[::1]", "::1"},           {"example.com.", "example.com"}, {"127.0.0.1:", "127.0.0.1"},
  };
  for (auto [text, host] : table) BOOST_TEST(host_of(text).value_or("nothing") == host);
  for (const auto* text :
       {"", ":80", "a:b", "a:1:2", "[::1", "[::1]x", "a b", "a/b", "u@h", "a:123456"})
    BOOST_TEST(!host_of(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(an_address_to_listen_on_is_an_address_and_a_port) {
  const std::tuple<const char*, const char*, int> table[] = {{"127.0.0.1:8420", "127.0.0.1", 8420},
                                                             {"localhost:0", "localhost", 0},
                                                             {"[::1]:65535", "::1", 65535},
                                                             {"0.0.0.0:80", "0.0.0.0", 80}};
  for (auto [text, host, port] : table) {
    const auto address = parse_listen_address(text);
    BOOST_REQUIRE_MESSAGE(address.ok(), text);
    BOOST_TEST(address->host == host);
    BOOST_TEST(address->port == port);
    BOOST_TEST(to_string(*address) == text);
  }
  for (const auto* text : {"", "8420", ":8420", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                           "127.0.0.1:x", "127.0.0.1:-1", "::1:8420", "[::1]"}) {
    const auto address = parse_listen_address(text);
    BOOST_REQUIRE_MESSAGE(!address.ok(), text);
    BOOST_TEST(address.error().message.find("expected ADDRESS:PORT") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(loopback_is_only_what_cannot_be_reached_from_outside) {
  for (const auto* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1", "[::1]",
                           "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"})
    BOOST_TEST(is_loopback(host), host);
  for (const auto* host : {"", "0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "localhost.evil.example",
                           "127.0.0.1.evil.example", "::ffff:10.0.0.1", "127.1", "2130706433"})
    BOOST_TEST(!is_loopback(host), host);
}

BOOST_AUTO_TEST_SUITE_END()
