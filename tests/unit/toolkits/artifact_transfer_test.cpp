#include "toolkits/artifact_transfer.hpp"

#include "runtime/artifact/byte_range.hpp"
#include "runtime/hash.hpp"
#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "tests/unit/toolkits/scripted_http.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains, test::http_response, test::ScriptedHttp;

namespace {

constexpr auto part_bytes = limits::artifact_part_bytes_max;

/// Keeps what is put, as an orchestrator node does.
struct Shelf {
  std::string content; // of the one artifact
  std::shared_ptr<ScriptedHttp> http =
      std::make_shared<ScriptedHttp>([this](const ports::HttpRequest& request) {
        return request.method == "PUT" ? put(request) : get(request);
      });

  static std::string header(const ports::HttpRequest& request, const std::string& name) {
    for (const auto& [key, value] : request.headers)
      if (key == name) return value;
    return {};
  }
  Result<ports::HttpResponse> put(const ports::HttpRequest& request) {
    content += request.body;
    const auto range = header(request, "Content-Range");
    const auto whole =
        range.empty() ? request.body.size() : std::stoul(range.substr(range.rfind('/') + 1));
    return http_response(content.size() == whole ? 201 : 202, "{}");
  }
  Result<ports::HttpResponse> get(const ports::HttpRequest& request) {
    const auto from = std::stoul(header(request, "Range").substr(6));
    auto response = http_response(206, content.substr(from, part_bytes));
    const artifact::ContentRange range{from, response.body.size(), content.size()};
    response.headers = {{"content-range", to_string(range)}};
    return response;
  }
};

const message::ArtifactAccess allowed{{"http://a", "http://b"}, "ta1.token"};

} // namespace

BOOST_AUTO_TEST_SUITE(artifact_transfer)

BOOST_AUTO_TEST_CASE(a_large_one_goes_and_comes_in_parts) {
  Shelf shelf;
  const std::string content(2 * part_bytes + 7, 'x');
  const ArtifactTransfer transfer{shelf.http, allowed};
  const auto reference = transfer.put(content, "text/plain", {});
  BOOST_REQUIRE_MESSAGE(reference.ok(), (reference.ok() ? "" : reference.error().message));
  BOOST_TEST(
      (*reference == artifact::Reference{sha256_hex(content), content.size(), "text/plain"}));
  BOOST_REQUIRE(shelf.http->asked.size() == 3u);
  const auto& last = shelf.http->asked.back();
  BOOST_TEST(last.url == "http://a/v1/artifacts/" + artifact::name_of(sha256_hex(content)));
  BOOST_TEST(Shelf::header(last, "Authorization") == "Bearer ta1.token");
  BOOST_TEST(Shelf::header(last, "Content-Range") == "bytes 8388608-8388614/8388615");
  const auto back = transfer.get(reference->hash, content.size(), {});
  BOOST_REQUIRE(back.ok());
  BOOST_TEST((*back == content));
  const auto bounded = transfer.get(reference->hash, content.size() - 1, {});
  BOOST_REQUIRE(!bounded.ok());
  BOOST_TEST(contains(bounded.error().message, "more than the bound of 8388614"));
}

