// Artifacts over a real server and a real store, with an engine that the test plays.
#include <boost/test/unit_test.hpp>

#include "runtime/artifact/reference.hpp"
#include "tests/integration/api_world.hpp"

using namespace troupe;
using namespace troupe::test;

namespace {

constexpr auto piece_bytes = limits::artifact_piece_bytes;

std::string content(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>(i * 7 + i / 1000);
  return text;
}

std::string range(std::size_t from, std::size_t bytes, std::size_t whole) {
  return "bytes " + std::to_string(from) + '-' + std::to_string(from + bytes - 1) + '/' +
         std::to_string(whole);
}

struct ArtifactWorld : ApiWorld {
  using Headers = std::vector<std::pair<std::string, std::string>>;

  ArtifactWorld() {
    auto job = calls.new_job();
    job.run = run_id;
    BOOST_REQUIRE(calls.submit(job).ok());
  }

  ports::HttpResponse put(const std::string& whole, const std::string& token = "good",
                          const std::string& part_range = "", const std::string& body = "") {
    std::vector<std::pair<std::string, std::string>> headers{{"Content-Type", "application/json"},
                                                             {"Authorization", "Bearer " + token}};
    if (!part_range.empty()) headers.emplace_back("Content-Range", part_range);
    return ask("PUT", "/v1/artifacts/" + artifact::name_of(sha256_hex(whole)),
               part_range.empty() ? whole : body, headers);
  }
  ports::HttpResponse get(const std::string& whole, const std::string& bytes = "",
                          const std::string& token = "good") {
    Headers headers{{"Authorization", "Bearer " + token}};
    if (!bytes.empty()) headers.emplace_back("Range", bytes);
    return ask("GET", "/v1/artifacts/" + artifact::name_of(sha256_hex(whole)), "", headers);
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(http_artifacts)

BOOST_AUTO_TEST_CASE(an_artifact_goes_in_and_comes_out_whole_or_in_part) {
  ArtifactWorld world;
  const auto whole = content(2 * piece_bytes + 100);
  const auto stored = world.put(whole);
  BOOST_TEST(stored.status == 201, stored.body);
  BOOST_TEST(stored.body ==
             artifact::to_json({sha256_hex(whole), whole.size(), "application/json"}).text);
  const auto all = world.get(whole);
  BOOST_TEST(all.status == 200);
  BOOST_TEST(header(all, "content-type") == "application/json");
  BOOST_TEST(header(all, "content-length") == std::to_string(whole.size()));
  BOOST_TEST((all.body == whole));
  const std::pair<std::size_t, std::size_t> parts[] = {{0, 1},
                                                       {5, piece_bytes},
                                                       {piece_bytes, piece_bytes},
                                                       {1, 2 * piece_bytes},
                                                       {2 * piece_bytes + 99, 500}};
  for (const auto& [from, bytes] : parts) {
    const auto part =
        world.get(whole, "bytes=" + std::to_string(from) + '-' + std::to_string(from + bytes - 1));
    BOOST_TEST(part.status == 206);
    BOOST_TEST((part.body == whole.substr(from, bytes)), "from " << from << " on " << bytes);
    BOOST_TEST(header(part, "content-range") ==
               range(from, std::min(bytes, whole.size() - from), whole.size()));
  }
  BOOST_TEST((world.get(whole, "bytes=7-").body == whole.substr(7)));
  BOOST_TEST((world.get(whole, "bytes=9-8").body == whole)); // no range at all
  expect_problem(world.get(whole, "bytes=99999999-"), 416, "ends before");
  BOOST_TEST(world.put("").status == 201);
  BOOST_TEST(world.get("", "bytes=0-10").body.empty());
}

BOOST_AUTO_TEST_CASE(a_large_one_comes_in_parts_of_which_each_may_come_again) {
  ArtifactWorld world;
  const auto whole = content(9 * piece_bytes + 3);
  for (std::size_t from = 0; from < whole.size(); from += 4 * piece_bytes)
    for (int again = 0; again < 2; ++again) {
      const auto body = whole.substr(from, 4 * piece_bytes);
      const auto answer = world.put(whole, "good", range(from, body.size(), whole.size()), body);
      const bool last = from + body.size() == whole.size();
      BOOST_TEST(answer.status == (last ? 201 : 202), answer.body);
    }
  BOOST_TEST((world.get(whole).body == whole));
}

BOOST_AUTO_TEST_CASE(only_the_attempt_itself_may) {
  ArtifactWorld world;
  BOOST_TEST(world.put("x").status == 201);
  const auto nothing = world.ask("GET", "/v1/artifacts/" + artifact::name_of(sha256_hex("x")));
  expect_problem(nothing, 401, "Authorization: Bearer");
  BOOST_TEST(header(nothing, "www-authenticate") == "Bearer");
  for (const auto& answer : {world.put("y", "forged"), world.get("x", "", "forged")})
    expect_problem(answer, 401, "not given by this cluster");
  for (const auto& answer : {world.put("y", "over"), world.get("x", "", "over")})
    expect_problem(answer, 403, "attempt 1 is over");
  expect_problem(world.get("x", "", "other"), 404, "refers to no artifact");
  expect_problem(world.put("y", "other"), 400, "there is no run");
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_explained) {
  ArtifactWorld world;
  const auto wrong = world.ask("PUT", "/v1/artifacts/" + artifact::name_of(sha256_hex("a")), "b",
                               {{"Authorization", "Bearer good"}});
  expect_problem(wrong, 400, "what came as sha256:");
  expect_problem(world.ask("PUT", "/v1/artifacts/abc", "b", {{"Authorization", "Bearer good"}}),
                 400, "sha256:<64 hex digits");
  expect_problem(world.put("abc", "good", "bytes 0-1/3", "abc"), 400, "Content-Range");
  expect_problem(world.put("abc", "good", "bytes 1-2/3", "bc"), 400, "multiple of 1048576");
  expect_problem(world.put("abc", "good", range(0, 3, limits::artifact_bytes_max + 1), "abc"), 413,
                 "too large");
  expect_problem(world.put(content(limits::http_body_bytes_max + 1)), 413, "body has more than");
}

BOOST_AUTO_TEST_CASE(an_operator_lists_and_reads_them) {
  ArtifactWorld world;
  for (const auto* text : {"a", "b"}) BOOST_TEST(world.put(text).status == 201);
  const auto path = "/v1/runs/" + run_text + "/artifacts";
  const auto all = boost::json::parse(world.ask("GET", path).body).as_object();
  BOOST_TEST(all.at("artifacts").as_array().size() == 2u);
  BOOST_TEST(all.at("next").is_null());
  const auto page = boost::json::parse(world.ask("GET", path + "?limit=1").body).as_object();
  const std::string next{page.at("next").as_string()};
  const auto rest = world.ask("GET", path + "?limit=1&after=" + next);
  BOOST_TEST(boost::json::parse(rest.body).at("artifacts").as_array().size() == 1u);
  const auto one = world.ask("GET", path + '/' + sha256_hex("a"));
  BOOST_TEST(one.body == "a");
  BOOST_TEST(header(one, "content-disposition") == "attachment");
  expect_problem(world.ask("GET", path + '/' + sha256_hex("c")), 404, "refers to no artifact");
  expect_problem(world.ask("GET", path + "?after=x"), 400, "?after=");
  expect_problem(world.ask("GET", "/v1/runs/" + nobody + "/artifacts"), 404, "there is no run");
}

BOOST_AUTO_TEST_SUITE_END()
