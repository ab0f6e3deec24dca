// "did you mean": the nearest known word to one that is not known.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace troupe::plan {

/// Where thousands of words may be wrong and thousands are known, nobody reads more suggestions
/// than this, and looking for them costs time.
inline constexpr std::size_t suggestions_max = 100;

/// The candidate that takes the fewest letters inserted, dropped, changed or swapped to become
/// `word`, if they are few for its length; "" otherwise.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean `retry`?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// did_you_mean(); when nothing is near "; it has `a`, `b` or `c`", if they are few enough to list.
std::string did_you_mean_or_list(std::string_view word, const std::vector<std::string>& candidates);

/// "`a`, `b` or `c`"; "" for an empty list.
std::string one_of(const std::vector<std::string>& words);

} // namespace troupe::plan
