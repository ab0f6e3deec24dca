#include <boost/test/unit_test.hpp>

#include "runtime/artifact/token.hpp"
#include "runtime/hash.hpp"
#include "runtime/sha256.hpp"

using namespace troupe;
using namespace std::chrono_literals;

namespace {

const Instant noon{std::chrono::sys_days{std::chrono::year{2026} / 11 / 27} + 12h};
const std::string key = "the secret of this cluster";

artifact::Token token() {
  SeededEntropy entropy{1};
  return {entropy.make_id<RunId>(noon), 7, noon + 1h};
}

std::string refusal(const std::string& text, const std::string& under = key, Instant now = noon) {
  const auto checked = artifact::check(text, under, now);
  if (checked) return "";
  BOOST_TEST((checked.error().error_class == ErrorClass::denied));
  return checked.error().message;
}

} // namespace

BOOST_AUTO_TEST_SUITE(artifact_token)

BOOST_AUTO_TEST_CASE(an_hmac_is_that_of_rfc_4231) {
  BOOST_TEST(hmac_sha256_hex("Jefe", "what do ya want for nothing?") ==
             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

BOOST_AUTO_TEST_CASE(bytes_in_pieces_hash_as_the_whole) {
  Sha256 hash;
  for (const auto* piece : {"", "a", "bc"}) hash.add(piece);
  BOOST_TEST(hash.hex() == sha256_hex("abc"));
}

BOOST_AUTO_TEST_CASE(a_signed_token_names_its_attempt_until_its_time_is_over) {
  const auto text = artifact::sign(token(), key);
  const auto checked = artifact::check(text, key, noon);
  BOOST_REQUIRE(checked.ok());
  BOOST_TEST((*checked == token()));
  BOOST_TEST(artifact::check(text, key, noon + 1h - 1ms).ok());
  BOOST_TEST(refusal(text, key, noon + 1h) == "the time of this token is over");
}

BOOST_AUTO_TEST_CASE(whatever_is_changed_in_a_token_it_is_refused) {
  const auto text = artifact::sign(token(), key);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == '1' ? '2' : '1';
    BOOST_TEST(!refusal(changed).empty(), "changed at " << i);
    BOOST_TEST(!refusal(text.substr(0, i)).empty(), "cut at " << i);
  }
  BOOST_TEST(refusal(text + "0") == "this token was not given by this cluster");
  BOOST_TEST(refusal(text, "another secret") == "this token was not given by this cluster");
  BOOST_TEST(refusal("") == "this is not a token of an attempt");
}

BOOST_AUTO_TEST_CASE(a_token_lasts_as_long_as_its_attempt_may) {
  BOOST_TEST((artifact::expiry(noon, 0ms) == noon + 24h));
  BOOST_TEST((artifact::expiry(noon, 72h) == noon + 72h));
}

BOOST_AUTO_TEST_SUITE_END()
