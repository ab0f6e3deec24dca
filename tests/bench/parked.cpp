// A million parked runs, a thousand of them due every second (README.md).
#include <cstdio>

#include "runtime/supervision/parking.hpp"
#include "tests/bench/measuring.hpp"
#include "tests/support/sql.hpp"
#include "tests/support/store_calls.hpp"

using namespace troupe;
using namespace troupe::bench;
using namespace std::chrono_literals;

namespace {

/// `count` runs, each with its first append; `wake` is SQL for when number g is due.
void add_runs(support::Sql& sql, const std::string& prefix, long count, const std::string& wake) {
  const auto id = [&](const char* kind) {
    return "('" + prefix + kind + std::string(18, '0') + "' || lpad(to_hex(g), 12, '0'))::uuid";
  };
  const auto range = " FROM generate_series(1, " + std::to_string(count) + ") g";
  sql.run(
      "INSERT INTO jobs (id, team, title, source, priority, request_digest, inputs, created_at)"
      " SELECT " +
      id("a") + ", 'team' || g % 5, 'wait', 'bench', 1, '', '{}', now()" + range);
  sql.run("INSERT INTO runs (id, job, team, priority, bundle, wake_at, created_at) SELECT " +
          id("b") + ", " + id("a") + ", 'team' || g % 5, 1, 'b', " + wake + ", now()" + range);
  sql.run("INSERT INTO journal (run, seq, append, at, body) SELECT " + id("b") + ", 0, " + id("c") +
          ", now(), '[{\"type\":\"run.created\"}]'" + range);
}

/// The number that add_runs gave a run.
std::int64_t number_of(RunId run) {
  std::int64_t number = 0;
  for (std::size_t i = 10; i < 16; ++i) number = number << 8 | run.bytes[i];
  return number;
}

/// Claims what is due, appends `adopted` and parks it again, as an orchestrator does.
class Orchestrator {
 public:
  /// Run number g is due at `start` + g / `per_second`.
  Orchestrator(const std::string& url, const std::string& name, Loop& loop, Instant start,
               long per_second)
      : calls_{open_store(url), name, std::hash<std::string>{}(name)},
        loop_{loop},
        start_{start},
        per_second_{per_second} {}

  /// The sweep of every two seconds; timers in between.
  void begin() {
    claim();
    loop_.at(Steady::now() + 2s, [this] { begin(); });
  }

  std::vector<double> late_ms, claim_ms;

 private:
  static Instant now() { return SystemClock{}.now(); }
  ports::JobStore& jobs() { return calls_.store->jobs(); }

  void claim() {
    if (std::exchange(claiming_, true)) return;
    timer_.claimed(now());
    jobs().claim(calls_.me, 256, now(), [this, asked_at = Steady::now()](auto rows) {
      loop_.post([this, asked_at, rows = std::move(rows)] {
        claiming_ = false;
        claim_ms.push_back(ms_since(asked_at));
        if (!rows.ok()) return claim();
        for (const auto& row : *rows) adopt(row.id);
        rows->size() == 256 ? claim() : look_ahead();
      });
    });
  }

  void look_ahead() {
    jobs().next_due(now() + limits::wake_look_ahead, [this](auto at) {
      loop_.post([this, at] {
        if (at.ok() && *at)
          if (const auto ring_at = timer_.expect(**at)) arm(*ring_at);
      });
    });
  }

  void arm(Instant at) {
    loop_.at(Steady::now() + std::max(at - now(), Millis{0}), [this] {
      if (timer_.ring(now())) claim();
    });
  }

  void adopt(RunId run) {
    calls_.now = now();
    auto adopted = calls_.new_append(run, 1, R"([{"type":"run.adopted"}])");
    calls_.store->journal().append(adopted, [this, run](auto outcome) {
      if (outcome != ports::AppendOutcome::durable) std::abort(); // nobody else has the run
      const auto due = start_ + Millis{number_of(run) * 1000 / per_second_};
      loop_.post(
          [this, late = now() - due] { late_ms.push_back(static_cast<double>(late.count())); });
      jobs().park(run, calls_.me, now() + 24h, [](auto parked) {
        if (!parked.ok() || *parked != ports::ParkOutcome::parked) std::abort();
      });
    });
  }

