#include <sys/stat.h>

#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "toolkits/log_tail.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains, test::in, test::write_file;
using Lines = std::vector<std::string>;

namespace {

std::string numbered(int from, int to) {
  std::string text;
  for (int i = from; i <= to; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(logs)

BOOST_AUTO_TEST_CASE(the_last_lines_come_oldest_first) {
  const support::TemporaryFolder folder;
  const auto path = in(folder, "log");
  struct Row {
    std::string content;
    std::size_t lines;
    Lines expected;
    bool truncated;
  };
  const Row table[] = {
      {"", 3, {}, false},
      {"\n", 3, {""}, false},
      {"a", 3, {"a"}, false},
      {"a\n", 3, {"a"}, false},
      {"a\nb", 3, {"a", "b"}, false},
      {"a\r\nb\r\n", 3, {"a", "b"}, false},
      {"a\n\nb\n\n", 9, {"a", "", "b", ""}, false},
      {"a\nb\nc\n", 2, {"b", "c"}, true},
      {"a\nb\nc\n", 3, {"a", "b", "c"}, false},
      {numbered(1, 50'000), 2, {"line 49999", "line 50000"}, true},
  };
  for (const auto& row : table) {
    write_file(path, row.content);
    const auto tail = tail_file(path, {.lines = row.lines, .contains = ""});
    BOOST_TEST(tail.exists);
    BOOST_TEST(tail.detail == "");
    BOOST_TEST(tail.size == row.content.size());
    BOOST_TEST(tail.lines == row.expected, boost::test_tools::per_element());
    BOOST_TEST(tail.truncated == row.truncated);
  }
}

BOOST_AUTO_TEST_CASE(lines_that_cross_the_blocks_of_reading_stay_whole) {
  const support::TemporaryFolder folder;
  const auto path = in(folder, "log");
  for (const std::size_t shift : {0, 1, 2, 7}) { // the block is 64 KiB
    std::string content(shift, 'x');
    content += '\n' + numbered(1, 20'000);
    write_file(path, content);
    const auto tail = tail_file(path, {.lines = 20'000, .bytes = 1 << 20, .contains = ""});
    BOOST_REQUIRE(tail.lines.size() == 20'000u);
    for (std::size_t i = 0; i < tail.lines.size(); ++i)
      BOOST_REQUIRE(tail.lines[i] == "line " + std::to_string(i + 1));
  }
}

BOOST_AUTO_TEST_CASE(the_bytes_are_bounded_as_they_stand_in_the_answer) {
  const support::TemporaryFolder folder;
  const auto path = in(folder, "log");
  write_file(path, "first\nsecond\nthird\n");
  BOOST_TEST(tail_file(path, {.bytes = 11, .contains = ""}).lines == (Lines{"second", "third"}),
             boost::test_tools::per_element());
  BOOST_TEST(tail_file(path, {.bytes = 10, .contains = ""}).lines == (Lines{"third"}),
             boost::test_tools::per_element());
  BOOST_TEST(tail_file(path, {.bytes = 3, .contains = ""}).lines == (Lines{"thi..."}),
             boost::test_tools::per_element());
  write_file(path, "a\n" + std::string(3, '\x01') + "\n");
  BOOST_TEST(tail_file(path, {.bytes = 18, .contains = ""}).lines.size() == 1u);
  BOOST_TEST(tail_file(path, {.bytes = 19, .contains = ""}).lines.size() == 2u);
}

BOOST_AUTO_TEST_CASE(one_endless_line_is_cut_and_costs_no_more_than_the_bound) {
  const support::TemporaryFolder folder;
  const auto path = in(folder, "log");
  write_file(path, std::string(20'000'000, 'x'));
  const auto tail = tail_file(path, {.contains = ""});
  BOOST_REQUIRE(tail.lines.size() == 1u);
  BOOST_TEST(tail.lines[0].size() < 10'000u);
  BOOST_TEST(tail.truncated);
  write_file(path, std::string(9'000, 'x') + "\nend\n");
  const auto cut = tail_file(path, {.contains = ""});
  BOOST_REQUIRE(cut.lines.size() == 2u);
  BOOST_TEST(cut.lines[0].ends_with("x..."));
  BOOST_TEST(cut.truncated);
}

BOOST_AUTO_TEST_CASE(a_filter_is_plain_text_and_looks_back_within_a_bound) {
  const support::TemporaryFolder folder;
  const auto path = in(folder, "log");
  write_file(path, "needle .* 1\n" + numbered(1, 100'000) + "needle .* 2\nother\n");
  const auto tail = tail_file(path, {.contains = "needle .*"});
  BOOST_TEST(tail.lines == (Lines{"needle .* 1", "needle .* 2"}), boost::test_tools::per_element());
  BOOST_TEST(!tail.truncated);
  write_file(path, "needle\n" + std::string(10'000'000, '\n'));
  const auto beyond = tail_file(path, {.contains = "needle"});
  BOOST_TEST(beyond.lines.empty());
  BOOST_TEST(beyond.truncated);
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_are_replaced) {
  const support::TemporaryFolder folder;
  write_file(in(folder, "log"), "ok\nbad \xff\n");
  const auto tail = tail_file(in(folder, "log"), {.contains = ""});
  BOOST_TEST(tail.lines == (Lines{"ok", "bad \xef\xbf\xbd"}), boost::test_tools::per_element());
  BOOST_TEST(tail.replaced);
}

BOOST_AUTO_TEST_CASE(lines_from_before_a_rotation_come_first) {
  const support::TemporaryFolder folder;
  const auto path = in(folder, "log");
  write_file(path + ".1", numbered(1, 5));
  write_file(path, numbered(6, 7));
  const auto tail = tail_file(path, {.lines = 4, .contains = ""});
  BOOST_TEST(tail.lines == (Lines{"line 4", "line 5", "line 6", "line 7"}),
             boost::test_tools::per_element());
  BOOST_TEST(tail.rotated);
  BOOST_TEST(tail.truncated);
  BOOST_TEST(!tail_file(path, {.lines = 2, .contains = ""}).rotated);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_a_result_that_says_why) {
  const support::TemporaryFolder folder;
  const auto missing = tail_file(in(folder, "none"), {.contains = ""});
  BOOST_TEST(!missing.exists);
  BOOST_TEST(missing.detail == in(folder, "none") + " does not exist");
  BOOST_TEST(tail_file(folder.path().string(), {.contains = ""}).detail ==
             folder.path().string() + " is no ordinary file");
  ::mkfifo(in(folder, "pipe").c_str(), 0600); // opening it must not wait for a writer
  BOOST_TEST(contains(tail_file(in(folder, "pipe"), {.contains = ""}).detail, "no ordinary file"));
}

BOOST_AUTO_TEST_CASE(only_catalogued_files_can_be_read) {
  const support::TemporaryFolder folder;
  write_file(in(folder, "error.log"), "one\ntwo\n");
  const auto catalogue = make_catalogue(
      {{"logs",
        JsonText{R"({"files":{"web":")" + in(folder, "error.log") + R"(","gone":"/no"}})"}}},
      {});
  BOOST_REQUIRE(catalogue.faults.empty());
  const auto list = test::output(catalogue, "logs.list", "{}");
  BOOST_TEST(list.at("logs").as_array().size() == 2u);
  const auto tail = test::output(catalogue, "logs.tail", R"({"log":"web","lines":1})");
  BOOST_TEST(tail.at("lines").at(0).as_string() == "two");
  BOOST_TEST(!test::output(catalogue, "logs.tail", R"({"log":"gone"})").at("exists").as_bool());
  for (auto name : {"/etc/passwd", "../web", "WEB", ""})
    BOOST_TEST(
        contains(test::failure(catalogue, "logs.tail", R"({"log":")" + std::string{name} + "\"}",
                               ErrorClass::invalid_input),
                 "it knows gone, web"));
}

BOOST_AUTO_TEST_SUITE_END()
