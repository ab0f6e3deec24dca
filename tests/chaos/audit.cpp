#include "tests/chaos/audit.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <sstream>

#include "runtime/hash.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::chaos {
namespace {

namespace json = boost::json;
using namespace supervision;

struct AttemptFacts {
  std::string step, node;
  std::uint32_t iteration = 0;
  Instant assigned;
  std::optional<Instant> ended; // by its executor's word, or because it was asked to stop
  std::optional<Instant> lost;  // with its node
  bool completed = false;
};

/// A call that was granted at least once.
struct CallFacts {
  std::string step, tool, effect;
  bool settled = false, failed = false; // failed: settled with an error
  bool unknown = false, resolved = false;
};

class RunAudit {
 public:
  RunAudit(const RunRecord& run, Findings& findings) : run_{run}, findings_{findings} {
    for (const auto& line : run.journal) {
      const auto events = decode(line.body);
      if (!events) {
        wrong("its journal cannot be read: " + events.error().message);
        continue;
      }
      for (const auto& event : *events) read(event, line.at);
    }
  }

  void check_end() {
    ++findings_.runs;
    if (run_.state.empty() || run_.state == "running") {
      ++findings_.lost;
      return wrong(run_.state.empty() ? "is lost: it was accepted and is not there"
                                      : "is lost: it never ended");
    }
    ++findings_.finished;
    if (run_.state != run_.expected)
      wrong("ended " + run_.state + ", not " + run_.expected +
            (last_failure_.empty() ? "" : "; the last try that failed: " + last_failure_));
  }

  /// `lines`: of the whole ledger, by key; those that are explained are taken out.
  void check_effects(std::map<std::string, std::vector<LedgerLine>>& lines) {
    for (const auto& [key, call] : calls_) {
      const auto taken = lines.extract(key);
      check_call(call, taken ? taken.mapped().size() : 0);
    }
  }

  void recoveries_of(const std::vector<Struck>& struck, const auto& note) const {
    for (std::size_t i = 0; i < struck.size(); ++i) {
      if (struck[i].fault.kind != Kind::kill_node) continue;
      const auto& owned = struck[i].owned;
      const bool orphaned = std::find(owned.begin(), owned.end(), run_.id) != owned.end();
      if (orphaned) {
        const auto next = std::upper_bound(adopted_.begin(), adopted_.end(), struck[i].at);
        if (next != adopted_.end()) note(i, true, *next, "");
      } else {
        for (const auto& [step, again] : dispatched_again(struck[i])) note(i, false, again, step);
      }
    }
  }

 private:
  void wrong(const std::string& what) { findings_.faults.push_back("run " + run_.id + ' ' + what); }

  void read(const Event& event, Instant at) {
    std::visit(Overloaded{[&](const RunAdopted&) { adopted_.push_back(at); },
                          [&](const AttemptAssigned& e) { assigned(e, at); },
                          [&](const AttemptReturned& e) { ended(e.attempt, at); },
                          [&](const AttemptLost& e) { attempts_[e.attempt].lost = at; },
                          [&](const AttemptFailed& e) {
                            ended(e.attempt, at);
                            last_failure_ = e.step + ": " + e.error.message;
                          },
                          [&](const AttemptStopped& e) { ended(e.attempt, at); },
                          [&](const AttemptStopping& e) { ended(e.attempt, at); },
                          [&](const StepStopping& e) { stopping(e.step, at); },
                          [&](const StepCompleted& e) { completed(e, at); },
                          [&](const supervision::ActivityReserved& e) { reserved(e); },
                          [&](const supervision::ActivitySettled& e) {
                            auto& call = calls_[granted_[e.nonce]]; // of an iteration before, too
                            call.settled = true;
                            call.failed = e.outcome.error.has_value();
                          },
                          [&](const ActivityUnknown& e) {
                            ++findings_.unknown_outcomes;
                            call_of(e.step, e.key).unknown = true;
                          },
                          [&](const ActivityResolved& e) { resolved(e); }, [](const auto&) {}},
               event);
  }

  void assigned(const AttemptAssigned& e, Instant at) {
    if (done_.contains({e.step, e.iteration})) {
      ++findings_.steps_repeated;
      wrong("runs " + e.step + " again, which had completed in that iteration");
    }
    attempts_[e.attempt] = {e.step, e.node, e.iteration, at, {}, {}, false};
    iterations_[e.step] = e.iteration;
  }

  void completed(const StepCompleted& e, Instant at) {
    if (e.attempt == 0) return; // a group, or a wait
    ++findings_.steps_completed;
    ended(e.attempt, at);
    attempts_[e.attempt].completed = true;
    if (!done_.insert({e.step, attempts_[e.attempt].iteration}).second) {
      ++findings_.steps_repeated;
      wrong("completes " + e.step + " twice in one iteration");
    }
  }

  void ended(AttemptNumber attempt, Instant at) {
    auto& facts = attempts_[attempt];
    if (!facts.ended) facts.ended = at;
  }

  void stopping(const std::string& step, Instant at) {
    for (auto& [number, attempt] : attempts_)
      if (attempt.step == step) ended(number, at);
  }

  CallFacts& call_of(const std::string& step, const message::ActivityKey& key) {
    return calls_[ledger_key(run_.id, step, iterations_[step], key)];
  }

