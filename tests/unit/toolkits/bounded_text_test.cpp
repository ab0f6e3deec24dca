#include "toolkits/bounded_text.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::toolkits;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(bounded_text)

BOOST_AUTO_TEST_CASE(every_byte_outside_utf8_becomes_a_replacement_character) {
  const auto r = "\xef\xbf\xbd"s;
  const std::pair<std::string, std::string> table[] = {
      {"plain", "plain"},
      {"z\u00fcrich \u20ac \U0001F600", "z\u00fcrich \u20ac \U0001F600"},
      {"a\xff"
       "b",
       "a" + r + "b"},
      {"\xc3", r},                         // ends in the middle
      {"\xc0\xaf", r + r},                 // overlong
      {"\xed\xa0\x80", r + r + r},         // a surrogate
      {"\xf4\x90\x80\x80", r + r + r + r}, // beyond U+10FFFF
      {"\xe2\x82"
       "x",
       r + r + "x"},
      {"a\0b"s, "a\0b"s},
  };
  for (const auto& [bytes, expected] : table) {
    bool replaced = false;
    BOOST_TEST(clean_utf8(bytes, &replaced) == expected);
    BOOST_TEST(replaced == (bytes != expected));
  }
}

BOOST_AUTO_TEST_CASE(the_size_inside_json_is_exact) {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  text += "\u20ac";
  BOOST_TEST(json_size(text) + 2 ==
             boost::json::serialize(boost::json::string{text.data(), text.size()}).size());
}

BOOST_AUTO_TEST_CASE(a_prefix_fits_and_never_splits_a_character) {
  BOOST_TEST(fitting_prefix("abc", 2) == "ab");
  BOOST_TEST(fitting_prefix("abc", 3) == "abc");
  BOOST_TEST(fitting_prefix("a\n", 2) == "a");
  BOOST_TEST(fitting_prefix("a\u20ac", 3) == "a");
  BOOST_TEST(fitting_prefix("a\u20ac", 4) == "a\u20ac");
  BOOST_TEST(shortened("abcdef", 3) == "abc...");
  BOOST_TEST(shortened("\u20ac\u20ac", 4) == "\u20ac...");
}

BOOST_AUTO_TEST_CASE(lines_lose_their_ends) {
  BOOST_TEST((lines_of("a\r\nb\n\nc") == std::vector<std::string_view>{"a", "b", "", "c"}));
  BOOST_TEST((lines_of("a\n") == std::vector<std::string_view>{"a"}));
  BOOST_TEST(lines_of("").empty());
}

BOOST_AUTO_TEST_SUITE_END()
