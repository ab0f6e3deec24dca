// Structured logs: one JSON object per line. spdlog stands behind this page; nothing else includes
// it.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "runtime/ids.hpp"

namespace troupe::log {

enum class Level : std::uint8_t { debug, info, warn, error };

/// One field. Text is escaped; numbers and booleans are written as such. Text is borrowed for the
/// call, and nothing is formatted unless the line is written.
struct Field {
  using Uuid = std::array<std::uint8_t, 16>;

  std::string_view name;
  std::variant<std::string_view, bool, std::int64_t, std::uint64_t, double, Uuid> value;

  Field(std::string_view n, std::string_view v) : name{n}, value{v} {}
  Field(std::string_view n, const char* v) : name{n}, value{std::string_view{v}} {}
  Field(std::string_view n, const std::string& v) : name{n}, value{std::string_view{v}} {}
  Field(std::string_view n, bool v) : name{n}, value{v} {}
  Field(std::string_view n, std::floating_point auto v) : name{n}, value{double{v}} {}
  Field(std::string_view n, std::signed_integral auto v) : name{n}, value{std::int64_t{v}} {}
  template <std::unsigned_integral N>
  requires(!std::is_same_v<N, bool>) Field(std::string_view n, N v)
      : name{n}, value{std::uint64_t{v}} {}
  template <class Tag>
  Field(std::string_view n, const Id<Tag>& v) : name{n}, value{v.bytes} {}
};

using Fields = std::initializer_list<Field>;

/// Called once, before the first line. `node` stands in every line; `path` empty: standard error.
/// Returns false, and keeps standard error, if the file cannot be opened.
bool start(std::string_view node, Level level, const std::string& path);

/// Thread-safe, never throws. `event` is a dotted name: "step.retry". A field `run` brings its
/// `trace_id` along.
///   {"timestamp":"2026-11-20T18:46:51.123Z","level":"warn","node":"n1","message":"step.retry","run":"..."}
void write(Level level, std::string_view event, Fields fields);

inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::error, event, fields);
}

} // namespace troupe::log
