// plans/x.yaml must parse to plans/x.outline (its hash included: runs pin it), and
// plans/faulty/x.yaml must have exactly the faults of plans/faulty/x.faults.
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/plan/parse.hpp"
#include "tests/unit/plan/outline_text.hpp"

using namespace troupe::plan;
namespace fs = std::filesystem;

namespace {

const fs::path folder = fs::path{TROUPE_SOURCE_DIR} / "tests/unit/plan/plans";

std::string content(const fs::path& path) {
  std::ifstream file{path};
  BOOST_REQUIRE_MESSAGE(file, path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The plans of a folder, each with the path of what is expected of it.
std::vector<std::pair<fs::path, fs::path>> plans_in(const fs::path& where, const char* expected) {
  std::vector<std::pair<fs::path, fs::path>> plans;
  for (const auto& entry : fs::directory_iterator{where}) {
    const auto extension = entry.path().extension();
    if (extension != ".yaml" && extension != ".json") continue;
    plans.emplace_back(entry.path(), fs::path{entry.path()}.replace_extension(expected));
  }
  return plans;
}

} // namespace

BOOST_AUTO_TEST_SUITE(golden)

BOOST_AUTO_TEST_CASE(good_plans_become_the_tree_they_describe) {
  const auto plans = plans_in(folder, ".outline");
  BOOST_TEST(plans.size() >= 4u);
  for (const auto& [path, expected] : plans) {
    BOOST_TEST_CONTEXT(path) {
      const auto result = parse_plan(path.filename(), content(path));
      BOOST_TEST(render(result.faults, path.filename().string()) == "");
      BOOST_TEST(outline_text(result.plan) == content(expected));
    }
  }
}

BOOST_AUTO_TEST_CASE(faulty_plans_have_exactly_their_faults) {
  const auto plans = plans_in(folder / "faulty", ".faults");
  BOOST_TEST(plans.size() >= 3u);
  for (const auto& [path, expected] : plans) {
    BOOST_TEST_CONTEXT(path) {
      const auto result = parse_plan(path.filename(), content(path));
      BOOST_TEST(render(result.faults, path.filename().string()) == content(expected));
      BOOST_TEST(result.plan.hash == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_plan_read_from_its_own_json_is_the_same_plan) {
  for (const auto& [path, expected] : plans_in(folder, ".outline")) {
    BOOST_TEST_CONTEXT(path) {
      const auto source = read_source(path.filename(), content(path)).source;
      const auto again = parse_plan("pinned.json", source.root.to_json().text);
      BOOST_TEST(outline_text(again.plan) == content(expected));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
