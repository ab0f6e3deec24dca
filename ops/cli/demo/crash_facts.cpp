#include "ops/cli/demo/crash_facts.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <sstream>

#include "ops/cli/view/json_reading.hpp"
#include "runtime/json_value.hpp"

namespace troupe::demo {

void CrashWatch::read(const boost::json::value& event) {
  const auto type = view::text(event, "type"), step = view::text(event, "step");
  const auto at = view::instant(event, "at").value_or(Instant{});
  if (type == "attempt.assigned")
    assigned_.push_back({step, view::text(event, "node"), view::number(event, "attempt"), at});
  if (type == "run.adopted") adopted_.push_back(at);
  if (type == "activity.unknown") {
    ++unknown_;
    unknowns_.emplace_back(step, view::text(event, "tool"));
  }
  if (type == "step.completed" && view::number(event, "attempt") > 0) {
    ++completed_;
    ended_.insert(view::number(event, "attempt"));
    if (completions_[step]++ > 0) ++repeated_;
  }
}

std::optional<CrashWatch::Assigned> CrashWatch::next_boundary() {
  for (; boundaries_ < assigned_.size(); ++boundaries_) {
    const auto& candidate = assigned_[boundaries_];
    const bool known =
        std::any_of(assigned_.begin(), assigned_.begin() + static_cast<std::ptrdiff_t>(boundaries_),
                    [&](const auto& earlier) { return earlier.step == candidate.step; });
    if (!known) return assigned_[boundaries_++];
  }
  return std::nullopt;
}

std::optional<Instant> CrashWatch::assigned_after(const Assigned& boundary) const {
  for (const auto& one : assigned_)
    if (one.step == boundary.step && one.attempt > boundary.attempt) return one.at;
  return std::nullopt;
}

std::optional<Instant> CrashWatch::adopted_after(Instant time) const {
  const auto found = std::upper_bound(adopted_.begin(), adopted_.end(), time);
  if (found == adopted_.end()) return std::nullopt;
  return *found;
}

std::optional<std::pair<std::string, std::string>> CrashWatch::next_unknown() {
  if (told_ == unknowns_.size()) return std::nullopt;
  return unknowns_[told_++];
}

std::map<std::string, unsigned> count_entries(const std::string& ledger) {
  std::map<std::string, unsigned> entries;
  std::istringstream lines{ledger};
  for (std::string line; std::getline(lines, line);)
    if (const auto object = read_json(line)) ++entries[view::text(*object, "entry")];
  return entries;
}

} // namespace troupe::demo
