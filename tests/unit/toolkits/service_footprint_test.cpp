#include "toolkits/service/footprint.hpp"

#include <boost/test/unit_test.hpp>

using namespace troupe;
using namespace troupe::service;

namespace {

/// A machine drawn by hand.
struct Machine {
  Settings service;
  Snapshot snapshot;

  Machine() {
    service.name = "web";
    service.start = {"nginx", "-c", "/etc/web.conf"};
    service.pid_file = "/run/web.pid";
    service.process = "nginx";
    service.port = std::uint16_t{80};
    add(1, 0, 1, 1, "systemd", "systemd");
  }

  Machine& add(pid_t pid, pid_t parent, pid_t group, pid_t session, const char* executable,
               std::string command_line, char state = 'S') {
    SeenProcess one;
    one.process.pid = pid;
    one.process.parent = parent;
    one.process.group = group;
    one.process.session = session;
    one.process.state = state;
    one.process.name = executable;
    one.executable = executable;
    one.command_line = std::move(command_line);
    snapshot.processes[pid] = one;
    return *this;
  }
  /// A daemonised nginx: the master leads a session, its workers stand below it.
  Machine& nginx(pid_t master, const std::string& started_by = "nginx -c /etc/web.conf") {
    add(master, 1, master, master, "nginx", "nginx: master process " + started_by);
    return add(master + 1, master, master, master, "nginx", "nginx: worker process");
  }
  Machine& orphaned_worker(pid_t pid, pid_t former_master) {
    return add(pid, 1, former_master, former_master, "nginx", "nginx: worker process");
  }
  Machine& recorded(pid_t pid) {
    snapshot.recorded = pid;
    return *this;
  }
  Machine& port_held_by(std::vector<pid_t> pids) {
    snapshot.port.listeners.push_back({1, 33, "0.0.0.0"});
    snapshot.port.pids = std::move(pids);
    return *this;
  }

  Footprint judged() const { return judge(service, snapshot); }
};

std::string pids(const std::vector<Process>& processes) {
  std::string text;
  for (const auto& process : processes) text += std::to_string(process.pid) + ' ';
  return text;
}
std::string own(const Machine& machine) { return pids(machine.judged().processes); }
std::string strangers(const Machine& machine) { return describe_strangers(machine.judged()); }

} // namespace

BOOST_AUTO_TEST_SUITE(service_footprint)

BOOST_AUTO_TEST_CASE(a_living_service_is_its_main_process_and_its_family) {
  const auto seen = Machine{}.nginx(100).recorded(100).port_held_by({100, 101}).judged();
  BOOST_REQUIRE(seen.main.has_value());
  BOOST_TEST(seen.main->pid == 100);
  BOOST_TEST(pids(seen.processes) == "100 101 ");
  BOOST_TEST(seen.port_held_by_service);
  BOOST_TEST(seen.strangers.empty());
}

BOOST_AUTO_TEST_CASE(children_with_a_session_of_their_own_are_not_counted) {
  Machine machine; // like the sessions of users below an sshd
  machine.nginx(100).recorded(100).add(150, 100, 150, 150, "nginx", "nginx");
  BOOST_TEST(own(machine) == "100 101 ");
}

BOOST_AUTO_TEST_CASE(workers_without_a_master_are_known_by_its_group) {
  Machine machine;
  machine.orphaned_worker(101, 100).recorded(100).port_held_by({101});
  const auto seen = machine.judged();
  BOOST_TEST(!seen.main.has_value());
  BOOST_TEST(seen.main_note == "pid 100 of the pid file is gone");
  BOOST_TEST(pids(seen.processes) == "101 ");
  BOOST_TEST(seen.port_held_by_service);
}

BOOST_AUTO_TEST_CASE(a_master_that_nobody_collected_is_gone) {
  Machine machine;
  machine.nginx(100).recorded(100);
  machine.snapshot.processes[100].process.state = 'Z';
  BOOST_TEST(!machine.judged().main.has_value());
  BOOST_TEST(own(machine) == "101 ");
}

BOOST_AUTO_TEST_CASE(workers_without_master_or_pid_file_are_known_by_port_and_program) {
  Machine machine;
  machine.orphaned_worker(101, 100).port_held_by({101});
  BOOST_TEST(own(machine) == "101 ");
  BOOST_TEST(machine.judged().port_held_by_service);
}

BOOST_AUTO_TEST_CASE(a_reused_pid_is_a_stranger) {
  Machine machine;
  machine.add(100, 1, 100, 100, "bash", "bash").add(102, 100, 100, 100, "vim", "vim");
  machine.recorded(100);
  const auto seen = machine.judged();
  BOOST_TEST(!seen.main.has_value());
  BOOST_TEST(seen.main_note == "pid 100 of the pid file is `bash` now, a stranger");
  BOOST_TEST(seen.processes.empty());
}

