#include "net/keys/nkey.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

BOOST_AUTO_TEST_SUITE(nkey)

BOOST_AUTO_TEST_CASE(a_seed_gives_the_public_key_that_nats_knows_it_by) {
  // The seed stands in the tests of nats.c; the key is what nkeys.js makes of it.
  const auto key =
      keys::nkey_of_seed("SUAMK2FG4MI6UE3ACF3FK3OIQBCEIEZV7NSWFFEW63UXMRLFM2XLAXK4GY\n");
  BOOST_REQUIRE(key.ok());
  BOOST_TEST(key->public_key == "UAT6BWCSCWLUKJT6K6MBJJOEOTXZ5AJDOYKNEVRFC7VNO6OA43N4TRNO");
}

BOOST_AUTO_TEST_CASE(a_new_key_is_read_back) {
  const auto key = keys::make_nkey(), other = keys::make_nkey();
  BOOST_REQUIRE((key.ok() && other.ok()));
  BOOST_TEST(key->seed != other->seed);
  BOOST_TEST(key->seed.starts_with("SU"));
  BOOST_TEST(keys::is_public_key(key->public_key));
  BOOST_TEST(keys::nkey_of_seed(key->seed)->public_key == key->public_key);
}

BOOST_AUTO_TEST_CASE(what_is_no_seed_is_refused_and_not_shown) {
  const std::string seed = keys::make_nkey()->seed;
  auto wrong = seed;
  wrong[20] = wrong[20] == 'A' ? 'B' : 'A';
  for (const auto& text : {std::string{}, std::string{"SU"}, wrong, seed + "A", seed.substr(1),
                           keys::make_nkey()->public_key, std::string{"su secret"}}) {
    const auto key = keys::nkey_of_seed(text);
    BOOST_REQUIRE_MESSAGE(!key.ok(), text);
    BOOST_TEST(key.error().message.find("secret") == std::string::npos);
    if (text.size() > 10) BOOST_TEST(key.error().message.find(text) == std::string::npos);
  }
  BOOST_TEST(!keys::is_public_key(seed));
}

BOOST_AUTO_TEST_SUITE_END()
