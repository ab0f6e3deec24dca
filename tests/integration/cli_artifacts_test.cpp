// Artifacts, as a person asks for them.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "runtime/artifact/reference.hpp"
#include "runtime/hash.hpp"
#include "tests/integration/cli_world.hpp"

using namespace troupe;
using namespace troupe::test;
namespace json = boost::json;

namespace {

constexpr int lines = 40'000; // of 100 bytes: as JSON several times what a message carries

std::string read(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

BOOST_AUTO_TEST_CASE(artifacts_are_listed_and_what_is_not_there_is_named) {
  const Answer started = troupe_says({"schedules", "run", "yearly", "--json"});
  BOOST_TEST_REQUIRE(started.code == 0, started.text);
  const std::string run{started.parsed().at("run").as_string()};
  const std::string none = "sha256:" + std::string(64, '0');
  expect({"artifacts", "list", run}, 0, "no artifacts");
  expect({"artifacts", "list", run, "--json"}, 0, "\"artifacts\":[]");
  expect({"artifacts", "list", "018bcfe5-6800-7000-8000-00000000000f"}, 66, "there is no run");
  expect({"artifacts", "get", run, none}, 66, "refers to no artifact " + none);
  expect({"artifacts", "get", run, "items.json"}, 64, "expected sha256:<64 hex digits>");
  expect({"artifacts", "get", run, none, "--json"}, 64, "name one with --output");
  expect({"artifacts"}, 64, "subcommand");
}

BOOST_AUTO_TEST_CASE(an_output_of_megabytes_goes_on_as_a_reference_and_is_saved_whole) {
  {
    std::ofstream ledger{cluster().ledger()};
    for (int i = 0; i < lines; ++i)
      ledger << R"({"entry":"line )" << i << R"(","note":")" << std::string(70, 'x') << "\"}\n";
  }
  const auto plan = cluster().plan("large.yaml", R"(plan: large
steps:
  - { id: read, tool: ledger.read, with: {} }
  - { id: fetch, tool: workspace.fetch, with: { artifact: "${{ steps.read.output }}", path: ledger.json } }
  - { id: publish, tool: workspace.publish, with: { path: ledger.json, type: application/json } }
output: { read: "${{ steps.read.output }}" }
)");
  const Answer ran = troupe_says({"run", plan, "--json"});
  BOOST_TEST_REQUIRE(ran.code == 0, ran.text);
  const auto listed = troupe_says({"runs", "list", "--limit", "1", "--json"}).parsed();
  const std::string run{listed.at("runs").at(0).at("id").as_string()};
  const auto shown = troupe_says({"runs", "show", run, "--json"}).parsed();
  const auto& steps = shown.at("tree").at("children");
  const auto output = [&](int step) { return steps.at(step).at("output"); };
  const auto reference = artifact::parse_reference(JsonText{json::serialize(output(0))});
  BOOST_TEST_REQUIRE(reference.has_value(), json::serialize(shown));
  BOOST_TEST(reference->bytes > 3'000'000u);
  BOOST_TEST(reference->type == "application/json");
  BOOST_TEST(output(1).at("sha256").as_string() == reference->hash);
  BOOST_TEST(output(1).at("bytes").to_number<std::uint64_t>() == reference->bytes);
  BOOST_TEST(output(2) == output(0));

  const auto name = artifact::name_of(reference->hash);
  const auto artifacts = troupe_says({"artifacts", "list", run, "--json"}).parsed();
  BOOST_TEST_REQUIRE(artifacts.at("artifacts").as_array().size() == 1u);
  BOOST_TEST(artifacts.at("artifacts").at(0).at("artifact").as_string() == name);
  expect({"artifacts", "list", run}, 0, name);
  const auto saved = cluster().data.path() / "saved.json";
  expect({"artifacts", "get", run, name, "--output", saved}, 0, "");
  const auto content = read(saved);
  BOOST_TEST(sha256_hex(content) == reference->hash);
  BOOST_TEST(json::parse(content).at("lines").as_array().size() == static_cast<std::size_t>(lines));
}
