#include <thread>

#include "tests/unit/toolkits/called.hpp"
#include "tests/unit/toolkits/files.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using test::contains, test::failure, test::in, test::output, test::read_file;

namespace {

struct Counted {
  support::TemporaryFolder folder;
  std::string file = in(folder, "ledger");
  Catalogue catalogue{make_catalogue(
      {{"ledger", JsonText{boost::json::serialize(boost::json::object{{"file", file}})}}}, {})};

  std::int64_t count(const std::string& entry) {
    const boost::json::object arguments{{"entry", entry}};
    return output(catalogue, "ledger.count", boost::json::serialize(arguments))
        .at("count")
        .as_int64();
  }
  std::size_t lines() {
    const auto text = read_file(file);
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
};

} // namespace

BOOST_AUTO_TEST_SUITE(ledger)

BOOST_AUTO_TEST_CASE(a_repeat_under_the_same_key_is_a_line_more_but_of_the_keyed_tool) {
  Counted world;
  BOOST_TEST(world.count("pay") == 0); // no file yet
  BOOST_TEST(output(world.catalogue, "ledger.read", "{}").at("lines").as_array().empty());
  const std::pair<const char*, int> table[] = {
      {"ledger.once", 2}, {"ledger.idempotent", 4}, {"ledger.keyed", 4}};
  // The key of these calls is the same each time, and the first tool has written a line with it.
  for (const auto& [tool, lines] : table) {
    for (int again = 0; again < 2; ++again) output(world.catalogue, tool, R"({"entry":"pay"})");
    BOOST_TEST(world.count("pay") == lines, tool);
  }
  BOOST_TEST(
      !output(world.catalogue, "ledger.keyed", R"({"entry":"pay"})").at("written").as_bool());
  BOOST_TEST(world.count("pa") == 0);
}

BOOST_AUTO_TEST_CASE(a_line_tells_the_entry_as_it_is_and_the_key) {
  Counted world;
  output(world.catalogue, "ledger.once", R"({"entry":"a \"b\"\n,\"key\":","takes":"2ms"})");
  BOOST_TEST(world.count("a \"b\"\n,\"key\":") == 1);
  const auto line = boost::json::parse(read_file(world.file));
  BOOST_TEST(line.at("entry").as_string() == "a \"b\"\n,\"key\":");
  BOOST_TEST(line.at("key").as_string() == "key-1");
  BOOST_TEST(line.at("tool").as_string() == "ledger.once");
  output(world.catalogue, "ledger.once", R"({"entry":"b"})");
  const auto read = output(world.catalogue, "ledger.read", "{}");
  const auto& lines = read.at("lines").as_array();
  BOOST_TEST_REQUIRE(lines.size() == 2u);
  BOOST_TEST(lines.front() == line);
}

BOOST_AUTO_TEST_CASE(lines_of_calls_at_the_same_time_stay_whole) {
  Counted world;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int call = 0; call < 25; ++call)
        static_cast<void>(test::call(world.catalogue, "ledger.once", R"({"entry":"x"})"));
    });
  for (auto& thread : threads) thread.join();
  BOOST_TEST(world.count("x") == 100);
  BOOST_TEST(world.lines() == 100u);
}

BOOST_AUTO_TEST_CASE(a_call_that_is_stopped_before_it_acts_writes_nothing) {
  Counted world;
  std::stop_source stop;
  std::thread later{[&] { stop.request_stop(); }};
  const auto result = test::call(world.catalogue, "ledger.once", R"({"entry":"x","takes":"20s"})",
                                 "job-1", stop.get_token());
  later.join();
  BOOST_REQUIRE(!result.ok());
  BOOST_TEST(to_string(result.error().error_class) == "cancelled");
  BOOST_TEST(world.count("x") == 0);
  BOOST_TEST(contains(failure(world.catalogue, "ledger.once", R"({"entry":"x","takes":"90s"})",
                              ErrorClass::timeout),
                      "longer than it may"));
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_fails_the_call_and_says_why) {
  const auto catalogue =
      make_catalogue({{"ledger", JsonText{R"({"file":"/nowhere/at/all"})"}}}, {});
  BOOST_TEST(contains(
      failure(catalogue, "ledger.once", R"({"entry":"x"})", ErrorClass::tool_failed), "/nowhere"));
}

BOOST_AUTO_TEST_SUITE_END()
