// The service toolkit heals a real nginx, and leaves alone what is not its own.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <thread>

#include "tests/integration/nginx_patient.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "tests/unit/toolkits/called.hpp"
#include "toolkits/process_table.hpp"

using namespace troupe;
using support::alive, support::children_of, support::eventually;
using test::contains, test::NginxPatient;

namespace {

const std::string web = R"({"service":"web"})";

boost::json::value act(const NginxPatient& patient, const std::string& action) {
  return test::output(patient.catalogue(), "service." + action, web);
}
boost::json::value status(const NginxPatient& patient) { return act(patient, "status"); }
std::string refused(const NginxPatient& patient, const std::string& action) {
  return test::failure(patient.catalogue(), "service." + action, web, ErrorClass::tool_failed);
}

void check_healthy(const NginxPatient& patient) {
  const auto seen = status(patient);
  BOOST_TEST(seen.at("running").as_bool(), seen);
  BOOST_TEST(seen.at("process_alive").as_bool(), seen);
  BOOST_TEST(seen.at("pid").as_int64() == patient.master());
  BOOST_TEST(seen.at("health").at("ok").as_bool(), seen);
  BOOST_TEST(seen.at("health").at("detail").as_string() == "status 200");
  BOOST_TEST(seen.at("port").at("held_by_service").as_bool(), seen);
  BOOST_TEST(seen.at("port").at("held_by").at("process").as_string() == "nginx");
  BOOST_TEST(seen.at("config").at("ok").as_bool(), seen);
  BOOST_TEST(seen.at("processes").as_array().size() >= 2u);
}

/// A stranger that listens on a port; ended with its owner, or with the test.
class Stranger {
 public:
  explicit Stranger(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    // Whoever had the port before may still be ending.
    BOOST_REQUIRE(eventually([&] {
      return ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }));
    ::listen(socket, 8);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (true) ::pause();
    }
    ::close(socket);
  }
  ~Stranger() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

} // namespace

BOOST_AUTO_TEST_SUITE(toolkits_nginx)

BOOST_AUTO_TEST_CASE(a_service_starts_reloads_and_stops_and_a_repeat_changes_nothing) {
  const NginxPatient patient;
  auto seen = status(patient);
  BOOST_TEST(!seen.at("process_alive").as_bool());
  BOOST_TEST(seen.at("pid").is_null());
  BOOST_TEST(seen.at("port").at("held_by").is_null());
  BOOST_TEST(contains(std::string{seen.at("summary").as_string()}, "it does not live"));

  BOOST_TEST(act(patient, "start").at("changed").as_bool());
  check_healthy(patient);
  const auto master = patient.master();
  BOOST_TEST(::getsid(master) != ::getsid(0));
  BOOST_TEST(!act(patient, "start").at("changed").as_bool());
  BOOST_TEST(patient.master() == master);

  const auto workers = children_of(master);
  act(patient, "reload");
  BOOST_TEST(patient.master() == master);
  BOOST_TEST(eventually([&] { return children_of(master) != workers; }));

  BOOST_TEST(act(patient, "stop").at("changed").as_bool());
  BOOST_TEST(!alive(master));
  BOOST_TEST(!act(patient, "stop").at("changed").as_bool());
}

BOOST_AUTO_TEST_CASE(a_service_whose_whole_group_was_killed_is_seen_gone_and_restarted) {
  const NginxPatient patient;
  act(patient, "start");
  const auto master = patient.master();
  ::kill(-master, SIGKILL);
  BOOST_TEST(eventually([&] { return !alive(master); }));
  const auto seen = status(patient);
  BOOST_TEST(!seen.at("process_alive").as_bool());
  BOOST_TEST(!seen.at("health").at("ok").as_bool());
  BOOST_TEST(seen.at("config").at("ok").as_bool());
  const auto restarted = act(patient, "restart");
  BOOST_TEST(restarted.at("changed").as_bool());
  BOOST_TEST(restarted.at("pid").as_int64() == patient.master());
  BOOST_TEST(patient.master() != master);
  check_healthy(patient);
}

