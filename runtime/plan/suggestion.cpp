#include "runtime/plan/suggestion.hpp"

#include <algorithm>

namespace troupe::plan {
namespace {

/// Damerau-Levenshtein distance, each pair of letters swapped at most once.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before, previous(b.size() + 1), current(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = a[i - 1] == b[j - 1] ? 0 : 1;
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before = previous;
    std::swap(previous, current);
  }
  return previous[b.size()];
}

} // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t longest = 64; // names; anything longer is no slip of the finger
  if (word.size() > longest) return "";
  std::string best;
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    if (candidate.size() > longest) continue;
    const auto edits = distance(word, candidate);
    if (edits < fewest && edits < candidate.size()) fewest = edits, best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const auto known = nearest(word, candidates);
  return known.empty() ? "" : "; did you mean `" + known + "`?";
}

std::string did_you_mean_or_list(std::string_view word,
                                 const std::vector<std::string>& candidates) {
  constexpr std::size_t listed_max = 12;
  auto near = did_you_mean(word, candidates);
  if (!near.empty() || candidates.size() > listed_max) return near;
  return candidates.empty() ? "; it has none" : "; it has " + one_of(candidates);
}

std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += '`' + words[i] + '`';
  }
  return text;
}

} // namespace troupe::plan
