#include "toolkits/process_table.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <chrono>

#include "tests/support/child_process.hpp"
#include "tests/support/eventually.hpp"
#include "toolkits/unique_fd.hpp"

using namespace troupe::toolkits;
using troupe::support::eventually;

namespace {

std::string program_name() {
  const std::string path = boost::unit_test::framework::master_test_suite().argv[0];
  return path.substr(path.rfind('/') + 1);
}

/// A child that waits for signals, ended with its owner.
struct Sleeper {
  pid_t pid = ::fork();
  Sleeper() {
    if (pid != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (true) ::pause();
  }
  ~Sleeper() {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
};

constexpr std::string_view table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "101 1\n"
    "   1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 "
    "102 1\n"
    "   2: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 "
    "103 1\n"
    "   3: 0200007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 "
    "104 1\n"
    "   4: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000     0        0 105 1\n"
    "  bad line\n";

std::string inodes(std::uint16_t port, std::string_view address) {
  std::string text;
  for (const auto& listener : parse_listeners(table, port, address))
    text += listener.address + '=' + std::to_string(listener.inode) + ' ';
  return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(process_table)

BOOST_AUTO_TEST_CASE(a_name_may_hold_anything) {
  const auto process =
      parse_stat("42 (a) S (b) T 7 42 41 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2 3\n");
  BOOST_REQUIRE(process.has_value());
  BOOST_TEST(process->pid == 42);
  BOOST_TEST(process->name == "a) S (b");
  BOOST_TEST(process->state == 'T');
  BOOST_TEST(process->parent == 7);
  BOOST_TEST(process->group == 42);
  BOOST_TEST(process->session == 41);
  BOOST_TEST(process->started == 98765u);
  for (auto text : {"", "42", "42 (x", "42 (x) S 1", ") 1 (",
                    "x (y) S 1 1 1 0 0 0 0 0 0 0 0 0 0 "
                    "0 0 0 0 0 0 1"})
    BOOST_TEST(!parse_stat(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(only_listeners_that_are_in_the_way_count) {
  BOOST_TEST(inodes(8080, "") == "127.0.0.1=101 127.0.0.2=104 ::1=105 ");
  BOOST_TEST(inodes(8080, "127.0.0.1") == "127.0.0.1=101 ");
  BOOST_TEST(inodes(8080, "0.0.0.0") == "127.0.0.1=101 127.0.0.2=104 ::1=105 ");
  BOOST_TEST(inodes(8080, "::1") == "::1=105 ");
  BOOST_TEST(inodes(8081, "127.0.0.1") == "0.0.0.0=103 ");
  BOOST_TEST(inodes(8082, "") == "");
  BOOST_TEST(parse_listeners(table, 8081, "")[0].user == 33u);
}

BOOST_AUTO_TEST_CASE(this_process_finds_itself) {
  const auto self = find_process(::getpid());
  BOOST_REQUIRE(self.has_value());
  BOOST_TEST(self->parent == ::getppid());
  BOOST_TEST(self->group == ::getpgrp());
  BOOST_TEST(executable_of(::getpid()) == program_name());
  BOOST_TEST(command_line_of(::getpid()).find(program_name()) != std::string::npos);
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  BOOST_TEST(started_at(*self) <= now + 2);
  BOOST_TEST(started_at(*self) > now - 3600);
  bool listed = false;
  for (const auto& process : all_processes()) listed |= process.pid == ::getpid();
  BOOST_TEST(listed);
  BOOST_TEST(!find_process(0).has_value());
  BOOST_TEST(!find_process(-1).has_value());
}

BOOST_AUTO_TEST_CASE(a_state_is_seen_and_named) {
  const Sleeper child;
  ::kill(child.pid, SIGSTOP);
  BOOST_TEST(eventually([&] { return find_process(child.pid)->stopped(); }));
  BOOST_TEST(describe_state(find_process(child.pid)->state) == "T (stopped)");
  ::kill(child.pid, SIGKILL);
  BOOST_TEST(eventually([&] { return find_process(child.pid)->ended(); })); // not yet collected
}

BOOST_AUTO_TEST_CASE(a_signal_never_reaches_another_process_with_the_same_pid) {
  const Sleeper child;
  auto other = *find_process(child.pid);
  other.started -= 1;
  BOOST_TEST(!signal_process(other, SIGKILL));
  BOOST_TEST(troupe::support::alive(child.pid));
  BOOST_TEST(signal_process(*find_process(child.pid), SIGKILL));
  BOOST_TEST(eventually([&] { return !troupe::support::alive(child.pid); }));
}

BOOST_AUTO_TEST_CASE(the_holder_of_a_port_is_found) {
  const UniqueFd socket{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  const auto port = ntohs(address.sin_port);
  BOOST_TEST(!find_port_holders(port, "").held());
  BOOST_REQUIRE(::listen(socket.get(), 1) == 0);
  const auto holders = find_port_holders(port, "127.0.0.1");
  BOOST_REQUIRE(holders.pids.size() == 1u);
  BOOST_TEST(holders.pids[0] == ::getpid());
  BOOST_TEST(!holders.hidden());
  const Sleeper heir; // inherits the socket
  BOOST_TEST(find_port_holders(port, "").pids.size() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