BOOST_AUTO_TEST_CASE(workers_that_outlive_their_killed_master_are_ended_by_the_restart) {
  const NginxPatient patient{R"("stop_grace":"2s")"};
  act(patient, "start");
  const auto master = patient.master();
  const auto workers = children_of(master);
  BOOST_REQUIRE(!workers.empty());
  ::kill(master, SIGKILL);
  BOOST_TEST(eventually([&] { return !alive(master); }));
  BOOST_TEST(alive(workers[0]));
  const auto seen = status(patient);
  BOOST_TEST(!seen.at("process_alive").as_bool());
  BOOST_TEST(seen.at("health").at("ok").as_bool()); // it still answers
  BOOST_TEST(seen.at("port").at("held_by_service").as_bool());
  BOOST_TEST(seen.at("port").at("held_by").at("pid").as_int64() == workers[0]);
  BOOST_TEST(contains(refused(patient, "start"), "a former life left `nginx`"));
  act(patient, "restart");
  BOOST_TEST(!alive(workers[0]));
  check_healthy(patient);
}

BOOST_AUTO_TEST_CASE(a_stopped_service_is_seen_hung_and_restarted) {
  const NginxPatient patient{R"("stop_grace":"2s")"};
  act(patient, "start");
  const auto master = patient.master();
  ::kill(-master, SIGSTOP);
  const auto seen = status(patient);
  BOOST_TEST(seen.at("process_alive").as_bool());
  BOOST_TEST(!seen.at("running").as_bool());
  BOOST_TEST(seen.at("process_state").as_string() == "T (stopped)");
  BOOST_TEST(seen.at("health").at("detail").as_string() == "no answer within 1s");
  BOOST_TEST(seen.at("port").at("held_by_service").as_bool());
  BOOST_TEST(contains(refused(patient, "start"), "service.restart may help"));
  act(patient, "restart");
  BOOST_TEST(!alive(master));
  check_healthy(patient);
}

BOOST_AUTO_TEST_CASE(a_service_that_does_not_end_when_asked_is_killed_after_the_grace) {
  // Its stop command says yes and does nothing.
  const NginxPatient patient{R"("stop_grace":"300ms","stop":["true"])"};
  act(patient, "start");
  const auto master = patient.master();
  const auto stages = act(patient, "restart").at("stages").as_array();
  BOOST_TEST(!alive(master));
  BOOST_TEST(
      contains(std::string{stages.at(2).at("detail").as_string()}, "processes killed after 300ms"));
  check_healthy(patient);
}

BOOST_AUTO_TEST_CASE(a_port_held_by_a_stranger_fails_the_restart_and_spares_him) {
  const NginxPatient patient;
  act(patient, "start");
  const auto master = patient.master();
  ::kill(-master, SIGKILL);
  BOOST_TEST(eventually([&] { return !alive(master); }));
  const auto own_name = toolkits::executable_of(::getpid()); // a fork of this program
  const Stranger stranger{patient.port()};
  BOOST_TEST(eventually([&] { return status(patient).at("port").at("held_by").is_object(); }));
  const auto seen = status(patient);
  BOOST_TEST(seen.at("port").at("held_by").at("pid").as_int64() == stranger.pid());
  BOOST_TEST(seen.at("port").at("held_by").at("process").as_string() == own_name);
  BOOST_TEST(!seen.at("port").at("held_by_service").as_bool());
  BOOST_TEST(!seen.at("process_alive").as_bool());
  for (auto action : {"restart", "start"}) {
    const auto text = refused(patient, action);
    BOOST_TEST(contains(text, "failed at stage `port`: port " + std::to_string(patient.port()) +
                                  " is held by " + own_name + " (pid " +
                                  std::to_string(stranger.pid()) + ")"),
               text);
  }
  BOOST_TEST(alive(stranger.pid()));
}

