#include "runtime/plan/source.hpp"

#include <boost/test/unit_test.hpp>
#include <ctime>

#include "runtime/limits.hpp"

using namespace troupe;
using namespace troupe::plan;
using namespace std::string_literals;

namespace {

std::string json_of(std::string file, std::string_view text) {
  const auto result = read_source(file, text);
  BOOST_TEST(render(result.faults, file) == "");
  return result.source.root.to_json().text;
}

std::string faults_of(std::string file, std::string_view text) {
  return render(read_source(file, text).faults, file);
}

std::string at(const SourceNode* node) {
  BOOST_REQUIRE(node != nullptr);
  return std::to_string(node->place.line) + ":" + std::to_string(node->place.column);
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

} // namespace

BOOST_AUTO_TEST_SUITE(source)

BOOST_AUTO_TEST_CASE(plain_scalars_follow_the_core_schema_of_yaml_1_2) {
  const std::pair<const char*, const char*> table[] = {
      {"null", "null"},
      {"~", "null"},
      {"NULL", "null"},
      {"nUll", "\"nUll\""},
      {"true", "true"},
      {"TRUE", "true"},
      {"False", "false"},
      {"yes", "\"yes\""},
      {"no", "\"no\""},
      {"on", "\"on\""},
      {"off", "\"off\""},
      {"0", "0"},
      {"-0", "0"},
      {"+5", "5"},
      {"007", "7"},
      {"0o17", "15"},
      {"0o8", "\"0o8\""},
      {"0x1F", "31"},
      {"0xffffffffffffffff", "18446744073709551615"},
      {"-0x1", "\"-0x1\""},
      {"1_000", "\"1_000\""},
      {"12:30:45", "\"12:30:45\""},
      {"9223372036854775807", "9223372036854775807"},
      {"18446744073709551615", "18446744073709551615"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"1.5", "1.5"},
      {"-.5", "-0.5"},
      {"5.", "5.0"},
      {"007.25", "7.25"},
      {"1e3", "1e3"},
      {"+1.5E-3", "1.5E-3"},
      {".", "\".\""},
      {"1e", "\"1e\""},
      {"e5", "\"e5\""},
      {".e5", "\".e5\""},
      {"1.2.3", "\"1.2.3\""},
      {"2026-11-20", "\"2026-11-20\""},
      {"10m", "\"10m\""},
      {"\"5\"", "\"5\""},
      {"'true'", "\"true\""},
      {"!!str 5", "\"5\""},
      {"! 5", "\"5\""},
      {"hello world", "\"hello world\""},
      {"${{ inputs.domain }}", "\"${{ inputs.domain }}\""},
      {"a\"b\\c", "\"a\\\"b\\\\c\""},
      {"\"tab\\there\"", "\"tab\\there\""},
      {"\"\\U0001F600\"", "\"\xF0\x9F\x98\x80\""},
  };
  for (auto [yaml, json] : table) BOOST_TEST_CONTEXT(yaml)
  BOOST_TEST(json_of("a.yaml", "v: "s + yaml) == "{\"v\":"s + json + "}");
}

BOOST_AUTO_TEST_CASE(numbers_that_json_cannot_hold_are_faults) {
  const std::pair<const char*, const char*> table[] = {
      {"v: 18446744073709551616",
       "a.yaml:1:4: the number 18446744073709551616 does not fit in 64 bits; quote it if it is "
       "text\n"},
      {"v: -9223372036854775809",
       "a.yaml:1:4: the number -9223372036854775809 does not fit in 64 bits; quote it if it is "
       "text\n"},
      {"v: 0x10000000000000000",
       "a.yaml:1:4: the number 0x10000000000000000 does not fit in 64 bits; quote it if it is "
       "text\n"},
      {"v: 1e999",
       "a.yaml:1:4: the number 1e999 does not fit in 64 bits; quote it if it is text\n"},
      {"v: .inf", "a.yaml:1:4: the number .inf has no form in JSON; quote it if it is text\n"},
      {"v: -.INF", "a.yaml:1:4: the number -.INF has no form in JSON; quote it if it is text\n"},
      {"v: .nan", "a.yaml:1:4: the number .nan has no form in JSON; quote it if it is text\n"},
  };
  for (auto [yaml, expected] : table) BOOST_TEST(faults_of("a.yaml", yaml) == expected);
  BOOST_TEST(faults_of("a.json", R"({"a":18446744073709551616,"b":1e999})") ==
             "a.json:/a: the number 18446744073709551616 does not fit in 64 bits; quote it if it "
             "is text\n"
             "a.json:/b: the number 1e999 does not fit in 64 bits; quote it if it is text\n");
}

BOOST_AUTO_TEST_CASE(both_formats_give_the_same_tree) {
  const auto yaml = json_of("p.yaml", R"(
plan: demo
steps:
  - id: a
    with: { n: 1, flag: true, nothing: }
  - id: b
    task: |
      two
      lines
empty: { list: [], map: {} }
)");
  const auto json = json_of("p.json", R"({"plan":"demo","steps":[
    {"id":"a","with":{"n":1,"flag":true,"nothing":null}},{"id":"b","task":"two\nlines\n"}],
    "empty":{"list":[],"map":{}}} )");
  BOOST_TEST(yaml == json);
  BOOST_TEST(json_of("again.json", json) == json);
}

