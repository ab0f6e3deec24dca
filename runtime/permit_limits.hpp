// Bounds of keyed limits. The rest of the bounds stands in runtime/limits.hpp.
#pragma once
#include <cstddef>

#include "runtime/clock.hpp"
#include "runtime/limits.hpp"

namespace troupe::limits {

/// Of a key, and of a rule's. A step whose key is longer fails, invalid_input.
inline constexpr std::size_t limit_key_bytes_max = 200;
/// That a step may name.
inline constexpr std::size_t limit_keys_max = 8;
/// Different sets of keys, with priority, in one ask; the rest waits for the next.
inline constexpr std::size_t permit_claims_max = 1'024;
/// While steps wait for a permit of another node, and while permits are only used.
inline constexpr Millis permit_poll_interval{100};
inline constexpr Millis permit_refresh_interval{250};
/// Where steps may get a permit and have waited for a slot.
inline constexpr Millis permit_stir_interval{10};
/// After an ask that failed.
inline constexpr Millis permit_retry_interval{500};
/// A node that has not asked for so long reserves nothing for what it claimed.
inline constexpr Millis permit_claim_lasts{1'000};
/// For which the permits of a node that is gone still count.
inline constexpr Millis permit_grace{2'000};
static_assert(permit_poll_interval < permit_refresh_interval);
static_assert(2 * permit_refresh_interval < permit_claim_lasts);

} // namespace troupe::limits
