// Identity. Every id is a UUIDv7 (RFC 9562): ordered by time, made on any node without asking
// another.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/clock.hpp"

namespace troupe {

template <class Tag>
struct Id {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Id&, const Id&) = default;
  /// False for the all-zero id, which names nothing.
  explicit operator bool() const { return *this != Id{}; }
};

using JobId = Id<struct JobTag>;
using RunId = Id<struct RunTag>;
using MessageId = Id<struct MessageTag>;
using AppendId = Id<struct AppendTag>; // one append of the journal, told apart from a rival's
using IncarnationId = Id<struct IncarnationTag>; // one start of a node
using NonceId = Id<struct NonceTag>;             // one `reserve` of an executor

using Seq = std::uint64_t;           // place of an append in its run's journal, from 0
using Epoch = std::uint64_t;         // counts a run's owners, from 1
using AttemptNumber = std::uint32_t; // counts attempts through a whole run, from 1

namespace detail {
std::string format_uuid(const std::array<std::uint8_t, 16>& bytes);
std::optional<std::array<std::uint8_t, 16>> parse_uuid(std::string_view text);
} // namespace detail

/// 36 characters, lower case: "0190f3a1-....".
template <class Tag>
std::string to_string(const Id<Tag>& id) {
  return detail::format_uuid(id.bytes);
}

/// parse_id<RunId>("0190f3a1-..."). Nothing if `text` is not the 36 characters of a UUID.
template <class IdType>
std::optional<IdType> parse_id(std::string_view text) {
  auto bytes = detail::parse_uuid(text);
  if (!bytes) return std::nullopt;
  return IdType{*bytes};
}

/// Where ids, nonces and jitter come from, so that a simulation can replay them from a seed.
/// Not thread-safe: each owner (an actor, a test) has its own.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual std::uint64_t next() = 0; // 64 uniform bits

  template <class IdType>
  IdType make_id(Instant now) {
    return IdType{uuid_v7(now)};
  }
  double uniform(); // in [0, 1)

 private:
  std::array<std::uint8_t, 16> uuid_v7(Instant now);
};

/// Seeded from the operating system.
class SystemEntropy final : public Entropy {
 public:
  SystemEntropy();
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 4> state_{};
};

/// The same numbers for the same seed, on every platform (xoshiro256**, seeded by splitmix64).
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed);
  std::uint64_t next() override;

 private:
  std::array<std::uint64_t, 4> state_{};
};

} // namespace troupe

template <class Tag>
struct std::hash<troupe::Id<Tag>> {
  std::size_t operator()(const troupe::Id<Tag>& id) const noexcept {
    std::size_t h = 1469598103934665603ULL;
    for (auto b : id.bytes) h = (h ^ b) * 1099511628211ULL;
    return h;
  }
};
