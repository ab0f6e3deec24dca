#include "runtime/utf8.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/percent.hpp"

using namespace troupe;

BOOST_AUTO_TEST_SUITE(utf8)

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_seen_and_replaced) {
  for (const auto* text : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf"})
    BOOST_TEST(is_utf8(text), text);
  for (const auto* text : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff", "a\xe2\x82"})
    BOOST_TEST(!is_utf8(text));
  BOOST_TEST(clean_utf8("a\xff\xc3\xa9") == "a\xef\xbf\xbd\xc3\xa9");
}

BOOST_AUTO_TEST_CASE(percent_encoded_text_is_decoded_or_refused) {
  BOOST_TEST(percent_decode("a%20b%C3%a9+").value_or("") == "a b\xc3\xa9+");
  BOOST_TEST(percent_decode("a+b", true).value_or("") == "a b");
  for (const auto* text : {"%", "%f", "%zz", "%ff", "%00"})
    BOOST_TEST(!percent_decode(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
