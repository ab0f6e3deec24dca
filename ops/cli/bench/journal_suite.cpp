#include "ops/cli/bench/in_flight.hpp"
#include "ops/cli/bench/loop.hpp"
#include "ops/cli/bench/store_node.hpp"
#include "ops/cli/bench/suites.hpp"
#include "runtime/limits.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::bench {
namespace {

constexpr unsigned signals_on_their_way = 500;

/// The decision of a sequential chain: one step ends, the next is ready and assigned.
std::string decision() {
  supervision::StepCompleted completed;
  completed.step = "s1";
  completed.attempt = 1;
  completed.output = JsonText{R"({"number":1,"cause":"process_gone","service":"nginx"})"};
  supervision::AttemptAssigned assigned;
  assigned.step = "s2";
  assigned.attempt = 2;
  assigned.node = "agent-1";
  assigned.incarnation = SystemEntropy{}.make_id<IncarnationId>(SystemClock{}.now());
  assigned.task = JsonText{R"({"number":2})"};
  return supervision::encode({completed, supervision::StepReady{"s2"}, assigned});
}

/// Each place appends to a run of its own, and to the next run after so many appends.
class Appenders {
 public:
  Appenders(StoreNode& node, unsigned number, unsigned steps)
      : node_{node}, steps_{steps}, places_(number) {}

  Kept keep_up(Millis time) {
    return keep_in_flight(
        static_cast<unsigned>(places_.size()), time,
        [this](unsigned place, EndOfCall ended) { append(places_[place], std::move(ended)); });
  }

 private:
  struct Place {
    RunId run;
    Seq next = 0;
  };
  void append(Place& place, EndOfCall ended) {
    ports::Append append;
    {
      const std::lock_guard lock{mutex_};
      if (place.next == 0) place.run = node_.new_id<RunId>();
      append = node_.new_append(place.run, place.next, body_);
    }
    place.next = (place.next + 1) % steps_;
    node_.journal().append(std::move(append), [ended = std::move(ended)](auto outcome) {
      ended(outcome == ports::AppendOutcome::durable ? "" : "an append was refused");
    });
  }

  StoreNode& node_;
  const unsigned steps_;
  std::mutex mutex_; // of the node's ids
  std::vector<Place> places_;
  const std::string body_ = decision();
};

/// One run gets signals from another node, and takes them with its appends, in order, each once.
class Signals {
 public:
  explicit Signals(const std::string& url)
      : poster_{url, "poster"}, owner_{url, "owner"}, run_{new_run()} {}

  double per_s(Millis time) {
    const auto begin = Steady::now();
    end_ = begin + time;
    post();
    read();
    loop_.run([&] { return Steady::now() > end_ && taken_ == posted_ && on_their_way_ == 0; });
    const auto took = ms_since(begin);
    loop_.run([&] { return !reading_; });
    return static_cast<double>(taken_) / took * 1'000;
  }

 private:
  RunId new_run() {
    ports::NewJob job;
    job.id = owner_.new_id<JobId>();
    job.run = owner_.new_id<RunId>();
    job.request_digest = job.bundle = std::string(64, '0');
    job.team = job.title = job.source = "bench";
    job.inputs = JsonText{"{}"};
    job.at = StoreNode::now();
    job.append = owner_.new_id<AppendId>();
    job.body = R"([{"type":"run.created"}])";
    job.owner = owner_.me();
    await<ports::Submitted>([&](auto done) { owner_.jobs().submit(job, std::move(done)); });
    return job.run;
  }

  void post() {
    for (; Steady::now() < end_ && on_their_way_ < signals_on_their_way; ++on_their_way_) {
      const auto id = std::to_string(posted_++);
      const ports::InboxRow row{id, "signal", JsonText{R"({"name":"n","body":)" + id + "}"},
                                StoreNode::now()};
      poster_.jobs().post_inbox(run_, row, [this](const auto& recorded) {
        if (!recorded || !*recorded) return loop_.fail("a signal was not recorded");
        loop_.post([this] {
          --on_their_way_;
          post();
        });
      });
    }
  }

  void read() {
    reading_ = Steady::now() < end_ || taken_ < posted_;
    if (!reading_) return;
    owner_.jobs().read_inbox(run_, place_, limits::inbox_page_rows, [this](auto rows) {
      if (!rows) return loop_.fail("the inbox: " + rows.error().message);
      loop_.post([this, rows = *std::move(rows)] { rows.empty() ? read() : take(rows); });
    });
  }

  void take(const std::vector<ports::InboxRow>& rows) {
    auto append = owner_.new_append(run_, ++seq_, R"([{"type":"signal.received"}])");
    for (const auto& row : rows) {
      if (row.id != std::to_string(taken_++)) return loop_.fail("a signal out of turn");
      append.inbox_applied.push_back(row.id);
    }
    place_ = rows.back().place;
    owner_.journal().append(append, [this](auto outcome) {
      if (outcome != ports::AppendOutcome::durable) return loop_.fail("an append was refused");
      loop_.post([this] { read(); });
    });
  }

  Loop loop_; // outlives the answers that the stores still owe
  StoreNode poster_, owner_;
  const RunId run_;
  Steady::time_point end_;
  unsigned on_their_way_ = 0;
  std::uint64_t posted_ = 0, taken_ = 0, place_ = 0;
  bool reading_ = false;
  Seq seq_ = 0;
};

} // namespace

Report bench_journal(const BenchOptions& options) {
  Report report{"journal",
                "Appends of one decision each (" + std::to_string(decision().size()) +
                    " bytes: a step ends, the next is assigned) through the port of the journal, " +
                    std::to_string(options.in_flight) + " runs with one append in flight each, " +
                    std::to_string(options.steps) +
                    " appends a run; then one run alone; then signals, posted by one node to one "
                    "run and taken by the appends of its owner. Postgres with fsync."};
  options.tell("the servers start");
  Stage stage{{.postgres = true}};
  const auto raw = measure_raw_postgres(stage, options);
  StoreNode node{stage.postgres_url(), "writer"};
  Appenders many{node, options.in_flight, options.steps}, one{node, 1, options.steps};
  options.tell(std::to_string(options.in_flight) + " appends in flight");
  (void)many.keep_up(options.warm_up());
  const auto cpu = stage.processor_seconds();
  auto busy = many.keep_up(options.time);
  const auto spent = stage.processor_seconds() - cpu;
  report.add("appends_per_s", busy.per_s, "durable appends a second");
  report.add("cpu_s_per_1000_appends", per_thousand(spent, busy.ms.size()),
             "processor seconds for 1,000 appends, of everything together", 4);
  report.add_latencies("append", std::move(busy.ms), "an append among so many");
  options.tell("one append after the other");
  report.add_latencies("alone", one.keep_up(options.warm_up()).ms, "an append alone", 3);
  options.tell("signals to one run");
  report.add("signals_per_s", Signals{stage.postgres_url()}.per_s(options.warm_up()),
             "signals posted to one run and taken a second");
  report.add("ratio_of_raw_rows", busy.per_s / raw.rows_per_s,
             "appends a second, by the rows that Postgres alone commits in bulk", 2);
  report.add("ratio_of_raw_commits", busy.per_s / raw.commits_per_s,
             "appends a second, by the commits of Postgres alone, one after the other", 1);
  add_limits(report, raw);
  return report;
}

} // namespace troupe::bench
