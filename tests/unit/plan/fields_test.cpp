#include "runtime/plan/fields.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe::plan;
using namespace std::chrono_literals;

namespace {

enum class Color { red, green };
const std::vector<std::pair<std::string, Color>> colors{{"red", Color::red},
                                                        {"green", Color::green}};

/// Reads a map with every getter there is and returns its faults.
std::string faults_of(std::string_view yaml) {
  auto [source, faults] = read_source("f.yaml", yaml);
  BOOST_REQUIRE_MESSAGE(faults.empty(), render(faults, "f.yaml"));
  Fields fields{source.root, "the thing", faults};
  fields.text("text");
  fields.filled_text("name");
  fields.boolean("flag");
  fields.integer("count", 1, 10);
  fields.number("rate", 1, 2.5);
  fields.duration("wait");
  fields.list("list");
  fields.map("map");
  fields.texts("words");
  fields.choice("color", colors);
  fields.know("else");
  fields.refuse_unknown();
  return render(faults, "f.yaml");
}

} // namespace

BOOST_AUTO_TEST_SUITE(fields)

BOOST_AUTO_TEST_CASE(well_typed_values_are_read) {
  auto [source, faults] = read_source("f.yaml", R"(
text: hello
flag: true
count: 3
rate: 1.5
wait: 1m30s
words: [a, b]
color: green
)");
  Fields fields{source.root, "the thing", faults};
  BOOST_TEST(fields.text("text").value() == "hello");
  BOOST_TEST(fields.boolean("flag").value());
  BOOST_TEST(fields.integer("count", 1, 10).value() == 3);
  BOOST_TEST(fields.number("rate", 1, 2).value() == 1.5);
  BOOST_TEST((fields.duration("wait").value() == 90s));
  BOOST_TEST(fields.texts("words") == (std::vector<std::string>{"a", "b"}),
             boost::test_tools::per_element());
  BOOST_TEST((fields.choice("color", colors).value() == Color::green));
  BOOST_TEST(!fields.text("absent").has_value());
  BOOST_TEST(fields.place_of("count").line == 4u);
  fields.refuse_unknown();
  BOOST_TEST(render(faults, "f.yaml") == "");
}

BOOST_AUTO_TEST_CASE(each_ill_typed_value_is_one_fault_with_its_place) {
  const std::pair<const char*, const char*> table[] = {
      {"[a]", "f.yaml:1:1: the thing must be a map, not a list\n"},
      {"text: 5", "f.yaml:1:7: `text` must be text, not a number\n"},
      {"text:", "f.yaml:1:1: `text` must be text, not null\n"},
      {"name: ''", "f.yaml:1:1: `name` must not be empty\n"},
      {"flag: yes", "f.yaml:1:7: `flag` must be true or false, not text\n"},
      {"count: 0", "f.yaml:1:8: `count` must be a whole number from 1 to 10, not 0\n"},
      {"count: 1.5", "f.yaml:1:8: `count` must be a whole number from 1 to 10, not 1.5\n"},
      {"count: x", "f.yaml:1:8: `count` must be a whole number from 1 to 10, not text\n"},
      {"rate: 3", "f.yaml:1:7: `rate` must be a number from 1 to 2.5, not 3\n"},
      {"wait: 5",
       "f.yaml:1:7: `wait` must be a duration such as 30s, 10m or 1h30m, "
       "not a number\n"},
      {"wait: 5x",
       "f.yaml:1:7: `wait` must be a duration such as 30s, 10m or 1h30m, "
       "not `5x`\n"},
      {"list: {}", "f.yaml:1:7: `list` must be a list, not a map\n"},
      {"map: []", "f.yaml:1:6: `map` must be a map, not a list\n"},
      {"words: a", "f.yaml:1:8: `words` must be a list of texts, not text\n"},
      {"words: [a, 2]", "f.yaml:1:12: `words` must hold texts, not a number\n"},
      {"color: gren",
       "f.yaml:1:8: `color` must be `red` or `green`, not `gren`; did you mean `green`?\n"},
      {"else: 1", ""},
      {"colour: 1", "f.yaml:1:1: unknown key `colour` in the thing; did you mean `color`?\n"},
      {"zebra: 1", "f.yaml:1:1: unknown key `zebra` in the thing\n"},
  };
  for (auto [yaml, expected] : table)
    BOOST_TEST_CONTEXT(yaml) BOOST_TEST(faults_of(yaml) == expected);
}

BOOST_AUTO_TEST_CASE(all_faults_are_found_at_once_in_file_order) {
  BOOST_TEST(faults_of("zebra: 1\nflag: 2\ntext: 3\n") ==
             "f.yaml:1:1: unknown key `zebra` in the thing\n"
             "f.yaml:2:7: `flag` must be true or false, not a number\n"
             "f.yaml:3:7: `text` must be text, not a number\n");
}

BOOST_AUTO_TEST_CASE(a_missing_key_is_named_with_the_remedy) {
  auto [source, faults] = read_source("f.yaml", "{}\n");
  auto yaml = read_source("f.yaml", "a: 1\n");
  Fields fields{yaml.source.root, "step `x`", faults};
  BOOST_TEST(fields.require("a", "write it"));
  BOOST_TEST(!fields.require("agent", "name its role"));
  BOOST_TEST(render(faults, "f.yaml") ==
             "f.yaml:1:1: `agent` is missing from step `x`; name its role\n");
}

BOOST_AUTO_TEST_SUITE_END()
