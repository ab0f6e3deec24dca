#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/cli/dev/address.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/job_inputs.hpp"
#include "ops/cli/server_discovery.hpp"

using namespace troupe;
using cli::ExitCode;

namespace {

/// The failure that `action` ends with; code ok when it ends without one.
template <class Action>
cli::Failure failure_of(Action action) {
  try {
    action();
  } catch (const cli::Failure& failure) {
    return failure;
  }
  return {ExitCode::ok, ""};
}

plan::Plan plan_with_inputs() {
  plan::Plan plan;
  plan.inputs["service"].type = "string";
  plan.inputs["count"].type = "integer";
  return plan;
}

} // namespace

BOOST_AUTO_TEST_CASE(an_input_is_read_as_the_plan_declares_it) {
  const std::pair<const char*, const char*> table[] = {
      {"service=web", R"({"service":"web"})"}, {"service=42", R"({"service":"42"})"},
      {"service=a=b", R"({"service":"a=b"})"}, {"count=42", R"({"count":42})"},
      {"other=[1,2]", R"({"other":[1,2]})"},   {"other=plain words", R"({"other":"plain words"})"},
      {"other=", R"({"other":""})"},
  };
  for (auto [assignment, expected] : table) {
    boost::json::object inputs;
    cli::add_input(inputs, assignment, plan_with_inputs());
    BOOST_TEST(boost::json::serialize(inputs) == expected);
  }
}

BOOST_AUTO_TEST_CASE(a_wrong_input_is_named_with_what_was_expected) {
  const std::tuple<const char*, ExitCode, const char*> table[] = {
      {"service", ExitCode::usage, "expected name=value"},
      {"=web", ExitCode::usage, "expected name=value"},
      {"count=many", ExitCode::bad_data, "declares `count` as integer"},
  };
  for (auto [assignment, code, words] : table) {
    boost::json::object inputs;
    auto failure = failure_of([&] { cli::add_input(inputs, assignment, plan_with_inputs()); });
    BOOST_TEST((failure.code() == code));
    BOOST_TEST(std::string{failure.what()}.find(words) != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(json_from_a_person_is_refused_with_line_and_column) {
  const std::pair<const char*, const char*> table[] = {
      {"{\n  \"a\": 1,\n  oops\n}", "body.json:3:3: "},
      {"", "body.json:1:1: "},
      {"{\"a\":", "body.json:1:6: "},
      {"{} {}", "body.json:1:4: "},
  };
  for (auto [text, place] : table) {
    auto failure = failure_of([&] { cli::parse_json_input(text, "body.json"); });
    BOOST_TEST((failure.code() == ExitCode::bad_data));
    BOOST_TEST(std::string{failure.what()}.starts_with(place), failure.what());
  }
  BOOST_TEST(
      (failure_of([] { cli::parse_inputs_file("[]", "i.json"); }).code() == ExitCode::bad_data));
}

BOOST_AUTO_TEST_CASE(the_server_is_the_option_then_the_environment_then_the_running_dev) {
  cli::DevState dev;
  dev.http = "http://127.0.0.1:9999";
  struct Row {
    const char *option, *environment;
    std::vector<cli::DevState> running;
    const char* url;
  };
  const Row table[] = {{"http://a:1/", "http://b:2", {dev}, "http://a:1"},
                       {"", "https://b:2", {dev}, "https://b:2"},
                       {"", "", {dev}, "http://127.0.0.1:9999"},
                       {"", "", {}, "http://127.0.0.1:8420"}};
  for (const Row& row : table)
    BOOST_TEST(cli::choose_server(row.option, row.environment, row.running).url == row.url);
  auto failure = failure_of([] { cli::choose_server("", "localhost:8420", {}); });
  BOOST_TEST((failure.code() == ExitCode::usage));
  BOOST_TEST(std::string{failure.what()}.find("TROUPE_SERVER") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(dev_listens_on_loopback_alone) {
  const std::pair<const char*, const char*> good[] = {{"127.0.0.1:8420", "127.0.0.1:8420"},
                                                      {"127.1.2.3:0", "127.1.2.3:0"},
                                                      {"localhost:80", "127.0.0.1:80"},
                                                      {"[::1]:8420", "[::1]:8420"}};
  for (auto [text, shown] : good) BOOST_TEST(dev::parse_loopback(text).text() == shown);
  const std::pair<const char*, const char*> bad[] = {
      {"8420", "the port is missing"},           {"127.0.0.1:", "not a number"},
      {"127.0.0.1:70000", "not a number"},       {"127.0.0.1:80x", "not a number"},
      {"somewhere:80", "not an IP address"},     {"0.0.0.0:8420", "reaches beyond this machine"},
      {"192.168.0.1:80", "reaches beyond this"}, {"[::]:8420", "reaches beyond this machine"}};
  for (auto [text, words] : bad) {
    auto failure = failure_of([&] { dev::parse_loopback(text); });
    BOOST_TEST((failure.code() == ExitCode::usage));
    BOOST_TEST(std::string{failure.what()}.find(words) != std::string::npos, failure.what());
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_written_says_what_to_do) {
  const std::tuple<int, ExitCode, const char*> table[] = {
      {EACCES, ExitCode::no_permission, "choose a folder"},
      {EROFS, ExitCode::cannot_create, "writable disk"},
      {ENOSPC, ExitCode::io_error, "free some space"},
      {ENOTDIR, ExitCode::cannot_create, "Not a directory"}};
  for (auto [error, code, words] : table) {
    auto failure = cli::file_failure("write", "/data/x", error);
    BOOST_TEST((failure.code() == code));
    BOOST_TEST(std::string{failure.what()}.find("/data/x") != std::string::npos);
    BOOST_TEST(std::string{failure.what()}.find(words) != std::string::npos);
  }
}
