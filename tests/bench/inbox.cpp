// One run that takes signals as fast as they come (README.md).
#include <cstdio>

#include "tests/bench/measuring.hpp"
#include "tests/support/store_calls.hpp"

using namespace troupe;
using namespace troupe::bench;

namespace {

/// Posts number after number, with a bounded number on their way.
class Poster {
 public:
  Poster(const std::string& url, RunId run, long count, Loop& loop)
      : calls_{open_store(url), "poster", 2}, run_{run}, count_{count}, loop_{loop} {}

  void go_on() {
    for (; posted < count_ && on_their_way_ < 500; ++on_their_way_) {
      const auto id = std::to_string(posted++);
      calls_.store->jobs().post_inbox(
          run_, {id, "signal", JsonText{R"({"name":"n","body":)" + id + "}"}, calls_.now},
          [this, begin = Steady::now()](auto recorded) {
            if (!recorded.ok() || !*recorded) std::abort();
            loop_.post([this, begin] {
              post_ms.push_back(ms_since(begin));
              --on_their_way_;
              go_on();
            });
          });
    }
  }

  long posted = 0;
  std::vector<double> post_ms;

 private:
  support::StoreCalls calls_;
  const RunId run_;
  const long count_;
  long on_their_way_ = 0;
  Loop& loop_;
};

/// Reads what came page by page, and takes it with an append.
class Owner {
 public:
  Owner(support::StoreCalls& calls, RunId run, Loop& loop)
      : calls_{calls}, run_{run}, loop_{loop} {}

  void read() {
    calls_.store->jobs().read_inbox(run_, place_, limits::inbox_page_rows, [this](auto rows) {
      loop_.post([this, rows = *std::move(rows)] { rows.empty() ? read() : take(rows); });
    });
  }

  long taken = 0;
  std::size_t appends = 0;

 private:
  void take(const std::vector<ports::InboxRow>& rows) {
    auto append = calls_.new_append(run_, ++seq_);
    for (const auto& row : rows) {
      if (row.id != std::to_string(taken++)) std::abort(); // in order, each once
      append.inbox_applied.push_back(row.id);
    }
    place_ = rows.back().place;
    ++appends;
    calls_.store->journal().append(append, [this](auto outcome) {
      if (outcome != ports::AppendOutcome::durable) std::abort();
      loop_.post([this] { read(); });
    });
  }

  support::StoreCalls& calls_;
  const RunId run_;
  Loop& loop_;
  Seq seq_ = 0;
  std::uint64_t place_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  const Arguments arguments{argc, argv};
  const long signals = arguments.number("signals", 20'000);
  const auto url = arguments.url();
  support::StoreCalls calls{open_store(url), "owner", 1};
  const auto job = calls.new_job();
  if (!calls.submit(job).ok() || calls.claim().size() != 1) return 1;
  Loop loop;
  Poster poster{url, job.run, signals, loop};
  Owner owner{calls, job.run, loop};
  const auto begin = Steady::now();
  poster.go_on();
  owner.read();
  loop.run([&] { return owner.taken == signals; });
  const auto seconds = ms_since(begin) / 1000;
  std::printf(
      "{\"signals\":%ld,\"seconds\":%.2f,\"per_second\":%.0f,\"appends\":%zu,\"post_p50_ms\":%.1f,"
      "\"post_p99_ms\":%.1f}\n",
      signals, seconds, static_cast<double>(signals) / seconds, owner.appends,
      percentile(poster.post_ms, 0.5), percentile(poster.post_ms, 0.99));
  std::fflush(stdout);
  std::_Exit(0); // a read may be under way
}
