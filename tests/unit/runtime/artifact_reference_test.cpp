#include <boost/test/unit_test.hpp>

#include "runtime/artifact/reference.hpp"
#include "runtime/hash.hpp"

using namespace troupe;

BOOST_AUTO_TEST_SUITE(artifact_reference)

BOOST_AUTO_TEST_CASE(a_reference_reads_as_it_was_written) {
  const artifact::Reference reference{sha256_hex("x"), 5'000'000, "application/json"};
  const auto json = artifact::to_json(reference);
  BOOST_TEST(json.text == R"({"artifact":"sha256:)" + sha256_hex("x") +
                              R"(","bytes":5000000,"type":"application/json"})");
  const auto read = artifact::parse_reference(json);
  BOOST_REQUIRE(read.has_value());
  BOOST_TEST((*read == reference));
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_one_is_none) {
  const auto name = artifact::name_of(sha256_hex("x"));
  const std::string others[] = {"null",
                                "[]",
                                '"' + name + '"',
                                R"({"artifact":")" + name + R"("})",
                                R"({"artifact":")" + name + R"(","bytes":-1,"type":"t"})",
                                R"({"artifact":")" + name + R"(","bytes":1,"type":"t","more":1})",
                                R"({"artifact":"sha256:ABC","bytes":1,"type":"t"})",
                                R"({"artifact":")" + name + R"(0","bytes":1,"type":"t"})"};
  for (const auto& other : others)
    BOOST_TEST(!artifact::parse_reference(JsonText{other}).has_value(), other);
}

BOOST_AUTO_TEST_CASE(hashes_are_found_wherever_they_stand) {
  const auto a = sha256_hex("a"), b = sha256_hex("b");
  const std::vector<std::string> both{std::min(a, b), std::max(a, b)};
  BOOST_TEST(artifact::hashes_in("x sha256:" + a + "\",sha256:" + b + " sha256:" + a) == both,
             boost::test_tools::per_element());
  BOOST_TEST(artifact::hashes_in("sha256:" + a.substr(1) + " sha256: " + b).empty());
}

BOOST_AUTO_TEST_SUITE_END()