BOOST_AUTO_TEST_CASE(without_a_program_name_a_younger_process_is_a_stranger) {
  Machine machine;
  machine.service.process.clear();
  machine.service.port.reset();
  machine.add(100, 1, 100, 100, "bash", "").recorded(100);
  const auto started = toolkits::started_at(machine.snapshot.processes[100].process);
  machine.snapshot.recorded_at = started;
  BOOST_TEST(machine.judged().main.has_value());
  machine.snapshot.recorded_at = started - 60;
  BOOST_TEST(!machine.judged().main.has_value());
}

BOOST_AUTO_TEST_CASE(what_is_left_of_a_group_must_execute_the_service) {
  Machine machine;
  machine.add(101, 1, 100, 100, "python3", "python3").recorded(100);
  BOOST_TEST(own(machine) == "");
}

BOOST_AUTO_TEST_CASE(another_program_on_the_port_is_a_stranger) {
  Machine machine;
  machine.add(200, 1, 200, 200, "python3", "python3").port_held_by({200});
  BOOST_TEST(own(machine) == "");
  BOOST_TEST(strangers(machine) == "python3 (pid 200)");
  BOOST_TEST(!machine.judged().port_held_by_service);
  machine.nginx(100).recorded(100);
  BOOST_TEST(own(machine) == "100 101 ");
  BOOST_TEST(strangers(machine) == "python3 (pid 200)");
}

BOOST_AUTO_TEST_CASE(a_twin_of_the_service_is_a_stranger) {
  Machine beside; // another nginx took the port while ours lives
  beside.nginx(100).recorded(100).nginx(200, "nginx -c /etc/other.conf").port_held_by({200, 201});
  BOOST_TEST(own(beside) == "100 101 ");
  BOOST_TEST(strangers(beside) == "nginx (pid 200), nginx (pid 201)");

  Machine instead; // or while ours is gone
  instead.recorded(100).nginx(200, "nginx -c /etc/other.conf").port_held_by({200, 201});
  BOOST_TEST(own(instead) == "");
  BOOST_TEST(strangers(instead) == "nginx (pid 200), nginx (pid 201)");

  Machine orphans; // even what is left of one, if that one is catalogued
  orphans.recorded(100).orphaned_worker(201, 200).port_held_by({201});
  orphans.snapshot.others = {200};
  BOOST_TEST(own(orphans) == "");
  BOOST_TEST(strangers(orphans) == "nginx (pid 201)");
}

BOOST_AUTO_TEST_CASE(a_service_that_lost_its_pid_file_is_known_by_its_command_line) {
  Machine machine;
  machine.nginx(200).port_held_by({200, 201});
  BOOST_TEST(own(machine) == "200 201 ");
  Machine plain; // without a title of its own
  plain.add(200, 1, 200, 200, "nginx", "nginx -c /etc/web.conf").port_held_by({200});
  BOOST_TEST(own(plain) == "200 ");
  Machine longer;
  longer.add(200, 1, 200, 200, "nginx", "nginx -c /etc/web.conf -g more").port_held_by({200});
  BOOST_TEST(own(longer) == "");
}

BOOST_AUTO_TEST_CASE(without_a_pid_file_the_holder_of_the_port_is_the_main_process) {
  Machine machine;
  machine.service.pid_file.clear();
  machine.nginx(100).port_held_by({100, 101});
  const auto seen = machine.judged();
  BOOST_REQUIRE(seen.main.has_value());
  BOOST_TEST(seen.main->pid == 100);
  BOOST_TEST(pids(seen.processes) == "100 101 ");
  Machine none;
  none.service.pid_file.clear();
  BOOST_TEST(none.judged().main_note == "nobody of `nginx` holds port 80");
}

BOOST_AUTO_TEST_CASE(a_holder_who_may_not_be_seen_is_said_to_be_so) {
  Machine machine;
  machine.port_held_by({});
  const auto seen = machine.judged();
  BOOST_REQUIRE(seen.hidden_stranger.has_value());
  BOOST_TEST(*seen.hidden_stranger == 33u);
  BOOST_TEST(!seen.port_held_by_service);
  BOOST_TEST(strangers(machine) == "a process of user 33 that may not be seen from here");
}

BOOST_AUTO_TEST_CASE(a_program_that_may_not_be_read_is_known_by_its_short_name) {
  Machine machine;
  machine.service.process = "a-very-long-server-name";
  machine.add(100, 1, 100, 100, "", "").recorded(100);
  machine.snapshot.processes[100].process.name = "a-very-long-ser";
  BOOST_TEST(machine.judged().main.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