  support::StoreCalls calls_;
  Loop& loop_;
  const Instant start_;
  const long per_second_;
  supervision::WakeTimer timer_;
  bool claiming_ = false;
};

/// Opening the store, the first claim of one that finds nothing, and adopting a fenced node's 500.
struct Start {
  double open_ms = 0, first_claim_ms = 0, adopt_ms = 0;
};

Start measure_start(const std::string& url, support::Sql& sql, const std::string& prefix) {
  Start start;
  auto begin = Steady::now();
  support::StoreCalls node{open_store(url), "starting", 7};
  start.open_ms = ms_since(begin);
  begin = Steady::now();
  node.claim();
  start.first_claim_ms = ms_since(begin);
  support::StoreCalls dead{open_store(url), "dead", static_cast<std::uint64_t>(prefix[0])};
  add_runs(sql, prefix, 500, "NULL");
  dead.claim(500);
  node.fence(dead.me);
  begin = Steady::now();
  for (std::size_t adopted = 0; adopted < 500;) adopted += node.claim(256).size();
  start.adopt_ms = ms_since(begin);
  node.leave(node.me);
  sql.run("UPDATE runs SET wake_at = 'infinity' WHERE owner IS NULL AND wake_at IS NULL");
  return start;
}

} // namespace

int main(int argc, char** argv) {
  const Arguments arguments{argc, argv};
  const long parked = arguments.number("parked", 1'000'000),
             per_second = arguments.number("per-second", 1000),
             seconds = arguments.number("seconds", 20), due = per_second * seconds;
  const auto url = arguments.url();
  support::Sql sql{(open_store(url), url)};
  const auto empty = measure_start(url, sql, "1");

  add_runs(sql, "2", parked - due, "now() + '1 day' + random() * interval '30 days'");
  add_runs(sql, "3", due, "'infinity'");
  sql.run("VACUUM ANALYZE");
  const auto full = measure_start(url, sql, "4");

  const auto start = SystemClock{}.now() + 3s;
  Loop loop;
  Orchestrator one{url, "one", loop, start, per_second}, two{url, "two", loop, start, per_second};
  const auto memory_before = resident_kb();
  sql.run("UPDATE runs SET wake_at = to_timestamp(" +
          std::to_string(static_cast<double>(start.time_since_epoch().count()) / 1000) +
          ") + interval '1 ms' * (('x' || right(id::text, 12))::bit(48)::bigint * 1000 / " +
          std::to_string(per_second) + ") WHERE id::text LIKE '3%'");
  one.begin();
  two.begin();
  const auto woken = [&] { return one.late_ms.size() + two.late_ms.size(); };
  const auto give_up = Steady::now() + std::chrono::seconds{seconds * 3 + 30};
  loop.run([&] { return woken() == static_cast<std::size_t>(due) || Steady::now() > give_up; });

  auto late = one.late_ms, claims = one.claim_ms;
  late.insert(late.end(), two.late_ms.begin(), two.late_ms.end());
  claims.insert(claims.end(), two.claim_ms.begin(), two.claim_ms.end());
  std::printf(
      "{\"parked\":%ld,\"due_per_second\":%ld,\"due\":%ld,\"woken\":%zu,\"late_p50_ms\":%.0f,"
      "\"late_p99_ms\":%.0f,\"late_max_ms\":%.0f,\"claims\":%zu,\"claim_p99_ms\":%.1f,"
      "\"memory_growth_kb\":%ld,\"open_ms\":[%.1f,%.1f],\"first_claim_ms\":[%.1f,%.1f],"
      "\"adopt_ms\":[%.1f,%.1f]}\n",
      parked, per_second, due, woken(), percentile(late, 0.5), percentile(late, 0.99),
      percentile(late, 1), claims.size(), percentile(claims, 0.99), resident_kb() - memory_before,
      empty.open_ms, full.open_ms, empty.first_claim_ms, full.first_claim_ms, empty.adopt_ms,
      full.adopt_ms);
  return woken() == static_cast<std::size_t>(due) ? 0 : 1;
}
