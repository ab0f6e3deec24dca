#include "runtime/message/codec.hpp"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

#include "runtime/limits.hpp"
#include "tests/unit/message/samples.hpp"

using namespace troupe;
using namespace troupe::message;

namespace {

std::string read_golden(std::string_view type) {
  const auto path =
      std::string{TROUPE_SOURCE_DIR "/tests/unit/message/golden/"}.append(type) + ".json";
  std::ifstream file{path};
  BOOST_REQUIRE_MESSAGE(file, path + " cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

AgentMessage decoded(std::string_view text) {
  auto message = decode(text);
  BOOST_REQUIRE_MESSAGE(message.ok(), (message.ok() ? "" : message.error().message));
  return *message;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, std::string{what} + " is not in " + text);
  return text.replace(at, what.size(), by);
}

std::string replaced_everywhere(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
  return text;
}

/// A tool.call with as little as it takes.
const std::string small =
    R"({"v":1,"id":"01a1fa42-207b-7510-aa4c-364796553b01","type":"tool.call","sender":"a","recipient":"b",)"
    R"("timestamp":"2026-11-20T18:46:51.123Z",)"
    R"("content":{"key":{"tool":"probe.http","ordinal":2},"arguments":{"x":1},"job":"j","owner_node":"n"}})";

} // namespace

BOOST_AUTO_TEST_SUITE(codec)

BOOST_AUTO_TEST_CASE(every_type_has_a_sample_with_a_name_of_its_own) {
  std::set<std::string_view> names;
  const auto messages = sample_messages();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    BOOST_TEST(messages[i].body.index() == i);
    names.insert(type_name(messages[i].body));
  }
  BOOST_TEST(names.size() == std::variant_size_v<Body>);
}

BOOST_AUTO_TEST_CASE(every_type_is_written_as_its_golden_file_and_read_from_it) {
  for (const auto& message : sample_messages()) BOOST_TEST_CONTEXT(type_name(message.body)) {
      const auto golden = read_golden(type_name(message.body));
      BOOST_TEST(encode(message) + "\n" == golden);
      BOOST_TEST((decoded(golden) == message));
    }
}

BOOST_AUTO_TEST_CASE(later_forms_are_written_and_read_too) {
  for (const auto& [name, message] : later_samples()) BOOST_TEST_CONTEXT(name) {
      const auto golden = read_golden(name);
      BOOST_TEST(encode(message) + "\n" == golden);
      BOOST_TEST((decoded(golden) == message));
    }
}

BOOST_AUTO_TEST_CASE(what_has_its_default_is_left_out_and_comes_back) {
  for (auto message : sample_messages()) BOOST_TEST_CONTEXT(type_name(message.body)) {
      message = {message.id, "", "", {}, {}, message.timestamp, {}, "", message.body};
      std::visit([](auto& body) { body = {}; }, message.body);
      const auto text = encode(message);
      BOOST_TEST((decoded(text) == message), text);
      for (auto key : {"\"run\"", "\"step\"", "\"attempt\"", "\"epoch\"", "\"deadline\"",
                       "\"trace\"", "\"riders\"", "\"note\"", "\"reason\""})
        BOOST_TEST(text.find(key) == std::string::npos, text);
    }
  BOOST_TEST(encode(decoded(small)) ==
             replaced(small, "\"timestamp\"", "\"priority\":\"normal\",\"timestamp\""));
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_ignored_at_every_level) {
  for (const auto& message : sample_messages()) BOOST_TEST_CONTEXT(type_name(message.body)) {
      // Put first and last into every object; those inside a JsonText do not come from a field, so
      // they are looked at no further.
      const auto text = encode(message);
      auto first = replaced(text, "{", R"({"new":{"a":[1,"}"]},)");
      if (text.find(R"("content":{})") == std::string::npos)
        first = replaced(first, R"("content":{)", R"("content":{"later":[[]],)");
      first = replaced_everywhere(first, R"("key":{)", R"("key":{"n\"ew":"\\",)");
      first = replaced_everywhere(first, R"("error":{)", R"("error":{"code":-1.5e3,)");
      BOOST_TEST((decoded(first) == message), first);
      auto last = text;
      last.insert(last.size() - 1, R"(,"new":null)");
      BOOST_TEST((decoded(last) == message), last);
    }
}

