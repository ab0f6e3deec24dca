#include "runtime/labels.hpp"

#include <boost/test/unit_test.hpp>

#include "runtime/intake_limits.hpp"

using namespace troupe;

BOOST_AUTO_TEST_SUITE(labels)

BOOST_AUTO_TEST_CASE(a_label_is_a_name_and_a_value) {
  const auto label = parse_label("app.kubernetes.io/name=a=b c");
  BOOST_REQUIRE(label.ok());
  BOOST_TEST(label->first == "app.kubernetes.io/name");
  BOOST_TEST(label->second == "a=b c");
  BOOST_TEST(parse_label("empty=")->second == "");
}

BOOST_AUTO_TEST_CASE(what_is_none_is_refused_with_what_is_wrong) {
  const std::string name_max(limits::label_name_bytes_max, 'n'),
      value_max(limits::label_value_bytes_max, 'v');
  BOOST_TEST(parse_label(name_max + "=" + value_max).ok());
  const std::pair<std::string, std::string> table[] = {
      {"env", "`env` is no label; expected name=value, such as env=prod"},
      {"=x", "the name of a label must be 1 to 64 letters, digits, `_`, `-`, `.` or `/`; not ``"},
      {"a b=x", "; not `a b`"},
      {name_max + "n=x", "; not `nnn"},
      {"a=" + value_max + "v", "the label `a` has 257 bytes; at most 256"},
      {"a=x\ty", "the label `a` holds a control character"},
  };
  for (const auto& [text, words] : table) {
    const auto label = parse_label(text);
    BOOST_REQUIRE(!label.ok());
    BOOST_TEST((label.error().error_class == ErrorClass::invalid_input));
    BOOST_TEST(label.error().message.find(words) != std::string::npos, label.error().message);
  }
  Labels many;
  for (std::size_t i = 0; i < limits::labels_max; ++i) many["l" + std::to_string(i)] = "";
  BOOST_TEST(check_labels(many).ok());
  many["one-more"] = "";
  BOOST_TEST(check_labels(many).error().message == "there are 33 labels; at most 32");
}

BOOST_AUTO_TEST_CASE(they_are_read_back_as_they_were_written) {
  const Labels labels{{"b", "\"quoted\" \u00e9"}, {"a", ""}};
  BOOST_TEST(to_json(labels) == "{\"a\":\"\",\"b\":\"\\\"quoted\\\" \u00e9\"}");
  BOOST_TEST((read_labels(to_json(labels)) == labels));
  BOOST_TEST((read_labels(R"({"a": "x"})") == Labels{{"a", "x"}})); // as Postgres writes it
  for (const char* other : {"", "[]", "{\"a\":1}", "{} x"}) BOOST_TEST(read_labels(other).empty());
}

BOOST_AUTO_TEST_CASE(what_alerts_bring_is_made_to_fit) {
  BOOST_TEST(fitting_label_value("a\nb") == "a b");
  const std::string full(limits::label_value_bytes_max - 1, 'x');
  BOOST_TEST(fitting_label_value(full + "\u00e9") == full); // not half a character
  BOOST_TEST(fitting_label_value(full + "yz") == full + "y");
}

BOOST_AUTO_TEST_SUITE_END()
