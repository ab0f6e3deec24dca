#include "ops/cli/dev/free_port.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

#include "ops/cli/exit_codes.hpp"
#include "tests/support/tcp.hpp"

using namespace troupe;
using dev::free_port, dev::private_ports;
using dev::PortRange;

BOOST_AUTO_TEST_CASE(a_private_port_is_none_that_the_kernel_hands_out) {
  const std::pair<PortRange, PortRange> table[] = {
      {{32'768, 60'999}, {10'000, 32'767}},
      {{11'000, 65'535}, {10'000, 10'999}},
      {{1'024, 50'000}, {50'001, 65'535}},
      {{1'024, 65'535}, {10'000, 65'535}}, // none is left: the least bad
  };
  for (auto [kernels, expected] : table) BOOST_TEST((private_ports(kernels) == expected));
}

BOOST_AUTO_TEST_CASE(a_free_port_is_handed_out_once) {
  std::set<int> ports;
  for (int i = 0; i < 200; ++i) {
    const int port = free_port();
    const PortRange expected = private_ports();
    BOOST_TEST((expected.first <= port && port <= expected.last));
    BOOST_TEST(ports.insert(port).second);
  }
  const auto given = static_cast<std::uint16_t>(*ports.begin());
  BOOST_CHECK_THROW(free_port("127.0.0.1", {given, given}), cli::Failure);
}

BOOST_AUTO_TEST_CASE(a_port_that_somebody_listens_on_is_not_free) {
  const support::TcpListener other;
  const auto port = static_cast<std::uint16_t>(other.port());
  BOOST_CHECK_THROW(free_port("127.0.0.1", {port, port}), cli::Failure);
}
