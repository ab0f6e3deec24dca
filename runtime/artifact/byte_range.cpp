#include "runtime/artifact/byte_range.hpp"

#include <charconv>

namespace troupe::artifact {
namespace {

/// Takes a number off the front.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

} // namespace

std::string to_string(const ContentRange& range) {
  return "bytes " + std::to_string(range.from) + '-' +
         std::to_string(range.from + range.bytes - 1) + '/' + std::to_string(range.whole);
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  if (!take(text, "bytes ")) return std::nullopt;
  const auto first = take_number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  const auto last = take_number(text);
  if (!last || !take(text, "/")) return std::nullopt;
  const auto whole = take_number(text);
  if (!whole || !text.empty() || *last < *first || *last >= *whole) return std::nullopt;
  return ContentRange{*first, *last - *first + 1, *whole};
}

std::string to_string(const ByteRange& range) {
  return "bytes=" + std::to_string(range.first) + '-' +
         (range.last ? std::to_string(*range.last) : "");
}

std::optional<ByteRange> parse_byte_range(std::string_view text) {
  if (!take(text, "bytes=")) return std::nullopt;
  const auto first = take_number(text);
  if (!first || !take(text, "-")) return std::nullopt;
  ByteRange range{*first, std::nullopt};
  if (text.empty()) return range;
  range.last = take_number(text);
  if (!range.last || !text.empty()) return std::nullopt;
  return range;
}

} // namespace troupe::artifact
