#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/scripted_http.hpp"
#include "toolkits/tcp.hpp"
#include "toolkits/unique_fd.hpp"
#include "toolkits/waiting.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains, test::failure, test::output;

namespace {

struct Probing {
  std::shared_ptr<test::ScriptedHttp> http;
  Catalogue catalogue;

  explicit Probing(test::ScriptedHttp::Answer answer)
      : http{std::make_shared<test::ScriptedHttp>(std::move(answer))},
        catalogue{make_catalogue(
            {{"probe",
              JsonText{R"({"allow":["127.0.0.0/8","localhost","no-such-name.invalid"]})"}}},
            {"", http, nullptr})} {}
};

/// A loopback socket that listens, or one that is only bound and so refuses.
struct LoopbackPort {
  UniqueFd socket{::socket(AF_INET, SOCK_STREAM, 0)};
  std::string number;

  explicit LoopbackPort(bool listening) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
    if (listening) BOOST_REQUIRE(::listen(socket.get(), 8) == 0);
    number = std::to_string(ntohs(address.sin_port));
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)

BOOST_AUTO_TEST_CASE(an_answer_is_judged_by_status_and_text) {
  struct Row {
    int status;
    const char* body;
    const char* more;
    bool ok;
    const char* detail;
  };
  const Row table[] = {
      {200, "fine", "", true, "status 200"},
      {302, "", "", true, "status 302"},
      {404, "", "", false, "status 404, expected 200 to 399"},
      {404, "", R"(,"expect_status":404)", true, "status 404"},
      {200, "", R"(,"expect_status":204)", false, "status 200, expected 204"},
      {200, "all is fine", R"(,"expect_body":"fine")", true, "status 200"},
      {200, "broken", R"(,"expect_body":"fine")", false,
       "status 200, but the answer does not contain the expected text"},
  };
  for (const auto& row : table) {
    const Probing probing{[&](const auto&) { return test::http_response(row.status, row.body); }};
    const auto seen = output(probing.catalogue, "probe.http",
                             R"({"url":"http://127.0.0.1:81/x")" + std::string{row.more} + "}");
    BOOST_TEST(seen.at("ok").as_bool() == row.ok);
    BOOST_TEST(seen.at("status").as_int64() == row.status);
    BOOST_TEST(seen.at("detail").as_string() == row.detail);
  }
}

BOOST_AUTO_TEST_CASE(the_request_is_as_asked_and_follows_no_redirect) {
  const Probing probing{[](const auto&) { return test::http_response(200); }};
  output(probing.catalogue, "probe.http",
         R"({"url":"http://localhost/x","method":"HEAD","timeout":"1500ms"})");
  BOOST_REQUIRE(probing.http->asked.size() == 1u);
  const auto& request = probing.http->asked[0];
  BOOST_TEST(request.method == "HEAD");
  BOOST_TEST(request.url == "http://localhost/x");
  BOOST_TEST(request.timeout.count() == 1500);
  BOOST_TEST(!request.follow_redirects);
}

BOOST_AUTO_TEST_CASE(silence_and_refusal_are_results_unless_the_probe_must_be_met) {
  const std::pair<ErrorClass, const char*> table[] = {
      {ErrorClass::timeout, "no answer within 1s"}, {ErrorClass::tool_failed, "could not connect"}};
  for (auto [error_class, detail] : table) {
    const auto failing = error_class;
    const Probing probing{[&](const auto&) { return make_error(failing, "could not connect"); }};
    const auto seen =
        output(probing.catalogue, "probe.http", R"({"url":"http://localhost/","timeout":"1s"})");
    BOOST_TEST(!seen.at("ok").as_bool());
    BOOST_TEST(seen.at("status").is_null());
    BOOST_TEST(seen.at("detail").as_string() == detail);
    BOOST_TEST(failure(probing.catalogue, "probe.http",
                       R"({"url":"http://localhost/","timeout":"1s","must":true})",
                       ErrorClass::tool_failed) == "the probe is not met: " + std::string{detail});
  }
}

BOOST_AUTO_TEST_CASE(a_cancelled_probe_is_an_error) {
  const Probing probing{[](const auto&) { return make_error(ErrorClass::cancelled, "cancelled"); }};
  failure(probing.catalogue, "probe.http", R"({"url":"http://localhost/"})", ErrorClass::cancelled);
}

BOOST_AUTO_TEST_CASE(a_target_outside_the_list_is_denied_before_anything_is_sent) {
  const Probing probing{[](const auto&) { return test::http_response(200); }};
  for (auto url : {"http://10.0.0.1/", "http://example.org/", "http://[::1]/", "http://127.1/"})
    BOOST_TEST(contains(failure(probing.catalogue, "probe.http",
                                R"({"url":")" + std::string{url} + "\"}", ErrorClass::denied),
                        "toolkits.probe.allow"));
  failure(probing.catalogue, "probe.tcp", R"({"host":"example.org","port":80})",
          ErrorClass::denied);
  failure(probing.catalogue, "probe.http", R"({"url":"http://127.0.0.1@example.org/"})",
          ErrorClass::invalid_input);
  BOOST_TEST(probing.http->asked.empty());
}

BOOST_AUTO_TEST_CASE(a_tcp_probe_connects_or_says_why_not) {
  const Probing probing{[](const auto&) { return test::http_response(200); }};
  const LoopbackPort open{true}, closed{false};
  for (auto host : {"127.0.0.1", "localhost"}) {
    const auto seen =
        output(probing.catalogue, "probe.tcp",
               R"({"host":")" + std::string{host} + R"(","port":)" + open.number + "}");
    BOOST_TEST(seen.at("ok").as_bool(), seen);
  }
  const auto refused = output(probing.catalogue, "probe.tcp",
                              R"({"host":"127.0.0.1","port":)" + closed.number + "}");
  BOOST_TEST(!refused.at("ok").as_bool());
  BOOST_TEST(refused.at("detail").as_string() == "could not connect: Connection refused");
  failure(probing.catalogue, "probe.tcp",
          R"({"host":"127.0.0.1","must":true,"port":)" + closed.number + "}",
          ErrorClass::tool_failed);
}

BOOST_AUTO_TEST_CASE(a_connection_that_nobody_completes_ends_at_the_timeout_or_with_stop) {
  // A full backlog of 0 leaves further connections unanswered.
  const LoopbackPort port{false};
  BOOST_REQUIRE(::listen(port.socket.get(), 0) == 0);
  const auto number = static_cast<std::uint16_t>(std::stoi(port.number));
  std::vector<UniqueFd> fillers;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(number);
  for (int i = 0; i < 4; ++i) {
    fillers.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    ::connect(fillers.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  const auto late = connect_tcp("127.0.0.1", number, Millis{50}, {});
  BOOST_REQUIRE(!late.ok());
  BOOST_TEST((late.error().error_class == ErrorClass::timeout));

  std::stop_source stop;
  stop.request_stop();
  const Deadline bound{Millis{20'000}};
  const auto stopped = connect_tcp("127.0.0.1", number, Millis{60'000}, stop.get_token());
  BOOST_REQUIRE(!stopped.ok());
  BOOST_TEST((stopped.error().error_class == ErrorClass::cancelled));
  BOOST_TEST(!bound.passed());
}

BOOST_AUTO_TEST_SUITE_END()