BOOST_AUTO_TEST_CASE(json_is_told_by_the_name_or_by_its_first_character) {
  BOOST_TEST(read_source("a.json", "[1]").source.is_json);
  BOOST_TEST(read_source("stdin", " \n {\"a\":1}").source.is_json);
  BOOST_TEST(read_source("a.yaml", "\xef\xbb\xbf{\"a\":1}").source.is_json);
  BOOST_TEST(!read_source("stdin", "[1]").source.is_json);
  BOOST_TEST(!read_source("a.yaml", "a: {b: 1}").source.is_json);
}

BOOST_AUTO_TEST_CASE(yaml_places_are_lines_and_columns_in_characters) {
  const auto result = read_source("a.yaml",
                                  "# comment\r\n"
                                  "plan: demo\r\n"
                                  "höhe: [é, \"ü\", last]\r\n"
                                  "steps:\r\n"
                                  "  - id: a\r\n"
                                  "    task: |\r\n"
                                  "      text\r\n"
                                  "empty:\r\n"
                                  "after: ~\r\n");
  BOOST_REQUIRE(result.faults.empty());
  const auto& root = result.source.root;
  BOOST_TEST(at(&root) == "2:1");
  BOOST_TEST(at(root.find("plan")) == "2:7");
  BOOST_TEST(at(&root.find("höhe")->items[1]) == "3:11");
  BOOST_TEST(at(&root.find("höhe")->items[2]) == "3:16");
  BOOST_TEST(at(&root.find("steps")->items[0]) == "5:5");
  BOOST_TEST(at(root.find("steps")->items[0].find("id")) == "5:9");
  BOOST_TEST(root.find("steps")->items[0].find("task")->scalar == "text\n");
  BOOST_TEST(at(root.find("empty")) == "8:1");
  BOOST_TEST(at(root.find("after")) == "9:8");
  BOOST_TEST(root.member_places[2].line == 4u);
  BOOST_TEST(root.find("nobody") == nullptr);
  BOOST_TEST(root.find("plan")->find("x") == nullptr);
}

BOOST_AUTO_TEST_CASE(json_places_are_pointers) {
  const auto result = read_source("a.json", R"({"a/b":{"c~d":[0,{"e":true}]}})");
  BOOST_REQUIRE(result.faults.empty());
  const auto& list = *result.source.root.find("a/b")->find("c~d");
  BOOST_TEST(list.place.pointer == "/a~1b/c~0d");
  BOOST_TEST(list.items[0].place.pointer == "/a~1b/c~0d/0");
  BOOST_TEST(list.items[1].find("e")->place.pointer == "/a~1b/c~0d/1/e");
  BOOST_TEST(list.items[1].member_places[0].pointer == "/a~1b/c~0d/1/e");
  BOOST_TEST(to_string({list.place, "wrong"}, "a.json") == "a.json:/a~1b/c~0d: wrong");
  BOOST_TEST(to_string({result.source.root.place, "wrong"}, "a.json") == "a.json: wrong");
}