BOOST_AUTO_TEST_CASE(keys_may_come_in_any_order_escaped_and_with_space_between) {
  const auto expected = decoded(small);
  const std::string variants[] = {
      R"({"content":{"owner_node":"n","job":"j","arguments":{"x":1},"key":{"ordinal":2,"tool":"probe.http"}},)"
      R"("type":"tool.call","timestamp":"2026-11-20T18:46:51.123Z","sender":"a","recipient":"b",)"
      R"("id":"01a1fa42-207b-7510-aa4c-364796553b01","v":1})",
      replaced(small, "\"sender\":", " \"s\\u0065nder\"\n\t:\r "),
      replaced(small, "\"probe.http\"", "\"\\u0070robe\\u002ehttp\""),
      "\n " + small + "\n",
  };
  for (const auto& text : variants) BOOST_TEST((decoded(text) == expected), text);
}

BOOST_AUTO_TEST_CASE(an_embedded_document_is_handed_on_byte_for_byte) {
  for (auto text : {"1.50", "12345678901234567890123", "-0", "[ 1 , 2 ]", R"({"a":1,"a":2})",
                    R"("\u00e9\ud83d\ude00\/")", "null", "true", "\"\u00e9\""}) {
    const auto message = decoded(replaced(small, R"({"x":1})", text));
    BOOST_TEST(std::get<ToolCall>(message.body).arguments.text == text);
    BOOST_TEST(std::get<ToolCall>(decoded(encode(message)).body).arguments.text == text);
  }
}

BOOST_AUTO_TEST_CASE(null_is_nothing_for_an_optional_field_unless_null_is_a_value) {
  auto message = sample_messages()[5];
  auto& failed = std::get<TaskFailed>(message.body);
  failed.retry_after_ms = 7;
  const auto with = encode(message);
  failed.retry_after_ms.reset();
  BOOST_TEST(
      (decoded(replaced(with, R"("retry_after_ms":7)", R"("retry_after_ms":null)")) == message));
  auto assigned = sample_messages()[0];
  std::get<TaskAssigned>(assigned.body).progress = JsonText{};
  BOOST_TEST((decoded(encode(assigned)) == assigned));
}

BOOST_AUTO_TEST_CASE(any_bytes_in_a_text_make_a_readable_message) {
  AgentMessage message;
  const std::pair<std::string, std::string> table[] = {
      {std::string("a\0b", 3), std::string("a\0b", 3)},
      {"\x01\x1f\x7f \"\\/\b\f\n\r\t", "\x01\x1f\x7f \"\\/\b\f\n\r\t"},
      {"caf\u00e9 \u20ac \U0001F600", "caf\u00e9 \u20ac \U0001F600"},
      {"\xff\xfe", "\ufffd\ufffd"}, // not UTF-8 at all
      {"a\xc3", "a\ufffd"},         // cut in the middle of a character
      {"\xc0\xaf\xed\xa0\x80", "\ufffd\ufffd\ufffd\ufffd\ufffd"}, // overlong, a surrogate
      {"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"},           // beyond U+10FFFF
  };
  for (const auto& [text, read_back] : table) {
    message.body = TaskCancel{text};
    BOOST_TEST((std::get<TaskCancel>(decoded(encode(message)).body).reason == read_back));
  }
}

