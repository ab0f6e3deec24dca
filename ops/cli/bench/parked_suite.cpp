// A million parked runs, a thousand of them due every second.
#include <unistd.h>

#include "ops/cli/bench/local_node.hpp"
#include "ops/cli/bench/loop.hpp"
#include "ops/cli/bench/store_node.hpp"
#include "ops/cli/bench/suites.hpp"
#include "ops/cli/bench/timer_runs.hpp"
#include "ops/cli/bench/usage.hpp"
#include "runtime/limits.hpp"
#include "runtime/supervision/parking.hpp"

namespace troupe::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t many = 1'000'000, due_per_second = 1'000, of_a_dead_node = 500;
constexpr std::uint32_t at_once = 256; // as an orchestrator claims

/// Claims what is due, appends `adopted` and parks it again, as an orchestrator does.
class Waker {
 public:
  /// Run number g is due at `start` + g / due_per_second.
  Waker(const std::string& url, const std::string& name, Loop& loop, Instant start)
      : node_{url, name}, loop_{loop}, start_{start} {}

  /// The sweep of every two seconds; timers in between.
  void begin() {
    claim();
    loop_.at(Steady::now() + 2s, [this] { begin(); });
  }

  std::uint64_t parked_again = 0;
  std::vector<double> late_ms, claim_ms;

 private:
  void claim() {
    if (std::exchange(claiming_, true)) return;
    timer_.claimed(StoreNode::now());
    node_.jobs().claim(node_.me(), at_once, StoreNode::now(), {},
                       [this, asked_at = Steady::now()](auto rows) {
                         loop_.post([this, asked_at, rows = std::move(rows)] {
                           claiming_ = false;
                           claim_ms.push_back(ms_since(asked_at));
                           if (!rows.ok()) return claim();
                           for (const auto& row : *rows) adopt(row.id);
                           rows->size() == at_once ? claim() : look_ahead();
                         });
                       });
  }

  void look_ahead() {
    node_.jobs().next_due(StoreNode::now() + limits::wake_look_ahead, [this](auto at) {
      loop_.post([this, at] {
        if (at.ok() && *at)
          if (const auto ring_at = timer_.expect(**at)) arm(*ring_at);
      });
    });
  }

  void arm(Instant at) {
    loop_.at(Steady::now() + std::max(at - StoreNode::now(), Millis{0}), [this] {
      if (timer_.ring(StoreNode::now())) claim();
    });
  }

