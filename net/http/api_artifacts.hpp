// The endpoints of artifacts.
#pragma once
#include <optional>
#include <string_view>

#include "net/http/router.hpp"
#include "runtime/ports/artifacts.hpp"
#include "runtime/ports/operations.hpp"

namespace troupe::http {

/// Both outlive the server. `operations` tells whether there is a run.
void add_artifacts(Router& router, ports::ArtifactDesk& desk, ports::Operations& operations);

/// "bytes 0-1048575/5000000": what a body is of the whole. Nothing: another form, or more bytes
/// than there are.
struct ContentRange {
  std::uint64_t from = 0, bytes = 0, whole = 0;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

/// "bytes=0-1048575", "bytes=5-": the first and the last byte asked for. Nothing: another form.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};
std::optional<ByteRange> parse_byte_range(std::string_view text);

} // namespace troupe::http
