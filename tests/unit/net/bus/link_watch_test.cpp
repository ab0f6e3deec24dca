#include "net/bus/link_watch.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace troupe;
using namespace troupe::bus;
using namespace std::chrono_literals;

namespace {

/// How many looks it takes, while `step` says what happens between two of them; 0: all was well for
/// a hundred.
template <class Step>
std::pair<int, std::string> given_up_after(LinkWatch watch, Step step) {
  LinkProgress progress;
  for (int looks = 1; looks <= 100; ++looks) {
    step(progress, looks);
    if (const char* why = watch.look(progress)) return {looks, why};
  }
  return {0, ""};
}

} // namespace

BOOST_AUTO_TEST_SUITE(link_watch)

BOOST_AUTO_TEST_CASE(a_server_is_given_up_when_two_pings_are_unanswered) {
  BOOST_TEST(LinkWatch(1s, 1s).interval().count() == 250);
  const auto [looks, why] = given_up_after(LinkWatch{1s, 1s}, [](auto&, int) {});
  BOOST_TEST(looks == 10); // of 250 ms
  BOOST_TEST(why == "the server is silent");
  const auto answers = [](auto& progress, int look) { progress.reads += look % 9 == 0; };
  BOOST_TEST(given_up_after(LinkWatch{1s, 1s}, answers).first == 0);
}

BOOST_AUTO_TEST_CASE(a_server_that_takes_nothing_for_the_write_deadline_is_given_up) {
  const auto stuck = [](auto& progress, int look) {
    ++progress.reads;
    progress.unwritten = look > 5;
  };
  const auto [looks, why] = given_up_after(LinkWatch{1h, 200ms}, stuck);
  BOOST_TEST(looks == 9); // four of 50 ms, from the sixth on
  BOOST_TEST(why == "the server does not read");
  const auto slow = [](auto& progress, int look) {
    ++progress.reads;
    progress.unwritten = true;
    progress.writes += look % 3 == 0;
  };
  BOOST_TEST(given_up_after(LinkWatch{1h, 200ms}, slow).first == 0);
}

BOOST_AUTO_TEST_SUITE_END()
