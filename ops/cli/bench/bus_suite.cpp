#include "actors/link.hpp"
#include "ops/cli/bench/in_flight.hpp"
#include "ops/cli/bench/local_node.hpp"
#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/bench/raw_nats.hpp"
#include "ops/cli/bench/suites.hpp"
#include "runtime/message/codec.hpp"

namespace troupe::bench {
namespace {

constexpr Millis answer_limit{10'000};

/// Asks an agent host, an actor of another node, what became of an attempt it never heard of.
class Asker {
 public:
  Asker(const actors::Link& link, std::string node) : link_{link}, node_{std::move(node)} {
    context_.run = SystemEntropy{}.make_id<RunId>(SystemClock{}.now());
    context_.step = "examine/probe";
    context_.attempt = 1;
    context_.epoch = 1;
  }

  Kept keep_up(unsigned in_flight, Millis time) const {
    return keep_in_flight(in_flight, time, [this](unsigned, EndOfCall ended) {
      link_.ask("task", node_, request(), answer_limit,
                [ended = std::move(ended)](const auto& answer) {
                  ended(answer ? "" : answer.error().message);
                });
    });
  }
  message::AgentMessage request() const {
    return link_.make("run", node_ + "/agent_host", context_, message::TaskStatus{});
  }
  /// One answer, when the node is there.
  std::optional<message::AgentMessage> probe() const {
    auto promise = std::make_shared<std::promise<std::optional<message::AgentMessage>>>();
    auto answer = promise->get_future();
    link_.ask("task", node_, request(), answer_limit, [promise](auto got) {
      promise->set_value(got ? std::optional{*std::move(got)} : std::nullopt);
    });
    return answer.get();
  }

 private:
  const actors::Link& link_;
  const std::string node_;
  message::Context context_;
};

/// What libnats does alone with payloads of the same size.
void add_limits(Report& report, const Stage& stage, const BenchOptions& options, RawNatsOptions raw,
                double per_s) {
  raw.time = options.raw_time();
  raw.in_flight = options.in_flight;
  options.tell("the limit: libnats alone, each message sent at once");
  raw.at_once = true;
  const auto at_once = measure_raw_nats(stage.nats_url(), raw);
  options.tell("the limit: libnats alone, messages held back a millisecond to go together");
  raw.at_once = false;
  const auto together = measure_raw_nats(stage.nats_url(), raw);
  options.tell("the limit: libnats alone, one request after the other");
  raw.at_once = true;
  raw.in_flight = 1;
  const auto alone = measure_raw_nats(stage.nats_url(), raw);
  report.add("raw_round_trips_per_s", at_once.round_trips_per_s,
             "of libnats alone, as many in flight, each message sent at once");
  report.add("ratio_of_raw", per_s / at_once.round_trips_per_s, "of that the engine reaches", 2);
  report.add("raw_together_round_trips_per_s", together.round_trips_per_s,
             "of libnats alone, each message held back for up to a millisecond so that many go "
             "together");
  report.add("ratio_of_raw_together", per_s / together.round_trips_per_s,
             "of that the engine reaches, which holds nothing back", 2);
  report.add("raw_alone_p50_ms", percentile(alone.ms, 0.5),
             "one round trip of libnats alone, half of them within, ms", 3);
  report.add("raw_alone_p99_ms", percentile(alone.ms, 0.99),
             "one round trip of libnats alone, 99 % of them within, ms", 3);
}

} // namespace

Report bench_bus(const BenchOptions& options) {
  options.tell("the servers start");
  Stage stage{{.nats = true}};
  LocalNode node{stage, {.name = "answerer", .slots = 8}};
  const auto bus = connect_bus(stage, "asker");
  const actors::Link link{*bus, LocalNodeOptions{}.cluster, "asker"};
  Asker asker{link, "answerer"};
  std::optional<message::AgentMessage> answer;
  stage.wait_for("the node", [&] { return (answer = asker.probe()).has_value(); });
  const RawNatsOptions bytes{.request_bytes = message::encode(asker.request()).size(),
                             .answer_bytes = message::encode(*answer).size()};

  Report report{"bus",
                "AgentMessages from one node's link to an actor of another node (task.status to "
                "its agent host, answered bus.not_here) and back, each way encoded, with headers, "
                "over a connection of its own to nats-server, checked and decoded; " +
                    std::to_string(options.in_flight) + " in flight, then one; " +
                    std::to_string(bytes.request_bytes) + " bytes there and " +
                    std::to_string(bytes.answer_bytes) +
                    " back, without headers. Both nodes are in this process. The limit: libnats "
                    "with as many bytes, without headers."};
  options.tell(std::to_string(options.in_flight) + " messages in flight");
  (void)asker.keep_up(options.in_flight, options.warm_up());
  const auto cpu = stage.processor_seconds();
  auto busy = asker.keep_up(options.in_flight, options.time);
  const auto spent = stage.processor_seconds() - cpu;
  report.add("round_trips_per_s", busy.per_s, "round trips a second");
  report.add("cpu_s_per_1000_round_trips", per_thousand(spent, busy.ms.size()),
             "processor seconds for 1,000 round trips, of everything together", 4);
  report.add_latencies("round_trip", std::move(busy.ms), "a round trip among so many");
  options.tell("one message after the other");
  report.add_latencies("alone", asker.keep_up(1, options.warm_up()).ms, "a round trip alone", 3);
  add_limits(report, stage, options, bytes, busy.per_s);
  return report;
}

} // namespace troupe::bench
