// Where a job may reach on the network: URLs taken apart, and the list an administrator allows.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/result.hpp"

namespace troupe::toolkits {

/// An IP address; an IPv4 one stands in its IPv6 form, ::ffff:a.b.c.d.
using Address = std::array<std::uint8_t, 16>;

/// "127.0.0.1", "::1". Nothing for a name, and for the odd spellings of an address (127.1, 0x7f.1)
/// that some resolvers accept.
std::optional<Address> parse_address(std::string_view text);

struct UrlTarget {
  std::string host; // lower case, an IPv6 address without its brackets
  std::uint16_t port = 0;
};

/// Takes an http or https URL apart. invalid_input for anything that two readers could read
/// differently: a user name, a backslash, a space, an escape in the host.
Result<UrlTarget> parse_url(std::string_view url);

/// Names and address ranges. A host given as an address is measured by the ranges, a host given as
/// a name by the names: a name is never resolved to decide.
class AllowList {
 public:
  /// "10.0.0.0/8", "::1", "localhost", "*.example.org" (not example.org itself), "*" (anything).
  /// Gives why `entry` is none of these, or nothing.
  std::string add(std::string_view entry);
  bool allows(std::string_view host) const;

 private:
  struct Range {
    Address base{};
    unsigned bits = 0;
  };
  bool anything_ = false;
  std::vector<Range> ranges_;
  std::vector<std::string> names_; // lower case; a leading "*." stands for any sub-domain
};

} // namespace troupe::toolkits
