#include "toolkits/targets.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::toolkits;

BOOST_AUTO_TEST_SUITE(targets)

BOOST_AUTO_TEST_CASE(a_url_is_taken_apart) {
  const std::tuple<const char*, const char*, int> table[] = {
      {"http://Example.ORG", "example.org", 80},
      {"https://example.org/a?b#c", "example.org", 443},
      {"HTTP://127.0.0.1:8080/x@y", "127.0.0.1", 8080},
      {"http://[::1]:81/", "::1", 81},
      {"http://a_b-c.d?q=http://evil/", "a_b-c.d", 80},
  };
  for (auto [url, host, port] : table) {
    const auto target = parse_url(url);
    BOOST_REQUIRE_MESSAGE(target.ok(), url);
    BOOST_TEST(target->host == host);
    BOOST_TEST(int{target->port} == port);
  }
}

BOOST_AUTO_TEST_CASE(a_url_that_two_readers_could_read_differently_is_refused) {
  for (auto url : {"", "example.org", "ftp://example.org", "file:///etc/passwd",
                   "http://user@example.org", "http://allowed@evil/", "http://a\\@b/",
                   "http://a b/", "http://a\r\nX: y/", "http://%31/", "http://[::1", "http://[x]/",
                   "http://a:0/", "http://a:65536/", "http://a:8x/", "http:///x", "http://.a/"})
    BOOST_TEST(!parse_url(url).ok(), url);
}

BOOST_AUTO_TEST_CASE(the_list_measures_addresses_by_ranges_and_names_by_names) {
  AllowList list;
  for (auto entry : {"127.0.0.0/8", "10.1.2.3", "fd00::/8", "localhost", "*.Example.org"})
    BOOST_TEST(list.add(entry) == "", entry);
  const std::pair<const char*, bool> table[] = {
      {"127.0.0.1", true},     {"127.255.0.9", true},
      {"128.0.0.1", false},    {"10.1.2.3", true},
      {"10.1.2.4", false},     {"::ffff:127.0.0.1", true},
      {"::1", false},          {"fd12::1", true},
      {"fe80::1", false},      {"localhost", true},
      {"LOCALHOST.", true},    {"localhost.evil", false},
      {"a.example.org", true}, {"b.a.example.org", true},
      {"example.org", false},  {"evilexample.org", false},
      {"127.1", false},        {"2130706433", false},
      {"0x7f.0.0.1", false},   {"", false},
  };
  for (auto [host, expected] : table) BOOST_TEST(list.allows(host) == expected, host);
  BOOST_TEST(!list.allows(std::string_view{"127.0.0.1\0.evil", 15}));
  BOOST_TEST(!AllowList{}.allows("localhost"));
  AllowList all;
  BOOST_TEST(all.add("*") == "");
  BOOST_TEST(all.allows("anything"));
}

BOOST_AUTO_TEST_CASE(what_is_neither_an_address_nor_a_name_is_refused) {
  for (auto entry :
       {"", "*.", "a b", "10.0.0.0/33", "10.0.0.0/x", "::/129", "http://a", "*x", "a*.b"})
    BOOST_TEST(AllowList{}.add(entry) != "", entry);
}

BOOST_AUTO_TEST_SUITE_END()
