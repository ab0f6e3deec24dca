#include "ops/cli/dev_state.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ops/cli/dev/child.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace troupe;
namespace fs = std::filesystem;

namespace {

cli::DevState state_of_this_process(const char* http, const char* at) {
  return {::getpid(),
          dev::identify(::getpid())->start_time,
          http,
          "nats://n",
          "postgresql:///p",
          "/data",
          *parse_iso8601(at)};
}

} // namespace

BOOST_AUTO_TEST_CASE(a_running_dev_is_found_with_all_it_wrote) {
  support::TemporaryFolder folder;
  auto path = cli::write_dev_state(folder.path(),
                                   state_of_this_process("http://a", "2026-11-20T18:00:00Z"));
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600U);
  auto found = cli::read_dev_states(folder.path());
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].http == "http://a");
  BOOST_TEST(found[0].postgres == "postgresql:///p");
  BOOST_TEST(found[0].data == "/data");
}

BOOST_AUTO_TEST_CASE(what_a_dead_dev_or_half_a_write_left_is_ignored_and_removed) {
  support::TemporaryFolder folder;
  auto reused = state_of_this_process("http://old", "2026-11-20T18:00:00Z");
  reused.start_time -= 1; // the same number, an earlier process
  auto stale = cli::write_dev_state(folder.path(), reused);
  std::ofstream{folder.path() / "dev-1.json"} << "{\"pid\": 1";
  std::ofstream{folder.path() / "notes.txt"} << "not ours";
  BOOST_TEST(cli::read_dev_states(folder.path()).empty());
  BOOST_TEST(!fs::exists(stale));
  BOOST_TEST(!fs::exists(folder.path() / "dev-1.json"));
  BOOST_TEST(fs::exists(folder.path() / "notes.txt"));
}

BOOST_AUTO_TEST_CASE(no_folder_means_no_running_dev) {
  support::TemporaryFolder folder;
  BOOST_TEST(cli::read_dev_states(folder.path() / "none").empty());
}

BOOST_AUTO_TEST_CASE(the_state_folder_follows_the_environment) {
  struct Row {
    const char *runtime, *state, *home;
    std::string expected;
  };
  support::TemporaryFolder home;
  std::string home_text = home.path();
  const Row table[] = {
      {"/run/user/7", "/s", home_text.c_str(), "/run/user/7/troupe"},
      {nullptr, "/s", home_text.c_str(), "/s/troupe"},
      {nullptr, nullptr, home_text.c_str(), home_text + "/.local/state/troupe"},
      {nullptr, nullptr, "/nonexistent", "/tmp/troupe-" + std::to_string(::geteuid())}};
  auto put = [](const char* name, const char* value) {
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  };
  std::string before = std::getenv("HOME") ? std::getenv("HOME") : "";
  for (const Row& row : table) {
    put("XDG_RUNTIME_DIR", row.runtime);
    put("XDG_STATE_HOME", row.state);
    put("HOME", row.home);
    BOOST_TEST(cli::dev_state_folder() == row.expected);
  }
  put("HOME", before.c_str());
}

BOOST_AUTO_TEST_CASE(the_last_lines_of_a_log_are_its_last_lines) {
  support::TemporaryFolder folder;
  std::string path = folder.path() / "log";
  const std::tuple<const char*, unsigned, const char*> table[] = {
      {"", 3, ""},
      {"one\n", 3, "one"},
      {"one\ntwo\nthree\nfour\n", 2, "three\nfour"},
      {"one\ntwo", 1, "two"},
      {"one\ntwo\n\n", 2, "one\ntwo"}};
  for (auto [content, lines, expected] : table) {
    cli::write_file_atomically(path, content);
    BOOST_TEST(cli::tail_of(path, lines) == expected);
  }
}

BOOST_AUTO_TEST_CASE(a_file_in_the_way_of_a_folder_is_named) {
  support::TemporaryFolder folder;
  std::ofstream{folder.path() / "file"} << "x";
  BOOST_CHECK_EXCEPTION(cli::make_folder(folder.path() / "file"), cli::Failure,
                        [](const cli::Failure& failure) {
                          return failure.code() == cli::ExitCode::cannot_create &&
                                 std::string{failure.what()}.find("is a file") != std::string::npos;
                        });
}