BOOST_AUTO_TEST_CASE(a_node_that_cannot_be_reached_is_passed_over) {
  Shelf shelf;
  int away = 0;
  auto http = std::make_shared<ScriptedHttp>(
      [&](const ports::HttpRequest& request) -> Result<ports::HttpResponse> {
        if (request.url.starts_with("http://a") && ++away % 2 == 0) return http_response(503);
        if (request.url.starts_with("http://a"))
          return make_error(ErrorClass::tool_failed, "cannot connect to a");
        return shelf.put(request);
      });
  BOOST_TEST(ArtifactTransfer(http, allowed).put("x", "text/plain", {}).ok());
  BOOST_TEST(http->asked.size() == 2u);
  const ArtifactTransfer impatient{http, {{"http://a"}, "t"}, Millis{0}};
  const auto alone = impatient.put("x", "text/plain", {});
  BOOST_REQUIRE(!alone.ok());
  BOOST_TEST((alone.error().error_class == ErrorClass::no_capacity));
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_in_the_words_of_the_node_and_not_asked_again) {
  const std::pair<int, ErrorClass> table[] = {{401, ErrorClass::denied},
                                              {403, ErrorClass::denied},
                                              {413, ErrorClass::budget_exceeded},
                                              {400, ErrorClass::tool_failed},
                                              {404, ErrorClass::tool_failed}};
  for (const auto& [status, expected] : table) {
    auto http = std::make_shared<ScriptedHttp>([status = status](const ports::HttpRequest&) {
      return http_response(status, R"({"detail":"attempt 1 is over"})");
    });
    const auto put = ArtifactTransfer{http, allowed}.put("x", "t", {});
    BOOST_REQUIRE(!put.ok());
    BOOST_TEST((put.error().error_class == expected));
    BOOST_TEST(put.error().message == "attempt 1 is over");
    BOOST_TEST(http->asked.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(what_comes_is_checked_against_its_hash) {
  Shelf shelf;
  shelf.content = "other";
  const auto got = ArtifactTransfer{shelf.http, allowed}.get(sha256_hex("one"), 100, {});
  BOOST_REQUIRE(!got.ok());
  BOOST_TEST(contains(got.error().message, "another hash"));
}

BOOST_AUTO_TEST_CASE(a_result_is_put_only_if_no_message_carries_it) {
  Shelf shelf;
  ToolSpec tool;
  tool.name = "bulk.make";
  const JsonText small{"1"}, large{'"' + std::string(limits::tool_output_bytes_max, 'x') + '"'};
  BOOST_TEST((*put_result(tool, small, allowed, shelf.http, {}) == small));
  BOOST_TEST(shelf.http->asked.empty());
  const auto put = put_result(tool, large, allowed, shelf.http, {});
  BOOST_REQUIRE(put.ok());
  const auto reference = artifact::parse_reference(*put);
  BOOST_REQUIRE(reference.has_value());
  BOOST_TEST(reference->hash == sha256_hex(large.text));
  const auto nowhere = put_result(tool, large, std::nullopt, shelf.http, {});
  BOOST_REQUIRE(!nowhere.ok());
  BOOST_TEST(contains(nowhere.error().message, "bulk.make was carried out, but its output of"));
  BOOST_TEST(retried_by_default(nowhere.error().error_class));
  tool.effect = Effect::once;
  const auto done = put_result(tool, large, std::nullopt, shelf.http, {});
  BOOST_REQUIRE(!done.ok());
  BOOST_TEST(!retried_by_default(done.error().error_class));
}

BOOST_AUTO_TEST_CASE(a_workspace_fetches_and_publishes) {
  Shelf shelf;
  support::TemporaryFolder data;
  const auto catalogue =
      make_catalogue({{"workspace", JsonText{"{}"}}}, {data.path().string(), shelf.http, {}});
  const auto call = [&](const std::string& tool, const std::string& arguments,
                        std::optional<message::ArtifactAccess> by) {
    const auto* spec = catalogue.find(tool);
    ToolCall made{tool, JsonText{arguments}, "key", "job-1", spec->timeout, std::move(by)};
    return call_checked(*catalogue.toolkit_of(tool), *spec, made, {});
  };
  shelf.content = std::string(3 * limits::artifact_piece_bytes, 'y');
  const auto name = artifact::name_of(sha256_hex(shelf.content));
  for (const auto& named :
       {'"' + name + '"', R"({"artifact":")" + name + R"(","bytes":1,"type":"t"})"}) {
    const auto fetched =
        call("workspace.fetch", R"({"path":"in.txt","artifact":)" + named + '}', allowed);
    BOOST_REQUIRE_MESSAGE(fetched.ok(), (fetched.ok() ? "" : fetched.error().message));
    BOOST_TEST(contains(fetched->text, sha256_hex(shelf.content)));
  }
  const auto sent = std::exchange(shelf.content, "");
  const auto published =
      call("workspace.publish", R"({"path":"in.txt","type":"text/plain"})", allowed);
  BOOST_REQUIRE_MESSAGE(published.ok(), (published.ok() ? "" : published.error().message));
  BOOST_TEST((shelf.content == sent));
  BOOST_TEST(artifact::parse_reference(*published)->type == "text/plain");
  BOOST_TEST(contains(call("workspace.publish", R"({"path":"in.txt"})", {}).error().message,
                      "no orchestrator node with HTTP"));
  BOOST_TEST(
      contains(call("workspace.publish", R"({"path":"none"})", allowed).error().message, "none"));
  BOOST_TEST(
      !call("workspace.fetch", R"({"path":"../x","artifact":")" + name + "\"}", allowed).ok());
  BOOST_TEST(!call("workspace.fetch", R"({"path":"x","artifact":"abc"})", allowed).ok());
}

BOOST_AUTO_TEST_SUITE_END()