BOOST_AUTO_TEST_CASE(duplicate_keys_are_all_named) {
  BOOST_TEST(faults_of("a.yaml", "a: 1\nb: {c: 1, c: 2}\na: 3\n'b': 4\n") ==
             "a.yaml:2:11: the key `c` stands twice in this map; it was first given at 2:5; keep "
             "one\n"
             "a.yaml:3:1: the key `a` stands twice in this map; it was first given at 1:1; keep "
             "one\n"
             "a.yaml:4:1: the key `b` stands twice in this map; it was first given at 2:1; keep "
             "one\n");
  BOOST_TEST(faults_of("a.json", R"({"x":[{"a":1,"a":2}],"y":{"b":1,"\u0062":2},"z":{"a":1}})") ==
             "a.json:/x/0/a: the key `a` stands twice in this map; keep one\n"
             "a.json:/y/b: the key `b` stands twice in this map; keep one\n");
  BOOST_TEST(!read_source("a.yaml", "a: 1\na: 2").source.root.members.empty()); // still readable
}

BOOST_AUTO_TEST_CASE(a_syntax_error_comes_alone_with_its_place_and_a_remedy) {
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"a.yaml", "a: 1\na: 2\nb: [1, 2\n",
       "a.yaml:4:1: not valid YAML: end of sequence flow not found\n"},
      {"a.yaml", "a: 1\n- b\n", "a.yaml:2:1: not valid YAML: end of map not found\n"},
      {"a.yaml", "a: b: c",
       "a.yaml:1:5: not valid YAML: illegal map value; quote a value with \": \" in it\n"},
      {"a.yaml", "a:\n\tb: 1\n",
       "a.yaml:2:3: not valid YAML: illegal map value; a tab indents this line: indent with "
       "spaces\n"},
      {"a.yaml", "a: {b: ${{ x }}}",
       "a.yaml:1:9: not valid YAML: end of map flow not found; quote a value with ${{ }} in it: "
       "\"${{ ... }}\"\n"},
      {"a.yaml", "a: \"\\ud83d\\ude00\"",
       "a.yaml:1:11: not valid YAML: invalid unicode: 55357; write a character beyond U+FFFF as "
       "itself or as \\UXXXXXXXX, not as two \\uXXXX\n"},
      {"a.yaml", "a: *b", "a.yaml:1:4: not valid YAML: the referenced anchor is not defined\n"},
      {"a.yaml", "a: 1\n---\nb: 2\n",
       "a.yaml:2:1: a second document begins here; a file holds one, so indent this or remove "
       "it\n"},
      {"a.yaml", "a: \"x", "a.yaml:1:6: not valid YAML: illegal EOF in scalar\n"},
      {"a.json", "{\"a\":1,\"a\":2,\n \"b\":}", "a.json:2:6: not valid JSON: syntax error\n"},
      {"a.json", "{\"a\":1,}", "a.json:1:8: not valid JSON: syntax error\n"},
      {"a.json", "{\"a\":1", "a.json:1:7: not valid JSON: it ends too early\n"},
      {"a.json", "", "a.json:1:1: not valid JSON: it ends too early\n"},
      {"a.json", "{}\n x", "a.json:2:2: not valid JSON: extra data\n"},
      {"a.json", "{\"a\":\"\\ud83d\"}", "a.json:1:13: not valid JSON: syntax error\n"},
      {"a.yaml", "{a: 1}",
       "a.yaml:1:2: not valid JSON: syntax error; a text that begins with { is read as JSON\n"},
  };
  for (const auto& [file, text, expected] : table) {
    BOOST_TEST_CONTEXT(text) BOOST_TEST(faults_of(file, text) == expected);
    BOOST_TEST((read_source(file, text).source.root.type == SourceNode::Type::null));
  }
}

