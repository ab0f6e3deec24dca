#include "runtime/agent/markdown.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/agent/excerpt.hpp"

using namespace troupe::agent;

BOOST_AUTO_TEST_SUITE(harmless_markdown)

BOOST_AUTO_TEST_CASE(marks_in_running_text_are_escaped_and_plain_prose_is_not) {
  const std::pair<const char*, const char*> table[] = {
      {"The process of nginx_main is gone (pid 17).",
       "The process of nginx_main is gone (pid 17)."},
      {"# title", "\\# title"},
      {"- item", "\\- item"},
      {"1. item", "1\\. item"},
      {"1) item", "1\\) item"},
      {"version 1.2", "version 1.2"},
      {"a *b* _c_ `d`", "a \\*b\\* \\_c\\_ \\`d\\`"},
      {"[x](http://evil)", "\\[x\\](http\\://evil)"},
      {"![x](y)", "\\!\\[x\\](y)"},
      {"<script>", "\\<script\\>"},
      {"&lt; www.evil.org @all", "\\&lt; www\\.evil.org \\@all"},
      {"two\nlines\r\n## heading", "two lines\xEF\xBF\xBD \\#\\# heading"},
      {"===", "\\==="},
      {"  spaced  ", "spaced"},
  };
  for (const auto& [text, expected] : table) BOOST_TEST(markdown::line(text) == expected);
}

BOOST_AUTO_TEST_CASE(a_span_of_code_cannot_be_closed_from_inside) {
  const std::pair<const char*, const char*> table[] = {
      {"nginx", "`nginx`"},
      {"a`b", "``a`b``"},
      {"``", "``` `` ```"},
      {"`x", "`` `x ``"},
      {"", "(empty)"},
      {" \n ", "(empty)"},
      {"line\nbreak", "`line break`"},
  };
  for (const auto& [text, expected] : table) BOOST_TEST(markdown::code(text) == expected);
}

BOOST_AUTO_TEST_CASE(a_block_cannot_be_closed_from_inside) {
  BOOST_TEST(markdown::block("x\n", "json", 100) == "```json\nx\n```\n\n");
  BOOST_TEST(markdown::block("```\n# out\n````", "", 100) == "`````\n```\n# out\n````\n`````\n\n");
  BOOST_TEST(markdown::block("abcdef", "", 4) == "```\nabcd... (2 more bytes)\n```\n\n");
}

BOOST_AUTO_TEST_CASE(what_moves_a_cursor_or_turns_writing_around_is_taken_out) {
  const std::string gone = "\xEF\xBF\xBD";
  BOOST_TEST(markdown::printable("a\x1B[2Jb\x07", false) == "a" + gone + "[2Jb" + gone);
  BOOST_TEST(markdown::printable("a\xC2\x9B"
                                 "b",
                                 false) == "a" + gone + "b");
  BOOST_TEST(markdown::printable("a\xE2\x80\xAE"
                                 "b",
                                 false) == "a" + gone + "b");
  BOOST_TEST(markdown::printable("bad \xFF\xC3 utf", false) == "bad " + gone + gone + " utf");
  BOOST_TEST(markdown::printable("\xED\xA0\x80", false) == gone + gone + gone);
  BOOST_TEST(markdown::printable("t\tl\nl", true) == "t l\nl");
  BOOST_TEST(markdown::printable("gr\xC3\xBC\xC3\x9F \xF0\x9F\x8E\xAD", false) ==
             "gr\xC3\xBC\xC3\x9F \xF0\x9F\x8E\xAD");
}

BOOST_AUTO_TEST_CASE(an_excerpt_never_cuts_a_character_in_two) {
  BOOST_TEST(excerpt("abc", 3) == "abc");
  BOOST_TEST(excerpt("abcd", 3) == "abc... (1 more bytes)");
  BOOST_TEST(excerpt("a\xC3\xBC", 2) == "a... (2 more bytes)");
}

BOOST_AUTO_TEST_SUITE_END()
