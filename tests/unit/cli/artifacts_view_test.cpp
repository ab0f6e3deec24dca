#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/cli/view/artifacts.hpp"

using namespace troupe;

BOOST_AUTO_TEST_SUITE(artifacts_view)

BOOST_AUTO_TEST_CASE(sizes_are_words) {
  const std::pair<std::uint64_t, const char*> table[] = {
      {0, "0 B"}, {1023, "1023 B"}, {1024, "1.0 KiB"}, {1'572'864, "1.5 MiB"}};
  for (const auto& [bytes, words] : table) BOOST_TEST(view::size_words(bytes) == words);
}

BOOST_AUTO_TEST_CASE(a_list_shows_name_size_and_type) {
  const auto answer = boost::json::parse(
      R"({"artifacts":[{"artifact":"sha256:ab","bytes":2048,"type":"text/plain","at":"now"}]})");
  const auto text = view::render_artifacts(answer, {});
  for (const auto* part : {"sha256:ab", "2.0 KiB", "text/plain"})
    BOOST_TEST(text.find(part) != std::string::npos, text);
  BOOST_TEST(view::render_artifacts(boost::json::parse("{}"), {}).starts_with("no artifacts"));
}

BOOST_AUTO_TEST_SUITE_END()