BOOST_AUTO_TEST_CASE(json_strings_keep_every_character) {
  BOOST_TEST(json_of("a.json", R"(["\ud83d\ude00","\u00e9\n\"\\\/"])") ==
             "[\"\xF0\x9F\x98\x80\",\"é\\n\\\"\\\\/\"]");
}

BOOST_AUTO_TEST_CASE(what_yaml_offers_beyond_data_is_refused) {
  const std::pair<const char*, const char*> table[] = {
      {"base: &b {x: 1}\nmore:\n  <<: *b\n  y: 2\n",
       "a.yaml:3:3: merge keys (<<) are not supported; write the keys out\n"},
      {"a: !env HOME",
       "a.yaml:1:4: the tag `!env` is not supported; write the value plainly, or quote it to make "
       "it text\n"},
      {"a: !!int 5",
       "a.yaml:1:4: the tag `tag:yaml.org,2002:int` is not supported; write the value plainly, or "
       "quote it to make it text\n"},
      {"a: !set {b: 1}",
       "a.yaml:1:4: the tag `!set` is not supported; write the value plainly, or quote it to make "
       "it text\n"},
      {"? [a, {b: c}, &x [*x]]\n: b\nc: !t d\n",
       "a.yaml:1:3: a key must be text, not a list\n"
       "a.yaml:3:4: the tag `!t` is not supported; write the value plainly, or quote it to make it "
       "text\n"},
      {"~: b\n", "a.yaml:1:1: a key must be text, not null\n"},
      {"a: &x k\n*x : b\n", "a.yaml:2:1: a key must be text, not an alias\n"},
      {"a: &x [*x]\n", "a.yaml:1:8: this alias stands inside what it names\n"},
  };
  for (auto [yaml, expected] : table)
    BOOST_TEST_CONTEXT(yaml) BOOST_TEST(faults_of("a.yaml", yaml) == expected);
}

BOOST_AUTO_TEST_CASE(an_alias_stands_for_what_it_names) {
  const auto result = read_source("a.yaml", "base: &b {x: [1, 2]}\nn: &n 5\nuse: *b\nagain: *n\n");
  BOOST_REQUIRE(result.faults.empty());
  BOOST_TEST(result.source.root.to_json().text ==
             R"({"base":{"x":[1,2]},"n":5,"use":{"x":[1,2]},"again":5})");
  BOOST_TEST(at(result.source.root.find("use")) == "3:6");
  BOOST_TEST(at(result.source.root.find("use")->find("x")) == "1:14");
}

BOOST_AUTO_TEST_CASE(aliases_cannot_grow_a_document_without_bound) {
  std::string laughs = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const auto previous = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
              repeat(previous + " , ", 9) + previous + "]\n";
  }
  const auto faults = faults_of("a.yaml", laughs);
  BOOST_TEST(faults.find("the aliases of this document expand beyond 1048576 bytes") !=
             std::string::npos);
  BOOST_TEST(std::count(faults.begin(), faults.end(), '\n') == 1);

  std::string deep = "a0: &a0 [x]\n";
  for (int i = 1; i < 70; ++i)
    deep += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) +
            "]\n";
  BOOST_TEST(faults_of("a.yaml", deep) ==
             "a.yaml:64:12: the document nests deeper than 64 levels; flatten it\n");
}

