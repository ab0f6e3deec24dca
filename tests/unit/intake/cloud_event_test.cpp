#include "runtime/intake/cloud_event.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "runtime/base64.hpp"
#include "runtime/intake_limits.hpp"

using namespace troupe;
using namespace troupe::intake;
namespace json = boost::json;

namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Injected injected(std::string payload, Headers headers = {}) {
  return {"ci", "ci-1", std::move(headers), std::move(payload), "17-1700000000"};
}

/// The event in its JSON format, or the fault.
std::string read(const Injected& what) {
  const auto event = read_cloud_event(what);
  return event ? event->body.text : "! " + event.error().message;
}

const std::string whole =
    R"({"data":{"ok":true},"id":"1","source":"/ci","specversion":"1.0","subject":"web",)"
    R"("time":"2026-11-20T18:46:51Z","type":"build.done"})";

Headers binary(Headers more = {}) {
  Headers headers{
      {"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/ci"}, {"CE-Type", "build.done"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return headers;
}

} // namespace

BOOST_AUTO_TEST_SUITE(cloud_event)

BOOST_AUTO_TEST_CASE(a_structured_event_is_read_with_and_without_a_header_that_says_so) {
  const Headers tables[] = {{},
                            {{"Content-Type", "application/cloudevents+json; charset=utf-8"}},
                            {{"content-type", "application/json"}, {"Nats-Msg-Id", "x"}}};
  for (const auto& headers : tables) BOOST_TEST(read(injected(whole, headers)) == whole);
  const auto event = read_cloud_event(injected(whole));
  BOOST_TEST(event->id + event->source + event->type + event->subject == "1/cibuild.doneweb");
}

BOOST_AUTO_TEST_CASE(a_binary_event_has_its_attributes_in_headers_and_its_data_as_payload) {
  const std::string head = R"("id":"1","source":"/ci","specversion":"1.0")",
                    tail = R"(,"type":"build.done"})";
  struct Row {
    Headers more;
    std::string payload, event;
  } table[] = {
      {{}, R"({"ok":true})", R"({"data":{"ok":true},)" + head + tail},
      {{}, "", "{" + head + tail},
      {{{"ce-subject", "w%20%C3%A9"}}, "", "{" + head + R"(,"subject":"w é")" + tail},
      {{{"ce-datacontenttype", "text/plain"}},
       "a line",
       R"({"data":"a line","datacontenttype":"text/plain",)" + head + tail},
      {{{"Content-Type", "application/octet-stream"}},
       std::string{"\xff\0", 2},
       R"({"data_base64":"/wA=","datacontenttype":"application/octet-stream",)" + head + tail},
      {{{"ce-traceparent", "00-ab"}}, "", "{" + head + R"(,"traceparent":"00-ab")" + tail},
  };
  for (const auto& row : table)
    BOOST_TEST(read(injected(row.payload, binary(row.more))) == row.event);
}

BOOST_AUTO_TEST_CASE(any_json_is_the_data_of_an_event) {
  const auto bare = json::parse(read(injected("[1,2]")));
  BOOST_TEST(bare.at("id").as_string() == "17-1700000000");
  BOOST_TEST(bare.at("source").as_string() == "/ci/ci-1");
  BOOST_TEST(bare.at("type").as_string() == "ci");
  BOOST_TEST(json::serialize(bare.at("data")) == "[1,2]");
  const auto named = json::parse(read(injected("7", {{"Nats-Msg-Id", "build-7"}})));
  BOOST_TEST(named.at("id").as_string() == "build-7");
}

BOOST_AUTO_TEST_CASE(what_is_no_event_is_refused_with_the_place_and_the_remedy) {
  const auto without = [](const char* key, json::value instead = nullptr) {
    auto event = json::parse(whole).as_object();
    if (instead.is_null())
      event.erase(key);
    else
      event[key] = std::move(instead);
    return json::serialize(event);
  };
  const Headers said{{"Content-Type", "application/cloudevents+json"}};
  struct Row {
    Injected what;
    const char* fault;
  } table[] = {
      {injected("not json"), "not JSON"},
      {injected("[]", said), "not a JSON object"},
      {injected(without("id"), said), "`id` is missing"},
      {injected(without("type", ""), said), "`type` is missing"},
      {injected(without("source", 7), said), "`source` is missing"},
      {injected(without("specversion", "0.3")), "\"0.3\"; 1.0 is understood"},
      {injected(without("time", "yesterday")), "RFC 3339"},
      {injected(without("subject", "")), "`subject` must be"},
      {injected(without("trace-id", "x")), "`trace-id` must be lower-case"},
      {injected(without("extra", json::object{})), "`extra` must be a string"},
      {injected(without("data_base64", "AA==")), "one of them"},
      {injected(without("subject", json::string(limits::event_text_bytes_max + 1, 'x'))),
       "bytes at most"},
      {injected("{}", {{"Content-Type", "application/cloudevents-batch+json"}}), "one event"},
      {injected("{", binary()), "not JSON, which `datacontenttype` says"},
      {injected("", binary({{"ce-subject", "%zz"}})), "`ce-subject` is not percent-encoded"},
      {injected("", binary({{"ce-data", "x"}})), "is no attribute"},
      {injected("1", {{"ce-id", "1"}}), "`specversion` is missing"},
      {injected("", binary({{"Content-Type", "text/\xd1"}})), "`datacontenttype` is not UTF-8"},
      {injected("[1e999999]"), "a number in it is beyond"},
      {injected("1", {{"Nats-Msg-Id", "\xd1"}}), "`id` is not UTF-8"},
  };
  for (const auto& row : table) {
    const auto told = read(row.what);
    BOOST_TEST(told.starts_with("! "), told);
    BOOST_TEST(told.find(row.fault) != told.npos, told << " should have " << row.fault);
    BOOST_TEST(told.find("a CloudEvent 1.0 looks like") != told.npos);
  }
}

BOOST_AUTO_TEST_CASE(what_was_injected_is_kept_as_it_was_whatever_bytes_it_has) {
  for (const auto& payload : {std::string{"{\"a\":\"\\u0000\"}"}, std::string{"\xff\0\x80", 3}}) {
    const auto before = injected(payload, {{"ce-id", "1"}});
    const auto after = read_injected(encode_injected(before));
    BOOST_REQUIRE(after.ok());
    BOOST_TEST(after->payload == payload);
    BOOST_TEST((after->headers == before.headers));
    BOOST_TEST(after->channel + after->sender + after->place == "cici-117-1700000000");
  }
  BOOST_TEST(!read_injected(JsonText{"{}"}).ok());
  for (const auto* text : {"", "a", "ab", "abc", "abcd"})
    BOOST_TEST(base64_decode(base64_encode(text)).value_or("?") == text);
  for (const auto* text : {"a", "!!!!", "====", "YQ"}) BOOST_TEST(!base64_decode(text).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