BOOST_AUTO_TEST_CASE(bad_input_is_refused_with_the_place_of_the_fault) {
  struct Case {
    std::string what, by, expected;
  };
  const Case table[] = {
      {R"("v":1)", R"("v":2)",
       "/v: version 2 of the message format is not known here; expected 1. Run the same version of "
       "troupe on every node"},
      {R"("v":1)", R"("v":"1")", "/v: expected an unsigned integer, got a string"},
      {R"("v":1,)", "", "/v: missing; expected 1"},
      {R"("v":1)", R"("v":1,"v":1)", "/v: given twice"},
      {"tool.call", "tool.cal", "/type: unknown message type `tool.cal`"},
      {R"("type":"tool.call",)", "", "/type: missing; expected the type of the message"},
      {R"("type":"tool.call")", R"("type":7)", "/type: expected a string, got a number"},
      {R"("sender":"a",)", "", "/sender: missing; expected a string"},
      {R"("sender":"a")", R"("sender":"a","sender":"b")", "/sender: given twice"},
      {R"("sender":"a")", R"("sender":null)", "/sender: expected a string, got null"},
      {"01a1fa42-207b-7510-aa4c-364796553b01", "x",
       R"(/id: expected a UUID of 36 characters, got "x")"},
      {"2026-11-20T18:46:51.123Z", "yesterday",
       R"(/timestamp: expected a time as in RFC 3339, got "yesterday")"},
      {R"("timestamp":)", R"("priority":"urgent","timestamp":)",
       R"(/priority: expected a priority (low, normal, high or critical), got "urgent")"},
      {R"("timestamp":)", R"("attempt":4294967296,"timestamp":)",
       "/attempt: expected an unsigned integer up to 4294967295, got 4294967296"},
      {R"("timestamp":)", R"("run":7,"timestamp":)",
       "/run: expected a UUID of 36 characters, got a number"},
      {R"("ordinal":2)", R"("ordinal":"2")",
       "/content/key/ordinal: expected an unsigned integer, got a string"},
      {R"("ordinal":2)", R"("ordinal":-2)",
       "/content/key/ordinal: expected an unsigned integer up to 4294967295, got -2"},
      {R"("ordinal":2)", R"("ordinal":2.5)",
       "/content/key/ordinal: expected an unsigned integer up to 4294967295, got 2.5"},
      {R"(,"ordinal":2)", "", "/content/key/ordinal: missing; expected an unsigned integer"},
      {R"("ordinal":2)", R"("ordinal":2,"undo":"yes")",
       "/content/key/undo: expected a boolean, got a string"},
      {R"({"tool":"probe.http","ordinal":2})", "[]",
       "/content/key: expected an object, got an array"},
      {R"(,"arguments":{"x":1})", "", "/content/arguments: missing; expected any JSON value"},
      {R"("job":"j")", R"("job":"j","riders":{})",
       "/content/riders: expected an array, got an object"},
      {R"("job":"j")",
       R"("job":"j","riders":[{"key":{"tool":"t","ordinal":0},"digest":"","arguments":1,)"
       R"("outcome":{}},{"key":{}}])",
       "/content/riders/1/key/tool: missing; expected a string"},
      {R"("job":"j")", R"("job":"j","riders":[{"outcome":{"error":{"class":"bad"}}}])",
       R"(/content/riders/0/outcome/error/class: expected an error class (timeout, agent_down, ..), got "bad")"},
      {R"({"x":1})", R"({"x/~":[1,{"y":01}]})",
       "/content/arguments/x~1~0/1: not JSON: expected `,` or `}`, got `1` at offset 217"},
      {R"({"x":1})", R"({"x":"\ud800"})",
       "/content/arguments/x: not JSON: expected both halves of a surrogate pair, got `\"` at "
       "offset 213"},
      {R"({"x":1})", "{\"x\":\"\x80\"}",
       "/content/arguments/x: not JSON: expected UTF-8, got byte 0x80 at offset 207"},
      {R"({"x":1})", "{\"x\":\"\n\"}",
       "/content/arguments/x: not JSON: expected the string to go on or to end, got byte 0x0a at "
       "offset 207"},
      {R"({"x":1})", "nil",
       "/content/arguments: not JSON: expected a value, got `n` at offset 201"},
      {R"({"x":1})", "{x:1}",
       "/content/arguments: not JSON: expected a key in quotes, got `x` at offset 202"},
      {R"({"x":1})", "[1,]",
       "/content/arguments/1: not JSON: expected a value, got `]` at offset 204"},
      {R"("timestamp":)", R"("new":[1.],"timestamp":)",
       "/new/0: not JSON: expected a digit, got `]` at offset 108"},
  };
  for (const auto& [what, by, expected] : table) {
    const auto result = decode(replaced(small, what, by));
    BOOST_REQUIRE_MESSAGE(!result.ok(), expected);
    BOOST_TEST(result.error().message == expected);
    BOOST_TEST((result.error().error_class == ErrorClass::invalid_input));
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_message_at_all_is_refused) {
  const auto head = [](std::string_view marker) { return small.substr(0, small.find(marker)); };
  const std::pair<std::string, std::string> table[] = {
      {"", "the document itself: not JSON: expected an object, but the text ends at offset 0"},
      {"[]", "the document itself: expected an object, got an array"},
      {"hello", "the document itself: not JSON: expected an object, got `h` at offset 0"},
      {small + "x",
       "the document itself: not JSON: expected nothing after the value, got `x` at offset 237"},
      {head(R"(,"arguments")"),
       "/content: not JSON: expected `,` or `}`, but the text ends at offset 188"},
      {head(R"(probe)"),
       "/content/key/tool: not JSON: expected the string to go on or to end, "
       "but the text ends at offset 164"},
      {head(R"(,"content")") + "}", "/content: missing; expected an object"},
      {R"({"v":1,"type":"bus.whois","id":"01a1fa42-207b-7510-aa4c-364796553b01","content":{}})",
       "/sender: missing; expected a string"},
      {std::string(limits::bus_message_bytes_max + 1, ' '),
       "the document itself: 1048577 bytes; at most 1048576. Send what is larger as an artifact"},
  };
  for (const auto& [text, expected] : table) {
    const auto result = decode(text);
    BOOST_REQUIRE_MESSAGE(!result.ok(), expected);
    BOOST_TEST(result.error().message == expected);
  }
}

BOOST_AUTO_TEST_CASE(an_embedded_document_may_be_nested_as_deep_as_the_limit_and_no_deeper) {
  const auto nested = [](std::size_t depth) {
    return replaced(small, R"({"x":1})", std::string(depth, '[') + std::string(depth, ']'));
  };
  BOOST_TEST(decode(nested(limits::json_depth_max)).ok());
  const auto result = decode(nested(limits::json_depth_max + 1));
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST(result.error().message.find("/content/arguments/0/0/0") == 0u);
  BOOST_TEST(result.error().message.find("nested deeper than 64 levels") != std::string::npos);
  BOOST_TEST(!decode(nested(400'000)).ok());
}

BOOST_AUTO_TEST_CASE(a_role_alone_is_written_as_in_an_assignment) {
  const auto message = sample_messages()[0];
  const auto& role = std::get<TaskAssigned>(message.body).role;
  const auto text = encode_role(role);
  BOOST_TEST(encode(message).find("\"role\":" + text) != std::string::npos);
  const auto read = decode_role(text);
  BOOST_REQUIRE(read.ok());
  BOOST_TEST((*read == role));
  BOOST_TEST(decode_role(R"({"role":"r"})").error().message == "/kind: missing; expected a string");
  BOOST_TEST(!decode_role(text + ",").ok());
}

BOOST_AUTO_TEST_CASE(priorities_have_names) {
  for (auto name : {"low", "normal", "high", "critical"}) {
    BOOST_REQUIRE(parse_priority(name).has_value());
    BOOST_TEST(to_string(*parse_priority(name)) == name);
  }
  BOOST_TEST(!parse_priority("urgent").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
