#include "tests/chaos/chaos.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <memory>

#include "tests/chaos/cluster.hpp"
#include "tests/chaos/workload.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/sql.hpp"

namespace troupe::chaos {
namespace {

constexpr Millis warm_up{2'000};
constexpr Millis settling_most{15'000}; // waited for a recovery before the next fault
constexpr Millis finishing_most{180'000};
constexpr Millis noticed_after{2'200}; // a killed agent node's steps are under way again by then
constexpr Millis just_after{100};      // a kill: whatever was on its way to Postgres has arrived

Instant now() { return SystemClock{}.now(); }

class Chaos {
 public:
  explicit Chaos(const Options& options)
      : options_{options},
        cluster_{options.keep},
        workload_{std::make_unique<Workload>(
            Workload::Places{cluster_.urls(), cluster_.database(), cluster_.ledger()},
            options.seed)} {}

  Outcome run() {
    const auto began = now();
    pass(warm_up);
    for (const auto& fault : plan_faults(options_.kills, options_.seed)) strike(fault);
    finish();
    Outcome outcome;
    outcome.options = options_;
    outcome.unexpected_ends = cluster_.look_after();
    accepted_ = workload_->accepted();
    workload_.reset();
    cluster_.stop();
    outcome.findings = audit(read_runs(), read_ledger(read(cluster_.ledger())), struck_);
    check_times(outcome.findings);
    for (const auto& one : struck_) ++outcome.struck[std::string{name_of(one.fault.kind)}];
    outcome.took = now() - began;
    return outcome;
  }

 private:
  static std::string read(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  /// Polls, and meanwhile mends what is due and starts again what ended by itself.
  bool wait(Millis most, const std::function<bool()>& condition) {
    return support::eventually(
        [&] {
          for (auto& one : struck_)
            if (one.mended == Instant::max() && one.at + one.fault.lasts <= now()) mend(one);
          if (now() >= looked_after_ + Millis{250}) {
            cluster_.look_after();
            looked_after_ = now();
            show();
          }
          return condition();
        },
        most);
  }
  void pass(Millis time) {
    const auto until = now() + time;
    wait(time + Millis{1'000}, [&] { return now() >= until; });
  }

  void strike(const Fault& fault) {
    if (!fault.overlaps) wait(settling_most, [&] { return settled(); });
    pass(fault.calm);
    wait(settling_most, [&] { return possible(fault); });
    struck_.push_back({fault, now(), Instant::max(), {}});
    cluster_.strike(fault);
    if (fault.kind != Kind::kill_node || !owns_runs(fault.node)) return;
    pass(just_after);
    try {
      for (const auto& row : support::Sql{cluster_.database()}.run(
               "SELECT r.id FROM runs r JOIN nodes n ON n.incarnation = r.owner WHERE n.name = '" +
               std::string{name_of(fault.node)} + "'"))
        struck_.back().owned.push_back(row[0]);
    } catch (const std::runtime_error&) { // Postgres is down: this recovery counts for nothing
    }
  }

  void mend(Struck& one) {
    cluster_.mend(one.fault);
    one.mended = now();
  }

  /// A second fault of a kind makes no sense before the first is over.
  bool possible(const Fault& fault) const {
    const bool of_node = fault.kind == Kind::kill_node || fault.kind == Kind::pause_node;
    if (of_node && !cluster_.is_ready(fault.node)) return false;
    return std::none_of(struck_.begin(), struck_.end(), [&](const Struck& one) {
      return one.mended == Instant::max() && one.fault.kind == fault.kind &&
             (one.fault.node == fault.node || !of_node);
    });
  }

  /// Everything is mended, all nodes are ready, and nothing is left with the dead.
  bool settled() {
    for (const auto& one : struck_)
      if (one.mended == Instant::max()) return false;
    for (const auto node : all_nodes)
      if (!cluster_.is_ready(node)) return false;
    for (const auto& one : struck_)
      if (now() <= one.mended + aftermath_of(one.fault.kind)) return false;
    const bool killed = !struck_.empty() && struck_.back().fault.kind == Kind::kill_node;
    if (killed && now() < struck_.back().at + noticed_after) return false;
    if (now() < asked_ + Millis{200}) return false;
    asked_ = now();
    try { // an owner that was started anew has joined under another incarnation
      return support::Sql{cluster_.database()}.value(
                 "SELECT count(*) FROM runs r JOIN nodes n ON n.incarnation = r.owner WHERE "
                 "n.incarnation <> (SELECT max(m.incarnation::text)::uuid FROM nodes m WHERE "
                 "m.name "
                 "= n.name)") == "0";
    } catch (const std::runtime_error&) {
      return false;
    }
  }

  void finish() {
    wait(settling_most, [&] { return settled(); });
    workload_->close();
    wait(finishing_most, [&] { return workload_->is_over(); });
    if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\n");
  }

  std::vector<RunRecord> read_runs() const {
    support::Sql sql{cluster_.database()};
    sql.run("SET TIME ZONE 'UTC'");
    std::vector<RunRecord> runs = accepted_;
    for (auto& run : runs) {
      const auto row = sql.run("SELECT state FROM runs WHERE id = '" + run.id + "'");
      if (row.empty()) continue;
      run.state = row[0][0];
      for (const auto& line : sql.run(
               "SELECT (extract(epoch FROM at) * 1000)::bigint, body FROM journal WHERE run = '" +
               run.id + "' ORDER BY seq"))
        run.journal.push_back({Instant{Millis{std::stoll(line[0])}}, line[1]});
    }
    return runs;
  }

  static void check_times(Findings& findings) {
    const auto check = [&](const char* what, const std::vector<Millis>& times, Millis most) {
      const auto slow = p99(times);
      if (slow && *slow > most)
        findings.faults.push_back(std::string{what} + " took " + format_duration(*slow) +
                                  " (p99 of " + std::to_string(times.size()) + "), more than " +
                                  format_duration(most));
    };
    check("recovery from a killed owner", findings.owner_recoveries, owner_recovery_most);
    check("recovery from a killed agent node", findings.agent_recoveries, agent_recovery_most);
  }

  void show() const {
    if (!isatty(STDERR_FILENO)) return;
    const auto [accepted, ended] = workload_->progress();
    const auto kills = std::count_if(struck_.begin(), struck_.end(),
                                     [](const Struck& one) { return is_kill(one.fault.kind); });
    std::fprintf(stderr, "\r%ld of %u kills, %zu faults, %u runs of which %u ended  ",
                 static_cast<long>(kills), options_.kills, struck_.size(), accepted, ended);
  }

  const Options options_;
  Cluster cluster_;
  std::unique_ptr<Workload> workload_;
  std::vector<RunRecord> accepted_;
  std::vector<Struck> struck_;
  Instant looked_after_{}, asked_{};
};

} // namespace

Outcome run_chaos(const Options& options) { return Chaos{options}.run(); }

} // namespace troupe::chaos
