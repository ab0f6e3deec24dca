#include <boost/test/unit_test.hpp>

#include "runtime/ids.hpp"

using namespace troupe;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(ids)

BOOST_AUTO_TEST_CASE(an_id_is_a_version_7_uuid_and_reads_back) {
  SeededEntropy entropy{7};
  const auto id = entropy.make_id<RunId>(Instant{1'700'000'000'000ms});
  const auto text = to_string(id);
  BOOST_TEST(text.size() == 36u);
  BOOST_TEST(text[14] == '7');
  BOOST_TEST((parse_id<RunId>(text) == id));
  BOOST_TEST(text.substr(0, 13) == "018bcfe5-6800");
}

BOOST_AUTO_TEST_CASE(later_ids_sort_after_earlier_ones) {
  SeededEntropy entropy{7};
  const auto a = entropy.make_id<RunId>(Instant{1000ms}),
             b = entropy.make_id<RunId>(Instant{1001ms});
  BOOST_TEST((a < b));
  BOOST_TEST(to_string(a) < to_string(b));
}

BOOST_AUTO_TEST_CASE(what_is_not_a_uuid_is_refused) {
  for (auto text : {"", "x", "018bcfe5-6800-7000-8000-00000000000",
                    "018bcfe5x6800-7000-8000-000000000000", "018bcfe5-6800-7000-8000-00000000000g"})
    BOOST_TEST(!parse_id<RunId>(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(the_same_seed_gives_the_same_numbers) {
  SeededEntropy a{42}, b{42}, c{43};
  const auto first = a.next();
  BOOST_TEST(first == b.next());
  BOOST_TEST(first != c.next());
  for (int i = 0; i < 1000; ++i) {
    const double u = a.uniform();
    BOOST_TEST((u >= 0 && u < 1));
  }
}

BOOST_AUTO_TEST_SUITE_END()