BOOST_AUTO_TEST_CASE(size_and_depth_are_bounded) {
  const auto max = limits::json_depth_max;
  for (auto file : {"a.yaml", "a.json"}) {
    const std::string name{file};
    BOOST_TEST(faults_of(name, repeat("[", max) + repeat("]", max)) == "");
    const auto deeper = faults_of(name, repeat("[", max + 1) + repeat("]", max + 1));
    BOOST_TEST(deeper.find("the document nests deeper than 64 levels") != std::string::npos);
    const auto unclosed = faults_of(name, repeat("[", 500'000));
    BOOST_TEST(std::count(unclosed.begin(), unclosed.end(), '\n') == 1);
    BOOST_TEST(faults_of(name, std::string(limits::plan_bytes_max + 1, ' ')) ==
               name + ":1:1: the document has 1048577 bytes; at most 1048576 are read\n");
  }
  BOOST_TEST(faults_of("a.yaml", repeat("- ", 100)) ==
             "a.yaml:1:129: the document nests deeper than 64 levels; flatten it\n");
  const auto long_keys = "{\"" + std::string(1000, 'k') + "\":[" + repeat("0,", 100'000) + "0]}";
  BOOST_TEST(faults_of("a.json", long_keys) ==
             "a.json:1:1: the document holds too many values under long keys\n");
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_text_are_refused_with_their_place) {
  const std::pair<std::string, const char*> table[] = {
      {"a: 1\nb: \xff\n", "2:4: the byte 0xFF is not UTF-8; save the file as UTF-8"},
      {"é\xc3", "1:2: the byte 0xC3 is not UTF-8; save the file as UTF-8"},
      {"\xc0\x80", "1:1: the byte 0xC0 is not UTF-8; save the file as UTF-8"},
      {"\xe0\x80\x80", "1:1: the byte 0xE0 is not UTF-8; save the file as UTF-8"},
      {"\xed\xa0\x80", "1:1: the byte 0xED is not UTF-8; save the file as UTF-8"},
      {"\xf4\x90\x80\x80", "1:1: the byte 0xF4 is not UTF-8; save the file as UTF-8"},
      {"a: x\x04y",
       "1:5: the control character U+0004 cannot stand in a text; remove it, or "
       "write it as an escape in double quotes"},
      {"a: 1\rb: 2",
       "1:5: the control character U+000D cannot stand in a text; remove it, or "
       "write it as an escape in double quotes"},
      {"a: \0x"s,
       "1:4: the control character U+0000 cannot stand in a text; remove it, or write "
       "it as an escape in double quotes"},
  };
  for (const auto& [text, expected] : table)
    for (auto file : {"a.yaml", "a.json"})
      BOOST_TEST(faults_of(file, text) == std::string{file} + ":" + expected + "\n");
  BOOST_TEST(faults_of("a.yaml", "a: \"\\0\"\n\"k\\0\": 1") ==
             "a.yaml:1:4: a text cannot contain the character NUL\n"
             "a.yaml:2:1: a key cannot contain the character NUL\n");
  BOOST_TEST(faults_of("a.json", R"({"a":"\u0000"})") ==
             "a.json:/a: a text cannot contain the character NUL\n");
}

BOOST_AUTO_TEST_CASE(an_empty_file_is_null) {
  for (auto text : {"", "# nothing\n", "\n\n", "---\n", "...\n"})
    BOOST_TEST(json_of("a.yaml", text) == "null");
}

BOOST_AUTO_TEST_CASE(faults_are_rendered_in_file_order) {
  const std::vector<Fault> yaml{{{2, 5, "", 0}, "c"}, {{1, 9, "", 0}, "b"}, {{1, 2, "", 0}, "a"}};
  BOOST_TEST(render(yaml, "f") == "f:1:2: a\nf:1:9: b\nf:2:5: c\n");
  const std::vector<Fault> json{{{0, 0, "/b", 7}, "b"}, {{0, 0, "/z", 2}, "z"}};
  BOOST_TEST(render(json, "f") == "f:/z: z\nf:/b: b\n");
  BOOST_TEST(render({}, "f") == "");
}

BOOST_AUTO_TEST_CASE(a_long_line_is_read_in_time_that_grows_with_its_length) {
  // Quadratic work on one line of 1 MiB would take minutes, not the test's bound.
  const auto start = std::clock(); // of this process: a busy machine does not count
  BOOST_TEST(faults_of("a.yaml", "[" + repeat("é, ", 200'000) + "x]") == "");
  BOOST_TEST(faults_of("a.json", "[" + repeat("0,", 400'000) + "0]") == "");
  BOOST_TEST((std::clock() - start) / CLOCKS_PER_SEC < 20);
}

BOOST_AUTO_TEST_SUITE_END()
