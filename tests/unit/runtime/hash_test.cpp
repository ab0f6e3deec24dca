#include <boost/test/unit_test.hpp>

#include "runtime/hash.hpp"
#include "runtime/limits.hpp"

using namespace troupe;

BOOST_AUTO_TEST_SUITE(hash_)

BOOST_AUTO_TEST_CASE(sha256_gives_the_vectors_of_fips_180_4) {
  BOOST_TEST(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(sha256_hex("abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(sha256_hex(std::string(1'000'000, 'a')) ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(canonical_json_follows_rfc_8785) {
  const std::pair<const char*, const char*> table[] = {
      {R"({"b":1,"a":[true,null,"x"]})", R"({"a":[true,null,"x"],"b":1})"},
      {R"({})", R"({})"},
      {R"([ ])", R"([])"},
      {R"([333333333.5,1E30,4.50,2e-3,0.000000000000000000000000001,1e21,1e-7,-0.0,0.2])",
       R"([333333333.5,1e+30,4.5,0.002,1e-27,1e+21,1e-7,0,0.2])"},
      {"{\"\\u20ac\":1,\"\\r\":2,\"1\":3}", "{\"\\r\":2,\"1\":3,\"\u20ac\":1}"},
      // by UTF-16 code units: a surrogate pair sorts before U+FB33
      {"{\"\\ufb33\":1,\"\\ud83d\\ude00\":2}", "{\"\U0001F600\":2,\"\ufb33\":1}"},
  };
  for (auto [text, expected] : table) BOOST_TEST(canonical(JsonText{text}) == expected);
}

BOOST_AUTO_TEST_CASE(a_value_as_deep_as_the_limit_has_a_digest_and_so_has_what_holds_it) {
  const std::string deep =
      std::string(limits::json_depth_max, '[') + std::string(limits::json_depth_max, ']');
  BOOST_TEST(canonical(JsonText{deep}) == deep);
  BOOST_TEST(canonical(JsonText{"{ \"plan\": " + deep + "}"}) == "{\"plan\":" + deep + "}");
}

BOOST_AUTO_TEST_CASE(a_digest_does_not_see_the_order_of_keys) {
  BOOST_TEST(digest(JsonText{R"({"a":1,"b":2})"}) == digest(JsonText{R"({ "b":2, "a":1 })"}));
  BOOST_TEST(digest(JsonText{R"({"a":1})"}) != digest(JsonText{R"({"a":2})"}));
}

BOOST_AUTO_TEST_SUITE_END()
