#include "runtime/json_schema.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;

namespace {

constexpr const char* schema = R"({
  "type": "object", "additionalProperties": false, "required": ["name"],
  "properties": {
    "name": {"type": "string", "pattern": "^[a-z]+$", "description": "what it is called"},
    "timeout": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
    "kind": {"enum": ["a", "b"]},
    "argv": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "services": {"type": "object", "additionalProperties": {
      "type": "object", "additionalProperties": false, "required": ["start"],
      "properties": {"start": {"type": "string"}, "a/b~c": {"type": "boolean"}}}}
  }
})";

std::string all(const std::string& document) {
  std::string text;
  for (const auto& fault : schema_faults(schema, JsonText{document})) text += fault + '\n';
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(schema_)

BOOST_AUTO_TEST_CASE(what_fits_has_no_fault) {
  BOOST_TEST(all(R"({"name":"x","timeout":"1m30s","port":80,"kind":"b","argv":["a"]})") == "");
  BOOST_TEST(all(R"({"name":"x","services":{"web":{"start":"s","a/b~c":true}}})") == "");
}

BOOST_AUTO_TEST_CASE(a_fault_names_its_place_and_what_was_expected) {
  const std::pair<const char*, const char*> table[] = {
      {R"({})", "/: `name` is missing (what it is called)\n"},
      {R"([])", "/: expected object, found array\n"},
      {R"({"name":7})", "/name: expected string, found integer (what it is called)\n"},
      {R"({"name":"X"})", "/name: expected a text that matches ^[a-z]+$ (what it is called)\n"},
      {R"({"name":"x","nmae":1,"ports":2})",
       "/nmae: unknown key; known: name, timeout, port, kind, argv, services\n"
       "/ports: unknown key; known: name, timeout, port, kind, argv, services\n"},
      {R"({"name":"x","port":0})", "/port: Expected number greater than or equal to 1.000000\n"},
      {R"({"name":"x","port":"80"})", "/port: expected integer, found string\n"},
      {R"({"name":"x","kind":"c"})", "/kind: expected one of a, b\n"},
      {R"({"name":"x","argv":["a",1]})", "/argv/1: expected string, found integer\n"},
      {R"({"name":"x","argv":[]})", "/argv: Array should contain no fewer than 1 elements\n"},
      {R"({"name":"x","services":{"w/b":{}}})", "/services/w~1b: `start` is missing\n"},
      {R"({"name":"x","services":{"web":{"start":"s","a/b~c":1}}})",
       "/services/web/a~1b~0c: expected boolean, found integer\n"},
      {R"({"name":"x","timeout":"5"})",
       "/timeout: expected a duration written like 250ms, 5s or 1h30m\n"},
      {R"({"name":"x","timeout":"0s"})",
       "/timeout: expected a duration of at least 1ms, written like 250ms, 5s or 1h30m\n"},
  };
  for (auto [document, expected] : table) BOOST_TEST(all(document) == expected, document);
}

BOOST_AUTO_TEST_CASE(every_fault_is_reported_at_once) {
  const auto faults = schema_faults(
      schema, JsonText{R"({"port":"x","kind":1,"argv":[1,2],"timeout":"0ms","zzz":null})"});
  BOOST_TEST(faults.size() == 7u);
}

BOOST_AUTO_TEST_CASE(a_value_is_never_repeated_since_it_may_be_a_secret) {
  BOOST_TEST(all(R"({"name":"S3CRET","kind":"S3CRET","port":"S3CRET","timeout":"S3CRET"})")
                 .find("S3CRET") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_text_too_long_to_be_matched_is_a_fault_rather_than_a_crash) {
  BOOST_TEST(all(R"({"name":")" + std::string(1'000'000, 'a') + R"("})")
                 .starts_with("/name: longer than 4096 bytes"));
}

BOOST_AUTO_TEST_CASE(what_is_not_json_is_one_fault) {
  BOOST_TEST(all("{\"name\":").starts_with("/: not JSON"));
  BOOST_TEST(all(std::string(5'000, '[')).starts_with("/: not JSON"));
}

BOOST_AUTO_TEST_CASE(a_broken_schema_is_found_out) {
  BOOST_TEST(schema_defect(schema) == "");
  BOOST_TEST(schema_defect("{\"required\": 7}") != "");
  BOOST_TEST(schema_defect("{") != "");
}

BOOST_AUTO_TEST_SUITE_END()
