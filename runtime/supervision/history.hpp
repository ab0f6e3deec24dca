// What happened in a run that its fold has no use for, but people ask about.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ports/journal.hpp"

namespace troupe::supervision {

struct History {
  struct Escalation { // a group could not restart its child
    std::string child, reason;
    Instant at{};
  };
  struct Word { // a person's
    std::string by, reason;
    Instant at{};
  };
  std::map<std::string, Escalation> escalations; // the last, by group
  std::optional<Word> paused, cancelled, killed;
  std::map<std::string, RunId> children; // the last child run, by step

  /// Takes in rows of the journal, in order. A row that cannot be read is the fold's to refuse.
  void note(const std::vector<ports::JournalRow>& rows);
};

} // namespace troupe::supervision