  void adopt(RunId run) {
    auto adopted = node_.new_append(run, 1, R"([{"type":"run.adopted"}])");
    node_.journal().append(adopted, [this, run](auto outcome) {
      if (outcome != ports::AppendOutcome::durable) return loop_.fail("an append was refused");
      const auto due = start_ + Millis{number_of(run) * 1'000 / due_per_second};
      loop_.post([this, late = StoreNode::now() - due] {
        late_ms.push_back(static_cast<double>(late.count()));
      });
      node_.jobs().park(run, node_.me(), StoreNode::now() + 24h, [this](auto parked) {
        if (!parked.ok() || *parked != ports::ParkOutcome::parked)
          return loop_.fail("a run was not parked");
        loop_.post([this] { ++parked_again; });
      });
    });
  }

  StoreNode node_;
  Loop& loop_;
  const Instant start_;
  supervision::WakeTimer timer_;
  bool claiming_ = false;
};

/// What a node that starts takes: opening the store, a claim that finds nothing, and adopting the
/// runs of a fenced node.
struct Start {
  double open_ms = 0, first_claim_ms = 0, adopt_ms = 0;
};

Start measure_start(const std::string& url, PostgresSession& session, const std::string& prefix) {
  Start start;
  auto begin = Steady::now();
  StoreNode node{url, "starting"};
  start.open_ms = ms_since(begin);
  begin = Steady::now();
  (void)node.claim(at_once);
  start.first_claim_ms = ms_since(begin);
  StoreNode dead{url, "dead"};
  add_runs(session, prefix, 1, of_a_dead_node, "NULL");
  (void)dead.claim(of_a_dead_node);
  await<bool>([&](auto done) { node.store().membership().fence(dead.me(), 0, std::move(done)); });
  begin = Steady::now();
  for (std::size_t adopted = 0; adopted < of_a_dead_node;) adopted += node.claim(at_once).size();
  start.adopt_ms = ms_since(begin);
  await<Unit>([&](auto done) { node.store().membership().leave(node.me(), std::move(done)); });
  session.run("UPDATE runs SET wake_at = 'infinity' WHERE owner IS NULL AND wake_at IS NULL");
  return start;
}

void add_starts(Report& report, const Start& empty, const Start& full) {
  const auto add = [&](const std::string& name, double one, double other, const std::string& what) {
    report.add("empty_" + name, one, what + ", in an empty database, ms", 1);
    report.add(name, other, what + ", in the full one, ms", 1);
  };
  add("open_ms", empty.open_ms, full.open_ms, "opening the store and joining");
  add("first_claim_ms", empty.first_claim_ms, full.first_claim_ms, "the first claim of a node");
  add("adopt_ms", empty.adopt_ms, full.adopt_ms,
      "claiming the " + std::to_string(of_a_dead_node) + " runs of a fenced node");
}

void add_node(Report& report, TimerRuns runs) {
  report.add("node_parked", static_cast<double>(runs.parked),
             "further runs parked by a whole node");
  report.add("node_woken", static_cast<double>(runs.ended), "of them came due there and ended");
  report.add_latencies("node_late", std::move(runs.late_ms), "from such a run's time to its end");
}

/// Each of the `due` runs gets its time, one after the other from `start` on.
void set_due(PostgresSession& session, Instant start) {
  session.run("UPDATE runs SET wake_at = to_timestamp(" +
              std::to_string(static_cast<double>(start.time_since_epoch().count()) / 1'000) +
              ") + interval '1 ms' * (('x' || right(id::text, 12))::bit(48)::bigint * 1000 / " +
              std::to_string(due_per_second) + ") WHERE id::text LIKE '3%'");
}

} // namespace

Report bench_parked(const BenchOptions& options) {
  const std::uint64_t parked = options.open > 0 ? options.open : many;
  const auto due = std::min(
      due_per_second * static_cast<std::uint64_t>(options.time.count()) / 1'000, parked / 2);
  Report report{"parked",
                "With " + std::to_string(parked) + " runs parked, " +
                    std::to_string(due_per_second) +
                    " of them due every second, two nodes claim those, append that they were "
                    "adopted and park them again, with one timer each. Late: from a run's time to "
                    "that append on disk. Then as many runs of a plan that waits for a time, due "
                    "at the same rate, are parked, claimed, folded, woken and ended by a whole "
                    "node; late: from a run's time to the decision that ends it, without that "
                    "decision's commit. Postgres with fsync."};
  options.tell("the servers start");
  Stage stage{{.nats = true, .postgres = true}};
  const auto raw = measure_raw_postgres(stage, options);
  const auto url = stage.postgres_url();
  (void)open_store(url); // the tables
  PostgresSession session{url};
  const auto empty = measure_start(url, session, "1");
  options.tell(std::to_string(parked) + " parked runs are written");
  add_runs(session, "2", 1, parked - due, "now() + '1 day' + random() * interval '30 days'");
  add_runs(session, "3", 1, due, "'infinity'");
  session.run("VACUUM ANALYZE");
  const auto full = measure_start(url, session, "4");

  options.tell(std::to_string(due) + " runs come due");
  const auto start = StoreNode::now() + 3s;
  Loop loop;
  Waker one{url, "one", loop, start}, two{url, "two", loop, start};
  const auto memory = resident_mib(::getpid());
  set_due(session, start);
  one.begin();
  two.begin();
  const auto woken = [&] { return one.parked_again + two.parked_again; };
  const auto give_up = Steady::now() + options.time * 3 + 30s;
  loop.run([&] { return woken() == due || Steady::now() > give_up; });

  auto late = one.late_ms, claims = one.claim_ms;
  late.insert(late.end(), two.late_ms.begin(), two.late_ms.end());
  claims.insert(claims.end(), two.claim_ms.begin(), two.claim_ms.end());
  report.add("parked", static_cast<double>(parked), "parked runs");
  report.add("due", static_cast<double>(due), "of them came due");
  report.add("woken", static_cast<double>(woken()), "of those were woken");
  report.add_latencies("late", std::move(late), "from a run's time to its append");
  report.add_latencies("claim", std::move(claims), "a claim");
  report.add("memory_growth_mib", resident_mib(::getpid()) - memory,
             "MiB by which both nodes' process grew meanwhile", 1);
  add_starts(report, empty, full);
  add_node(report, wake_through_node(stage, options, due, due_per_second));
  add_limits(report, raw);
  return report;
}

} // namespace troupe::bench
