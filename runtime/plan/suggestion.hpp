// "did you mean": the nearest known word to one that is not known.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace troupe::plan {

/// The candidate that takes the fewest letters inserted, dropped, changed or swapped to become
/// `word`, if they are few for its length; "" otherwise.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// "; did you mean `retry`?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// "`a`, `b` or `c`"; "" for an empty list.
std::string one_of(const std::vector<std::string>& words);

} // namespace troupe::plan