  void reserved(const supervision::ActivityReserved& e) {
    auto& call = call_of(e.step, e.key);
    call.step = e.step;
    call.tool = e.key.tool;
    call.effect = e.effect;
    call.unknown = call.resolved = false; // granted anew
    granted_[e.nonce] = ledger_key(run_.id, e.step, iterations_[e.step], e.key);
  }

  void resolved(const ActivityResolved& e) {
    auto& call = call_of(e.step, e.key);
    if (call.unknown) ++findings_.resolved;
    call.resolved = true;
    call.settled = e.happened;
    call.failed = e.outcome.error.has_value();
  }

  void check_call(const CallFacts& call, std::size_t lines) {
    const auto what = call.tool + " of " + call.step;
    if (call.tool.empty()) return wrong("settles a call that was never granted");
    if (call.effect == "idempotent") {
      findings_.idempotent_again += lines > 1 ? static_cast<unsigned>(lines - 1) : 0;
    } else {
      findings_.effects += static_cast<unsigned>(lines);
      if (lines > 1) {
        findings_.effects_repeated += static_cast<unsigned>(lines - 1);
        wrong("did " + what + ' ' + std::to_string(lines) + " times");
      }
    }
    if (call.settled && !call.failed && lines == 0) wrong("says " + what + " happened; it did not");
    const bool reported = call.settled || call.unknown || call.resolved;
    if (lines > 0 && !reported) wrong("did " + what + " and says nothing of it");
    if (lines > 0 && call.resolved && !call.settled)
      wrong("holds that " + what + " did not happen; it did");
    if (call.unknown && !call.resolved && !call.settled)
      wrong("ended without a word on the unknown outcome of " + what);
  }

  /// When the attempts that were on a killed node were assigned again.
  std::vector<std::pair<std::string, Instant>> dispatched_again(const Struck& kill) const {
    std::vector<std::pair<std::string, Instant>> times; // by step
    for (const auto& [number, attempt] : attempts_) {
      const bool there = attempt.node == name_of(kill.fault.node) && attempt.assigned <= kill.at;
      const bool over = attempt.completed || (attempt.ended && *attempt.ended <= kill.at) ||
                        (attempt.lost && *attempt.lost <= kill.at);
      if (!there || over) continue;
      const auto next =
          std::find_if(attempts_.upper_bound(number), attempts_.end(),
                       [&](const auto& later) { return later.second.step == attempt.step; });
      if (next != attempts_.end() && next->second.assigned > kill.at)
        times.emplace_back(attempt.step, next->second.assigned);
    }
    return times;
  }

  const RunRecord& run_;
  Findings& findings_;
  std::vector<Instant> adopted_;
  std::map<AttemptNumber, AttemptFacts> attempts_;
  std::string last_failure_;                        // of a try
  std::map<std::string, std::uint32_t> iterations_; // of a step, now
  std::set<std::pair<std::string, std::uint32_t>> done_;
  std::map<std::string, CallFacts> calls_; // by their key in the ledger
  std::map<NonceId, std::string> granted_; // to those keys
};

/// Whether another fault was at work between a kill and the recovery from it.
bool disturbed(const std::vector<Struck>& struck, std::size_t kill, Instant recovered) {
  for (std::size_t i = 0; i < struck.size(); ++i)
    if (i != kill && struck[i].at <= recovered &&
        struck[i].mended + aftermath_of(struck[i].fault.kind) >= struck[kill].at)
      return true;
  return false;
}

} // namespace

std::string ledger_key(const std::string& run, const std::string& step, std::uint32_t iteration,
                       const message::ActivityKey& key) {
  return sha256_hex(run + '/' + step + '/' + std::to_string(iteration) +
                    (key.undo ? "/undo/" : "/do/") + key.tool + '/' + std::to_string(key.ordinal));
}

std::vector<LedgerLine> read_ledger(const std::string& text) {
  std::vector<LedgerLine> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    const auto object = json::parse(line).as_object();
    const auto word = [&](const char* key) { return std::string{object.at(key).as_string()}; };
    lines.push_back(
        {word("tool"), word("entry"), word("key"), parse_iso8601(word("at")).value_or(Instant{})});
  }
  return lines;
}

Findings audit(const std::vector<RunRecord>& runs, const std::vector<LedgerLine>& ledger,
               const std::vector<Struck>& struck) {
  Findings findings;
  std::map<std::string, std::vector<LedgerLine>> lines;
  for (const auto& line : ledger) lines[line.key].push_back(line);
  for (const auto& run : runs) {
    RunAudit one{run, findings};
    one.check_end();
    one.check_effects(lines);
    one.recoveries_of(struck, [&](std::size_t kill, bool owner, Instant recovered,
                                  const std::string& step) {
      const Millis took = recovered - struck[kill].at;
      if (disturbed(struck, kill, recovered)) return findings.disturbed_recoveries.push_back(took);
      (owner ? findings.owner_recoveries : findings.agent_recoveries).push_back(took);
      if (took > (owner ? owner_recovery_most : agent_recovery_most))
        findings.slow.push_back(
            "run " + run.id + ' ' + step + ": " + format_duration(took) + " from the kill of " +
            std::string{name_of(struck[kill].fault.node)} + " at " + to_iso8601(struck[kill].at));
    });
  }
  for (const auto& [key, strangers] : lines)
    findings.faults.push_back("the ledger holds " + strangers.front().tool + " of " +
                              strangers.front().entry + ", which no run was granted");
  return findings;
}

std::optional<Millis> p99(std::vector<Millis> values) {
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  return values[(values.size() * 99 + 99) / 100 - 1];
}

} // namespace troupe::chaos
