#include "ops/cli/view/run_tree.hpp"

#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>
#include <fstream>

using namespace troupe;

namespace {

std::string golden(const std::string& name) {
  std::ifstream file{std::string{TROUPE_SOURCE_DIR} + "/tests/unit/cli/golden/" + name};
  BOOST_REQUIRE_MESSAGE(file, "tests/unit/cli/golden/" + name + " cannot be read");
  return {std::istreambuf_iterator<char>{file}, {}};
}

boost::json::value healing() { return boost::json::parse(golden("healing.json")); }

view::TreeOptions options(bool unicode = true) {
  view::TreeOptions result;
  result.style.unicode = unicode;
  result.now = *parse_iso8601("2026-11-20T18:46:54.200Z");
  return result;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_run_is_drawn_as_a_tree_with_agents_tries_times_and_tool_calls) {
  BOOST_TEST(view::render_run(healing(), options()) == golden("healing.txt"));
}

BOOST_AUTO_TEST_CASE(items_cases_restarts_undo_waits_and_child_runs_are_drawn) {
  const auto run = boost::json::parse(golden("operating.json"));
  BOOST_TEST(view::render_run(run, options()) == golden("operating.txt"));
}

BOOST_AUTO_TEST_CASE(a_terminal_without_unicode_gets_plain_characters) {
  std::string text = view::render_run(healing(), options(false));
  BOOST_TEST(text == golden("healing.ascii.txt"));
  for (char c : text) BOOST_TEST_REQUIRE(static_cast<unsigned char>(c) < 0x80);
}

BOOST_AUTO_TEST_CASE(colours_change_nothing_but_colours) {
  auto coloured = options();
  coloured.style.colour = true;
  std::string text = view::render_run(healing(), coloured), plain;
  BOOST_TEST(text.find("\x1b[32m✔\x1b[0m") != std::string::npos);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b')
      i = text.find('m', i);
    else
      plain += text[i];
  }
  std::string trimmed; // colours pad to the column's end
  for (std::size_t from = 0, end; from < plain.size(); from = end + 1) {
    end = plain.find('\n', from);
    std::string line = plain.substr(from, end - from);
    trimmed += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  BOOST_TEST(trimmed == golden("healing.txt"));
}

BOOST_AUTO_TEST_CASE(a_low_screen_drops_details_of_ended_steps_first_then_all_then_steps) {
  auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  auto low = options();
  for (unsigned height : {40U, 18U, 17U, 16U, 15U, 12U, 8U})
    BOOST_TEST_CONTEXT("height " << height) {
      low.style.height = height;
      std::string text = view::render_run(healing(), low);
      BOOST_TEST(lines(text) < static_cast<long>(height));
      BOOST_TEST((text.find("probe.http") != std::string::npos) == (height >= 18));
      BOOST_TEST((text.find("exit code 1") != std::string::npos) == (height >= 16));
      BOOST_TEST((text.find("more steps") != std::string::npos) == (height < 12));
    }
}

BOOST_AUTO_TEST_CASE(lines_end_where_the_screen_ends) {
  auto narrow = options();
  narrow.style.width = 40;
  std::string text = view::render_run(healing(), narrow);
  for (std::size_t from = 0, end; from < text.size(); from = end + 1) {
    end = text.find('\n', from);
    BOOST_TEST(view::display_width(text.substr(from, end - from)) <= 40U);
  }
}

BOOST_AUTO_TEST_CASE(what_a_server_left_out_or_spelt_oddly_draws_what_there_is) {
  const char* table[] = {"{}", "null", "[1,2]", R"({"tree":{"children":[{},null,{"id":5}]}})",
                         R"({"state":"later","tree":{"children":[{"id":"a","state":7}]}})"};
  for (const char* text : table)
    BOOST_TEST(!view::render_run(boost::json::parse(text), options()).empty());
}

BOOST_AUTO_TEST_CASE(control_characters_of_foreign_text_never_reach_the_terminal) {
  auto run = boost::json::parse(
      R"({"title":"\u001b[2Jgone","state":"failed","reason":"a\nb","tree":{"children":[]}})");
  std::string text = view::render_run(run, options());
  BOOST_TEST(text.find('\x1b') == std::string::npos);
  BOOST_TEST(text.find("a b") != std::string::npos);
}
