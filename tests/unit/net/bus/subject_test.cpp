#include "net/bus/subject.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace troupe::bus;

BOOST_AUTO_TEST_SUITE(subject)

BOOST_AUTO_TEST_CASE(a_subject_is_tokens_joined_by_dots) {
  for (const auto* text :
       {"a", "a.b", "troupe.default.task.node-1.node_2", "$SRV.PING", "_INBOX.x"})
    BOOST_TEST(is_subject(text), text);
  for (const auto* text : {"", ".", ".a", "a.", "a..b", "a b", "a\tb", "a.*", "a.>", "a*", "\x7f"})
    BOOST_TEST(!is_subject(text), text);
  BOOST_TEST(is_subject(std::string(subject_bytes_max, 'a')));
  BOOST_TEST(!is_subject(std::string(subject_bytes_max + 1, 'a')));
}

BOOST_AUTO_TEST_CASE(a_pattern_has_wildcards_for_whole_tokens) {
  for (const auto* text : {"a", "*", ">", "a.*", "*.*.c", "a.>", "*.>"})
    BOOST_TEST(is_pattern(text), text);
  for (const auto* text : {"", ".", "a.", ">.a", "a.>.b", "a*", "a.b*", "a.>>", "**", "a b"})
    BOOST_TEST(!is_pattern(text), text);
}

BOOST_AUTO_TEST_CASE(a_wildcard_matches_what_nats_says) {
  BOOST_TEST(matches("a.*.c", "a.b.c"));
  BOOST_TEST(!matches("a.*.c", "a.b.c.d"));
  BOOST_TEST(matches("a.>", "a.b.c"));
  BOOST_TEST(!matches("a.>", "a"));
}

BOOST_AUTO_TEST_SUITE_END()
