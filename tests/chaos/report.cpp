// What a run of chaos found, for programs and for people.
#include <algorithm>
#include <boost/json.hpp>

#include "tests/chaos/chaos.hpp"

namespace troupe::chaos {
namespace {

namespace json = boost::json;

json::value milliseconds(const std::optional<Millis>& value) {
  return value ? json::value(value->count()) : json::value(nullptr);
}

std::optional<Millis> most(const std::vector<Millis>& times) {
  if (times.empty()) return std::nullopt;
  return *std::max_element(times.begin(), times.end());
}

unsigned kills_in(const Outcome& outcome) {
  unsigned kills = 0;
  for (const auto kind : all_kinds)
    if (const auto found = outcome.struck.find(std::string{name_of(kind)});
        is_kill(kind) && found != outcome.struck.end())
      kills += found->second;
  return kills;
}

std::string time_of(const std::vector<Millis>& times) {
  if (times.empty()) return "none measured";
  return "p99 " + std::to_string(p99(times)->count()) + " ms of " + std::to_string(times.size()) +
         ", longest " + std::to_string(most(times)->count()) + " ms";
}

} // namespace

std::string to_json(const Outcome& outcome) {
  const auto& found = outcome.findings;
  json::object struck;
  for (const auto& [kind, times] : outcome.struck) struck[kind] = times;
  return json::serialize(
      json::object{{"runs", found.runs},
                   {"finished", found.finished},
                   {"lost", found.lost},
                   {"steps_completed", found.steps_completed},
                   {"steps_repeated", found.steps_repeated},
                   {"effects", found.effects},
                   {"effects_repeated", found.effects_repeated},
                   {"idempotent_again", found.idempotent_again},
                   {"unknown_outcomes", found.unknown_outcomes},
                   {"resolved_by_a_person", found.resolved},
                   {"owner_recovery_p99_ms", milliseconds(p99(found.owner_recoveries))},
                   {"owner_recovery_max_ms", milliseconds(most(found.owner_recoveries))},
                   {"owner_recoveries", found.owner_recoveries.size()},
                   {"agent_recovery_p99_ms", milliseconds(p99(found.agent_recoveries))},
                   {"agent_recovery_max_ms", milliseconds(most(found.agent_recoveries))},
                   {"agent_recoveries", found.agent_recoveries.size()},
                   {"disturbed_recoveries", found.disturbed_recoveries.size()},
                   {"kills", kills_in(outcome)},
                   {"faults", std::move(struck)},
                   {"nodes_that_ended_by_themselves", outcome.unexpected_ends},
                   {"seed", outcome.options.seed},
                   {"seconds", outcome.took.count() / 1000},
                   {"wrong", found.faults.size()}});
}

std::string to_text(const Outcome& outcome) {
  const auto& found = outcome.findings;
  std::string text;
  const auto line = [&](const std::string& name, const std::string& value) {
    text += name + std::string(name.size() < 20 ? 20 - name.size() : 1, ' ') + value + '\n';
  };
  const auto number = [](auto value) { return std::to_string(value); };
  line("kills", number(kills_in(outcome)));
  line("runs", number(found.runs) + ", " + number(found.finished) + " finished, " +
                   number(found.lost) + " lost");
  line("steps", number(found.steps_completed) + " completed, " + number(found.steps_repeated) +
                    " repeated within an iteration");
  line("effects", number(found.effects) + ", " + number(found.effects_repeated) + " repeated");
  line("unknown outcomes",
       number(found.unknown_outcomes) + ", " + number(found.resolved) + " resolved by a person");
  line("owner recovery", time_of(found.owner_recoveries));
  line("agent recovery", time_of(found.agent_recoveries));
  line("seconds", number(outcome.took.count() / 1000));
  return text + (outcome.holds() ? "Everything holds." : "Not everything holds: see above.");
}

} // namespace troupe::chaos
