#include "runtime/store/texts.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::store;

BOOST_AUTO_TEST_SUITE(texts)

BOOST_AUTO_TEST_CASE(a_storable_text_is_utf8_without_nul) {
  using std::string_literals::operator""s;
  const std::pair<std::string, bool> table[] = {
      {"", true},
      {"plain \t\n\x7f", true},
      {"\u00df\u20ac\U0001F600", true},
      {"\xed\x9f\xbf", true},      // U+D7FF, just below the surrogates
      {"\xf4\x8f\xbf\xbf", true},  // U+10FFFF
      {"a\0b"s, false},            //
      {"\x80", false},             // a tail alone
      {"\xc3", false},             // a head alone
      {"\xe2\x82", false},         // cut short
      {"\xc1\xbf", false},         // overlong, two bytes
      {"\xe0\x9f\xbf", false},     // overlong, three
      {"\xf0\x8f\xbf\xbf", false}, // overlong, four
      {"\xed\xa0\x80", false},     // a surrogate
      {"\xf4\x90\x80\x80", false}, // beyond Unicode
      {"\xf5\x80\x80\x80", false},
  };
  for (const auto& [text, expected] : table) {
    BOOST_TEST(is_storable(text) == expected);
    BOOST_TEST(is_storable(storable(text)));
    BOOST_TEST((storable(text) == text) == expected);
  }
}

BOOST_AUTO_TEST_CASE(an_identity_does_not_confuse_where_its_parts_end) {
  BOOST_TEST(identity({"ab", "c"}) != identity({"a", "bc"}));
  BOOST_TEST(identity({"ab", ""}) != identity({"", "ab"}));
  BOOST_TEST(identity({"a", "b"}) == identity({"a", "b"}));
  BOOST_TEST(identity({}).size() == 64u);
}

BOOST_AUTO_TEST_SUITE_END()
