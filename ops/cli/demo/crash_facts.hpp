// What the crash demo counts, out of a run's events and out of the ledger's file. Pure.
#pragma once
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"

namespace troupe::demo {

/// A run's events, in the order in which they come.
class CrashWatch {
 public:
  struct Assigned {
    std::string step, node;
    std::int64_t attempt = 0;
    Instant at;
  };

  void read(const boost::json::value& event);

  /// A step that began and was not asked for before: in the order of the plan.
  std::optional<Assigned> next_boundary();
  /// When a step was given to a node again, after that attempt.
  std::optional<Instant> assigned_after(const Assigned& boundary) const;
  /// When the run was adopted, after `time`.
  std::optional<Instant> adopted_after(Instant time) const;
  /// A call whose outcome nobody knows, not asked for before: its step and tool.
  std::optional<std::pair<std::string, std::string>> next_unknown();

  /// Its attempt completed all the same: it had ended before the kill, or its end was on its way.
  bool has_completed(const Assigned& boundary) const { return ended_.contains(boundary.attempt); }

  unsigned completed() const { return completed_; }
  unsigned repeated() const { return repeated_; } // completed once more in the same iteration
  unsigned attempts() const { return static_cast<unsigned>(assigned_.size()); }
  unsigned unknown() const { return unknown_; }

 private:
  std::vector<Assigned> assigned_;
  std::map<std::string, unsigned> completions_;
  std::set<std::int64_t> ended_; // attempts that completed
  std::vector<Instant> adopted_;
  std::vector<std::pair<std::string, std::string>> unknowns_;
  std::size_t boundaries_ = 0, told_ = 0;
  unsigned completed_ = 0, repeated_ = 0, unknown_ = 0;
};

/// How many lines the ledger has of each entry.
std::map<std::string, unsigned> count_entries(const std::string& ledger);

} // namespace troupe::demo