BOOST_AUTO_TEST_CASE(another_nginx_on_the_port_is_a_stranger_too) {
  const NginxPatient patient;
  NginxPatient twin{"", patient.port()};
  act(twin, "start");
  const auto master = twin.master();
  BOOST_TEST(contains(refused(patient, "restart"), "is held by nginx (pid"));
  BOOST_TEST(alive(master));
  check_healthy(twin);
}

BOOST_AUTO_TEST_CASE(a_broken_configuration_is_seen_and_a_running_service_is_not_stopped) {
  const NginxPatient patient;
  act(patient, "start");
  const auto master = patient.master();
  patient.configure("return 200 ok; no_such_directive on;");
  const auto seen = status(patient);
  BOOST_TEST(!seen.at("config").at("ok").as_bool());
  BOOST_TEST(contains(std::string{seen.at("config").at("detail").as_string()},
                      "unknown directive \"no_such_directive\""));
  const auto text = refused(patient, "restart");
  BOOST_TEST(contains(text, "restart failed at stage `check`: the configuration is broken"), text);
  BOOST_TEST(contains(text, "no_such_directive"), text);
  BOOST_TEST(contains(text, "nothing was stopped"), text);
  BOOST_TEST(contains(refused(patient, "reload"), "failed at stage `check`"));
  BOOST_TEST(alive(master));
  BOOST_TEST(status(patient).at("health").at("ok").as_bool());

  act(patient, "stop");
  BOOST_TEST(contains(refused(patient, "start"), "start failed at stage `check`"));
  patient.configure("return 200 ok;");
  act(patient, "start");
  check_healthy(patient);
}

BOOST_AUTO_TEST_CASE(a_service_that_lost_its_pid_file_is_still_known_and_restarted) {
  const NginxPatient patient{R"("stop_grace":"2s")"};
  act(patient, "start");
  const auto master = patient.master();
  std::filesystem::remove(patient.pid_file());
  const auto seen = status(patient);
  BOOST_TEST(!seen.at("process_alive").as_bool());
  BOOST_TEST(seen.at("port").at("held_by_service").as_bool());
  act(patient, "restart");
  BOOST_TEST(!alive(master));
  check_healthy(patient);
}

BOOST_AUTO_TEST_CASE(a_start_that_never_becomes_healthy_says_what_is_missing) {
  const NginxPatient patient{R"("start_timeout":"1s")"};
  patient.configure("return 500;");
  const auto text = refused(patient, "start");
  BOOST_TEST(contains(text,
                      "start failed at stage `health`: not ready within 1s: it is not "
                      "healthy: status 500"),
             text);
  BOOST_TEST(alive(patient.master())); // it was started, and is left for a look
}

BOOST_AUTO_TEST_CASE(two_restarts_at_once_take_turns) {
  const NginxPatient patient;
  act(patient, "start");
  Result<JsonText> other;
  {
    const std::jthread second{
        [&] { other = test::call(patient.catalogue(), "service.restart", web); }};
    act(patient, "restart");
  }
  BOOST_TEST(other.ok());
  check_healthy(patient);
  BOOST_TEST(status(patient).at("processes").as_array().size() == 2u); // one master, one worker
}

BOOST_AUTO_TEST_CASE(a_service_outlives_the_process_that_started_it) {
  const NginxPatient patient;
  const pid_t caller = ::fork();
  if (caller == 0) {
    const auto& catalogue = patient.catalogue();
    const auto started = toolkits::call_checked(
        *catalogue.toolkits.at(0), *catalogue.find("service.start"),
        {"service.start", JsonText{web}, "key-1", "job-1", Millis{60'000}}, {});
    ::_exit(started ? 0 : 1);
  }
  int how = -1;
  ::waitpid(caller, &how, 0);
  BOOST_REQUIRE(how == 0);
  check_healthy(patient);
}

BOOST_AUTO_TEST_SUITE_END()
