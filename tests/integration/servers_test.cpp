// The servers that other tests stand on do what their headers say.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "tests/support/eventually.hpp"
#include "tests/support/nats_server.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/sql.hpp"

using namespace troupe::support;

BOOST_AUTO_TEST_SUITE(servers)

BOOST_AUTO_TEST_CASE(a_program_that_does_not_exist_is_refused_with_its_name) {
  ChildOptions options;
  options.argv = {"no-such-program-of-troupe"};
  BOOST_CHECK_EXCEPTION(ChildProcess{options}, std::runtime_error, [](const auto& error) {
    return std::string{error.what()} ==
           "cannot start no-such-program-of-troupe: No such file or directory";
  });
}

BOOST_AUTO_TEST_CASE(a_child_takes_its_group_with_it_and_reports_how_it_ended) {
  ChildOptions options;
  options.argv = {"sh", "-c", "sleep 600 & exec sleep 600"};
  pid_t grandchild = 0;
  {
    ChildProcess child{options};
    BOOST_REQUIRE(eventually([&] { return !children_of(child.pid()).empty(); }));
    grandchild = children_of(child.pid()).front();
    BOOST_TEST(child.running());
    BOOST_TEST(!child.wait(std::chrono::milliseconds{1}).has_value());
  }
  BOOST_TEST(eventually([&] { return !alive(grandchild); }));

  options.argv = {"sh", "-c", "exit 3"};
  ChildProcess failing{options};
  const auto status = failing.wait();
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST(WEXITSTATUS(*status) == 3);
}

// A child that is not told to stop still ends when the process that started it is killed.
BOOST_AUTO_TEST_CASE(a_child_dies_with_the_process_that_started_it) {
  int pids[2];
  BOOST_REQUIRE(pipe(pids) == 0);
  const pid_t middle = fork();
  if (middle == 0) {
    ChildOptions options;
    options.argv = {"sleep", "600"};
    ChildProcess child{options};
    const pid_t pid = child.pid();
    if (write(pids[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    pause();
    _exit(0);
  }
  pid_t child = 0;
  BOOST_REQUIRE(read(pids[0], &child, sizeof child) == static_cast<ssize_t>(sizeof child));
  BOOST_TEST(alive(child));
  kill(middle, SIGKILL);
  waitpid(middle, nullptr, 0);
  BOOST_TEST(eventually([&] { return !alive(child); }));
  close(pids[0]);
  close(pids[1]);
}

BOOST_AUTO_TEST_CASE(postgres_keeps_what_it_committed_through_a_kill) {
  PostgresServer server;
  const auto url = server.create_database();
  Sql{url}.run("CREATE TABLE t (n int); INSERT INTO t VALUES (7)");
  server.kill();
  BOOST_CHECK_THROW(Sql{url}, std::runtime_error);
  server.start();
  BOOST_TEST(Sql{url}.value("SELECT n FROM t") == "7");
  server.stop();
  BOOST_CHECK_THROW(Sql{url}, std::runtime_error);
  server.start();
  BOOST_TEST(Sql{url}.value("SELECT n FROM t") == "7");
}

BOOST_AUTO_TEST_CASE(a_paused_postgres_answers_when_it_is_resumed) {
  PostgresServer server;
  Sql sql{server.url()};
  server.pause();
  sql.send("SELECT 1");
  server.resume();
  BOOST_TEST(sql.finish().at(0).at(0) == "1");
}

BOOST_AUTO_TEST_CASE(nats_keeps_its_port_through_a_restart) {
  NatsServer server;
  const int port = server.port();
  BOOST_TEST(port > 0);
  server.kill();
  server.start();
  BOOST_TEST(server.port() == port);
  BOOST_TEST(server.url() == "nats://127.0.0.1:" + std::to_string(port));
}

BOOST_AUTO_TEST_CASE(nats_that_cannot_start_says_why) {
  BOOST_CHECK_EXCEPTION(NatsServer{"no_such_option { }}"}, std::runtime_error,
                        [](const auto& error) {
                          return std::string{error.what()}.find("nats.conf") != std::string::npos;
                        });
}

BOOST_AUTO_TEST_SUITE_END()
