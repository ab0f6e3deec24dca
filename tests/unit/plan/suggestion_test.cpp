#include "runtime/plan/suggestion.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::plan;

BOOST_AUTO_TEST_SUITE(suggestion)

BOOST_AUTO_TEST_CASE(the_nearest_known_word_is_suggested_and_only_when_it_is_near) {
  const std::vector<std::string> known{"retry", "restart", "timeout", "when", "id", "needs"};
  const std::pair<const char*, const char*> table[] = {
      {"retrys", "retry"}, {"rertry", "retry"}, {"tiemout", "timeout"},
      {"wehn", "when"},    {"need", "needs"},   {"Retry", "retry"},
      {"priority", ""},    {"x", ""},           {"", ""},
      {"idd", "id"},
  };
  for (auto [word, expected] : table)
    BOOST_TEST_CONTEXT(word) BOOST_TEST(nearest(word, known) == expected);
  BOOST_TEST(did_you_mean("retrys", known) == "; did you mean `retry`?");
  BOOST_TEST(did_you_mean("priority", known) == "");
}

BOOST_AUTO_TEST_CASE(long_words_cost_nothing) {
  BOOST_TEST(nearest(std::string(1'000'000, 'a'), {"aa"}) == "");
}

BOOST_AUTO_TEST_CASE(a_few_known_words_are_listed_when_none_is_near) {
  BOOST_TEST(did_you_mean_or_list("retyr", {"retry"}) == "; did you mean `retry`?");
  BOOST_TEST(did_you_mean_or_list("x", {"retry", "when"}) == "; it has `retry` or `when`");
  BOOST_TEST(did_you_mean_or_list("x", {}) == "; it has none");
  BOOST_TEST(did_you_mean_or_list("x", std::vector<std::string>(13, "known")) == "");
}

BOOST_AUTO_TEST_CASE(alternatives_are_listed_as_a_sentence_lists_them) {
  BOOST_TEST(one_of({}) == "");
  BOOST_TEST(one_of({"a"}) == "`a`");
  BOOST_TEST(one_of({"a", "b"}) == "`a` or `b`");
  BOOST_TEST(one_of({"a", "b", "c"}) == "`a`, `b` or `c`");
}

BOOST_AUTO_TEST_SUITE_END()
