// Whoever fills places: the others find room.
#include "runtime/lane_shares.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace troupe;
using message::Priority;
using ports::Lane;

namespace {

std::size_t fill(LaneShares& shares, const Lane& lane) {
  while (shares.has_room(lane)) shares.take(lane);
  return shares.held_by(lane);
}

const Lane flood{Priority::normal, "flood"}, quiet{Priority::normal, "quiet"};

} // namespace

BOOST_AUTO_TEST_SUITE(lane_shares)

BOOST_AUTO_TEST_CASE(one_lane_alone_takes_nine_tenths_and_another_finds_room_in_the_rest) {
  LaneShares shares{100'000};
  BOOST_TEST(fill(shares, flood) == 90'000u);
  BOOST_TEST(fill(shares, quiet) == 9'000u);
  BOOST_TEST(fill(shares, {Priority::critical, "flood"}) == 900u);
  BOOST_TEST(shares.free() == 100u);
}

BOOST_AUTO_TEST_CASE(lanes_that_fill_places_together_get_as_many_each) {
  LaneShares shares{100'000};
  while (shares.has_room(flood) || shares.has_room(quiet))
    for (const auto& lane : {flood, quiet})
      if (shares.has_room(lane)) shares.take(lane);
  BOOST_TEST(shares.held_by(flood) == 47'369u); // 9/19
  BOOST_TEST(shares.held_by(quiet) == 47'368u);
}

BOOST_AUTO_TEST_CASE(what_one_lane_gives_back_the_others_may_take) {
  LaneShares shares{1'000};
  fill(shares, flood);
  fill(shares, quiet);
  BOOST_TEST(!shares.has_room(quiet));
  for (int i = 0; i < 450; ++i) shares.give_back(flood);
  BOOST_TEST(shares.has_room(flood)); // half of its share went
  BOOST_TEST(fill(shares, quiet) > 400u);
  BOOST_TEST(fill(shares, flood) < 500u); // the quiet one has it now
}

BOOST_AUTO_TEST_CASE(however_many_fill_places_the_next_one_has_its_own) {
  LaneShares shares{20'000};
  for (char team = 'a'; team <= 'z'; ++team)
    BOOST_TEST(fill(shares, {Priority::low, std::string{team}}) >= 20u);
  BOOST_TEST(shares.free() == 0u);
  BOOST_TEST(fill(shares, quiet) == 20u);
  BOOST_TEST(!shares.has_room(quiet));
}

BOOST_AUTO_TEST_CASE(few_places_are_taken_to_the_last) {
  LaneShares shares{3};
  BOOST_TEST(fill(shares, flood) == 3u);
  BOOST_TEST(!shares.has_room(quiet));
  shares.give_back(flood);
  BOOST_TEST(shares.has_room(quiet));
}

BOOST_AUTO_TEST_CASE(full_are_those_that_have_their_share) {
  LaneShares shares{1'000};
  fill(shares, flood);
  shares.take(quiet);
  BOOST_TEST((shares.full() == std::vector{flood}));
  shares.recount({{quiet, 1'200}}); // more than there are, as after a burst
  BOOST_TEST(shares.free() == 0u);
  BOOST_TEST((shares.full() == std::vector{quiet}));
  shares.take(flood);
  BOOST_TEST(!shares.has_room(flood)); // that was its own part
}

BOOST_AUTO_TEST_SUITE_END()
