#include "toolkits/process.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <thread>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/toolkits/files.hpp"
#include "toolkits/waiting.hpp"

using namespace troupe;
using namespace troupe::toolkits;
using support::alive, support::eventually, test::in;

namespace {

Command shell(const std::string& script) { return {.argv = {"sh", "-c", script}}; }

CommandResult run(const Command& command, std::stop_token stop = {}) {
  auto result = run_command(command, stop);
  BOOST_REQUIRE_MESSAGE(result.ok(), (result.ok() ? "" : result.error().message));
  return *result;
}

/// Asks the command to stop once it has made the file.
CommandResult run_until(const std::string& file, Command command) {
  command.timeout = Millis{60'000};
  std::stop_source stop;
  const std::jthread canceller{[&] {
    eventually([&] { return std::filesystem::exists(file); });
    stop.request_stop();
  }};
  return run(command, stop.get_token());
}

pid_t first_pid(const std::string& text) { return static_cast<pid_t>(std::stol(text)); }

} // namespace

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(a_command_gives_its_output_and_how_it_ended) {
  const auto fine = run(shell("echo out; echo err >&2"));
  BOOST_TEST(fine.succeeded());
  BOOST_TEST(fine.out == "out\n");
  BOOST_TEST(fine.err == "err\n");
  BOOST_TEST(!fine.truncated);
  const auto failed = run(shell("exit 7"));
  BOOST_TEST(!failed.succeeded());
  BOOST_TEST(failed.verdict() == "exit code 7");
  const auto killed = run(shell("kill -SEGV $$"));
  BOOST_TEST(killed.signal == SIGSEGV);
  BOOST_TEST(killed.verdict() == "ended by signal 11 (Segmentation fault)");
}

BOOST_AUTO_TEST_CASE(arguments_reach_the_command_unread_by_any_shell) {
  const auto result = run({.argv = {"printf", "%s|", "a b", "$HOME", "`id`", "; rm", "*", ""}});
  BOOST_TEST(result.out == "a b|$HOME|`id`|; rm|*||");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_says_why) {
  const support::TemporaryFolder folder;
  test::write_file(in(folder, "text"), "no program");
  const std::pair<Command, const char*> table[] = {
      {{.argv = {"no-such-program"}}, "cannot run `no-such-program`: it is in none of the folders"},
      {{.argv = {"/no/such"}}, "cannot run `/no/such`: there is no such file"},
      {{.argv = {in(folder, "text")}}, "it is no executable file"},
      {{.argv = {"true"}, .directory = "/no/folder"},
       "cannot run `true`: its folder /no/folder: No such file or directory"},
      {{.argv = {}}, "the command is empty"},
  };
  for (const auto& [command, expected] : table) {
    const auto result = run_command(command, {});
    BOOST_REQUIRE(!result.ok());
    BOOST_TEST((result.error().error_class == ErrorClass::tool_failed));
    BOOST_TEST(result.error().message.find(expected) != std::string::npos, result.error().message);
  }
}

BOOST_AUTO_TEST_CASE(the_environment_is_clean_and_nothing_is_inherited) {
  ::setenv("TROUPE_TEST_SECRET", "s3cret", 1);
  int leaky[2];
  BOOST_REQUIRE(::pipe(leaky) == 0); // without O_CLOEXEC
  const auto variables = run({.argv = {"env"}}).out;
  BOOST_TEST(variables.find("s3cret") == std::string::npos);
  BOOST_TEST(variables.find("PATH=") != std::string::npos);
  for (const bool daemonises : {false, true}) {
    auto command = shell("for f in /proc/self/fd/*; do echo ${f##*/} $(readlink $f); done; cat");
    command.daemonises = daemonises;
    const auto seen = run(command).out;
    BOOST_TEST(seen.find("\n" + std::to_string(leaky[0]) + " pipe") == std::string::npos, seen);
    BOOST_TEST(seen.find("0 /dev/null\n") != std::string::npos, seen);
  }
  ::close(leaky[0]);
  ::close(leaky[1]);
  ::unsetenv("TROUPE_TEST_SECRET");
}

BOOST_AUTO_TEST_CASE(a_command_has_a_session_and_signals_of_its_own) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto status = run(shell("ps -o sid= -p $$; echo $$; grep SigIgn /proc/self/status")).out;
  ::signal(SIGPIPE, SIG_DFL);
  BOOST_TEST(std::stol(status) == std::stol(status.substr(status.find('\n'))));
  BOOST_TEST(status.find("0000000000000000") != std::string::npos, status);
}

BOOST_AUTO_TEST_CASE(the_last_bytes_of_each_stream_are_kept) {
  auto command = shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; echo e >&2");
  command.output_bytes_max = 100;
  const auto result = run(command);
  BOOST_TEST(result.out.size() == 100u);
  BOOST_TEST(result.out.ends_with("line 4999\n"));
  BOOST_TEST(result.err == "e\n");
  BOOST_TEST(result.truncated);
}

BOOST_AUTO_TEST_CASE(a_stream_without_end_is_bounded_and_stops_at_the_timeout) {
  auto command = shell("yes");
  command.timeout = Millis{100};
  command.output_bytes_max = 1000;
  const auto result = run(command);
  BOOST_TEST(result.timed_out);
  BOOST_TEST(result.verdict() == "no end within 100ms");
  BOOST_TEST(result.out.size() == 1000u);
}

