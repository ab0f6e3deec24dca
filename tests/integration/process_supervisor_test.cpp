// The supervisor of `troupe dev` with real processes.
#include "ops/cli/dev/process_supervisor.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "ops/cli/dev/private_nats.hpp"
#include "ops/cli/dev/private_postgres.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace troupe;
using dev::ChildSpec;
using dev::ProcessSupervisor;
using dev::Wake;

namespace {

ChildSpec shell(const std::string& name, const std::string& script) {
  ChildSpec spec;
  spec.name = name;
  spec.argv = {"/bin/sh", "-c", script};
  spec.stop_grace = Millis{300};
  return spec;
}

struct Fixture {
  support::TemporaryFolder folder;
  std::vector<std::string> notices;
  ProcessSupervisor supervisor{[this](const std::string& text) { notices.push_back(text); },
                               folder.path() / "processes.json"};

  std::string path(const char* name) const { return folder.path() / name; }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(process_supervisor, Fixture)

BOOST_AUTO_TEST_CASE(the_end_of_a_child_during_the_start_comes_back_with_its_status) {
  supervisor.start(shell("a", "exit 78"));
  BOOST_TEST((supervisor.run(Millis{10'000}) == Wake::child_ended));
  BOOST_TEST(supervisor.ended()->name == "a");
  BOOST_TEST(WEXITSTATUS(supervisor.ended()->status) == 78);
  BOOST_TEST(!supervisor.ended()->gave_up);
}

BOOST_AUTO_TEST_CASE(a_crashed_child_is_started_again_and_people_are_told) {
  supervisor.start(shell("a", "exec sleep 60"));
  supervisor.restart_crashed();
  auto first = supervisor.find("a").value();
  ::kill(first.pid, SIGKILL);
  auto again = [&] { return supervisor.find("a") && *supervisor.find("a") != first; };
  BOOST_TEST((supervisor.run(Millis{10'000}, again) == Wake::condition));
  BOOST_REQUIRE(notices.size() == 2U);
  BOOST_TEST(notices[0] == "a was killed by SIGKILL; starting it again in 100ms");
}

BOOST_AUTO_TEST_CASE(a_child_that_keeps_crashing_is_given_up) {
  supervisor.start(shell("a", "exit 3"));
  dev::RestartPolicy quick;
  quick.interval = quick.interval_max = Millis{1};
  quick.quick_crashes_max = 3;
  supervisor.restart_crashed(quick);
  BOOST_TEST((supervisor.run(Millis{10'000}) == Wake::child_ended));
  BOOST_TEST(supervisor.ended()->gave_up);
  BOOST_TEST(std::count_if(notices.begin(), notices.end(), [](const std::string& text) {
               return text.find("runs again") != std::string::npos;
             }) == 3);
}

BOOST_AUTO_TEST_CASE(children_are_stopped_by_order_and_the_deaf_are_killed) {
  std::string log = path("order");
  auto polite = [&](const char* name, int order) {
    auto spec =
        shell(name, std::string{"trap 'echo "} + name + " >> " + log + "; exit 0' TERM; touch " +
                        path(name) + "; while :; do sleep 0.01; done");
    spec.stop_order = order;
    supervisor.start(spec);
  };
  polite("second", 2);
  polite("first", 1);
  auto deaf =
      shell("deaf", "trap '' TERM; touch " + path("deaf") + "; while :; do sleep 0.01; done");
  supervisor.start(deaf);
  auto ready = [&] {
    for (const char* name : {"first", "second", "deaf"})
      if (!std::filesystem::exists(path(name))) return false;
    return true;
  };
  BOOST_REQUIRE((supervisor.run(Millis{10'000}, ready) == Wake::condition));
  auto deaf_process = supervisor.find("deaf").value();
  supervisor.stop_all();
  BOOST_TEST(cli::read_file(log).value_or("") == "first\nsecond\n");
  BOOST_TEST(!dev::alive(deaf_process));
}

BOOST_AUTO_TEST_CASE(a_stop_signal_ends_the_loop_and_a_command_that_takes_too_long_is_killed) {
  BOOST_TEST(supervisor.run_to_end(shell("ok", "exit 5"), Millis{10'000}).value() == 5 << 8);
  BOOST_TEST(!supervisor.run_to_end(shell("long", "exec sleep 60"), Millis{50}).has_value());
  ::kill(::getpid(), SIGTERM);
  BOOST_TEST((supervisor.run(Millis{10'000}) == Wake::stop));
  BOOST_TEST(supervisor.stop_requested());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_executed_is_said_at_once) {
  ChildSpec spec;
  spec.name = "ghost";
  spec.argv = {"/no/such/program"};
  BOOST_CHECK_EXCEPTION(supervisor.start(spec), cli::Failure, [](const cli::Failure& failure) {
    return failure.code() == cli::ExitCode::unavailable &&
           std::string{failure.what()}.find("/no/such/program: No such file") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(the_next_start_stops_what_an_unclean_end_left_and_nothing_else) {
  supervisor.start(shell("left", "exec sleep 60"));
  auto left = supervisor.find("left").value();
  std::string record = cli::read_file(path("processes.json")).value();
  cli::write_file_atomically(path("copy"), record);
  auto stopped = dev::stop_recorded(path("copy"));
  BOOST_TEST(stopped == std::vector<std::string>{"left"}, boost::test_tools::per_element());
  BOOST_TEST(!dev::alive(left));
  // The same number with another start time is somebody else's process.
  cli::write_file_atomically(path("copy"), R"([{"name":"us","pid":)" + std::to_string(::getpid()) +
                                               R"(,"start_time":1,"stop_signal":9}])");
  BOOST_TEST(dev::stop_recorded(path("copy")).empty());
}

BOOST_AUTO_TEST_CASE(the_private_servers_start_in_a_folder_nobody_else_can_reach) {
  dev::DataFolder data{path("data")}; // below a folder with mode 0700, as /root is
  std::string sockets;
  {
    dev::PrivatePostgres postgres{data, supervisor};
    dev::PrivateNats nats{data};
    supervisor.start(postgres.spec());
    supervisor.start(nats.spec());
    BOOST_REQUIRE((supervisor.run(Millis{30'000}, [&] {
      return postgres.ready() && nats.ready();
    }) == Wake::condition));
    postgres.ensure_database();
    postgres.ensure_database(); // twice is once
    sockets = cli::read_file(data.at("socket_folder")).value();
    sockets.pop_back();
    BOOST_TEST(std::filesystem::exists(sockets));
    supervisor.stop_all();
  }
  BOOST_TEST(!std::filesystem::exists(sockets));
  BOOST_CHECK_THROW(dev::DataFolder{path("data")}, cli::Failure); // one at a time
}

BOOST_AUTO_TEST_CASE(postgres_starts_again_after_an_unclean_death) {
  dev::DataFolder data{path("data")};
  {
    dev::PrivatePostgres postgres{data, supervisor};
    supervisor.start(postgres.spec());
    BOOST_REQUIRE(
        (supervisor.run(Millis{30'000}, [&] { return postgres.ready(); }) == Wake::condition));
    postgres.ensure_database();
    auto process = supervisor.find("postgres").value();
    ::kill(process.pid, SIGKILL);
    BOOST_REQUIRE(support::eventually([&] { return !dev::alive(process); }));
    // A number that is alive in the stale pid file must not stop the next start.
    std::string pid_file = data.at("postgres/postmaster.pid");
    std::string content = cli::read_file(pid_file).value();
    cli::write_file_atomically(pid_file, "1" + content.substr(content.find('\n')));
    supervisor.stop("postgres");
  }
  dev::PrivatePostgres postgres{data, supervisor};
  auto spec = postgres.spec();
  spec.name = "postgres again";
  supervisor.restart_crashed(); // the old backends may hold the shared memory for a moment
  supervisor.start(spec);
  BOOST_TEST((supervisor.run(Millis{30'000}, [&] { return postgres.ready(); }) == Wake::condition));
  supervisor.stop_all();
}

BOOST_AUTO_TEST_SUITE_END()
