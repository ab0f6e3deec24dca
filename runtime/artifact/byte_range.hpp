// Parts of an artifact as HTTP names them (RFC 9110, 14). Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troupe::artifact {

/// Content-Range: what a body is of the whole.
struct ContentRange {
  std::uint64_t from = 0, bytes = 0, whole = 0;
};
std::string to_string(const ContentRange& range); // "bytes 0-1048575/5000000"; bytes > 0
/// Nothing: another form, or more bytes than there are.
std::optional<ContentRange> parse_content_range(std::string_view text);

/// Range: the first and the last byte asked for; without a last one, all that there are.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;
};
std::string to_string(const ByteRange& range); // "bytes=0-1048575", "bytes=5-"
/// Nothing: another form.
std::optional<ByteRange> parse_byte_range(std::string_view text);

} // namespace troupe::artifact