BOOST_AUTO_TEST_CASE(grandchildren_that_ignore_TERM_are_killed_too) {
  const support::TemporaryFolder folder;
  auto command =
      shell("trap '' TERM; sh -c 'trap \"\" TERM; echo $$; touch " + in(folder, "ready") +
            "; while :; do sleep 100; done' & while :; do sleep 100; done");
  command.grace = Millis{100};
  const auto result = run_until(in(folder, "ready"), command);
  BOOST_TEST(result.stopped);
  BOOST_TEST(result.signal == SIGKILL);
  BOOST_TEST(eventually([pid = first_pid(result.out)] { return !alive(pid); }));
}

BOOST_AUTO_TEST_CASE(a_command_that_obeys_TERM_ends_within_the_grace) {
  const support::TemporaryFolder folder;
  auto command = shell("trap 'echo bye; exit 3' TERM; touch " + in(folder, "ready") +
                       "; while :; do sleep 0.05; done");
  command.grace = Millis{20'000};
  const auto result = run_until(in(folder, "ready"), command);
  BOOST_TEST(result.stopped);
  BOOST_TEST(result.exit_code.value_or(-1) == 3);
  BOOST_TEST(result.out == "bye\n");
}

BOOST_AUTO_TEST_CASE(a_stopped_command_is_ended_all_the_same) {
  auto command = shell("kill -STOP $$");
  command.timeout = Millis{200};
  command.grace = Millis{20'000}; // TERM is enough, once it is told to go on
  const auto result = run(command);
  BOOST_TEST(result.timed_out);
  BOOST_TEST(result.signal == SIGTERM);
}

BOOST_AUTO_TEST_CASE(what_a_command_leaves_in_the_background_is_killed_when_it_ends) {
  const auto result = run(shell("sleep 1000 & echo $!"));
  BOOST_TEST(result.succeeded());
  BOOST_TEST(eventually([pid = first_pid(result.out)] { return !alive(pid); }));
}

BOOST_AUTO_TEST_CASE(a_stop_request_ends_the_command) {
  const support::TemporaryFolder folder;
  const auto result = run_until(
      in(folder, "ready"), shell("echo $$; touch " + in(folder, "ready") + "; exec sleep 1000"));
  BOOST_TEST(result.stopped);
  BOOST_TEST(!result.timed_out);
  BOOST_TEST(result.verdict() == "cancelled");
  BOOST_TEST(!alive(first_pid(result.out)));
}

BOOST_AUTO_TEST_CASE(a_service_lives_on_without_a_pipe_of_ours) {
  const support::TemporaryFolder folder;
  auto command =
      shell("(yes 2>/dev/null; touch " + in(folder, "flooded") +
            "; while :; do sleep 100; done) & echo $! > " + in(folder, "pid") + "; exit 4");
  command.daemonises = true;
  command.output_bytes_max = 8192;
  const auto result = run(command);
  BOOST_TEST(result.exit_code.value_or(-1) == 4);
  const auto service = first_pid(test::read_file(in(folder, "pid")));
  // Once its output has no room left `yes` gives up; nothing has to die of SIGPIPE.
  BOOST_TEST(eventually([&] { return std::filesystem::exists(in(folder, "flooded")); }));
  BOOST_TEST(alive(service));
  const auto output = "/proc/" + std::to_string(service) + "/fd/1";
  BOOST_TEST(std::filesystem::read_symlink(output).string().starts_with("/memfd:troupe-output"));
  BOOST_TEST(std::filesystem::file_size(output) == 8192u);
  ::kill(-::getsid(service), SIGKILL);
  BOOST_TEST(eventually([&] { return !alive(service); }));
}

BOOST_AUTO_TEST_CASE(a_command_dies_with_the_process_that_runs_it) {
  const support::TemporaryFolder folder;
  const pid_t runner = ::fork();
  if (runner == 0) {
    (void)run_command(shell("echo $$ > " + in(folder, "pid") + "; exec sleep 1000"), {});
    ::_exit(0);
  }
  std::string text;
  BOOST_REQUIRE(
      eventually([&] { return (text = test::read_file(in(folder, "pid"))).ends_with('\n'); }));
  ::kill(runner, SIGKILL);
  ::waitpid(runner, nullptr, 0);
  BOOST_TEST(eventually([pid = first_pid(text)] { return !alive(pid); }));
}

BOOST_AUTO_TEST_CASE(the_last_lines_are_for_people) {
  CommandResult result;
  result.out = "only out\n";
  result.err = " \n";
  BOOST_TEST(result.last_lines() == "only out");
  result.err = "1\n2\n\n3\xff\n";
  BOOST_TEST(result.last_lines(2) == "2\n3\xef\xbf\xbd");
}

BOOST_AUTO_TEST_CASE(many_commands_run_at_once_without_mixing) {
  std::vector<std::jthread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 5; ++k) {
        const auto result = run_command(shell("echo " + std::to_string(i)), {});
        if (result && result->out == std::to_string(i) + "\n") ++right;
      }
    });
  threads.clear();
  BOOST_TEST(right == 40);
}

BOOST_AUTO_TEST_SUITE_END()
