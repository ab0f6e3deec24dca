#include <boost/json.hpp>
#include <cstring>

#include "ops/cli/bench/measuring.hpp"
#include "ops/cli/bench/suites.hpp"
#include "runtime/message/codec.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::bench {
namespace {

/// How often a second `work` is done in so much time, and the ns of each.
struct Pace {
  double per_s = 0, ns = 0;
};

Pace pace_of(Millis time, const std::function<void()>& work) {
  constexpr unsigned between_looks = 64;
  const auto begin = Steady::now();
  std::uint64_t done = 0;
  do {
    for (unsigned i = 0; i < between_looks; ++i) work();
    done += between_looks;
  } while (Steady::now() - begin < time);
  const auto ms = ms_since(begin);
  return {static_cast<double>(done) / ms * 1'000, ms * 1e6 / static_cast<double>(done)};
}

/// What must not be left out by the compiler.
volatile std::size_t sink = 0;

message::AgentMessage assignment() {
  SystemEntropy entropy;
  const auto now = SystemClock{}.now();
  message::TaskAssigned task;
  task.role = {"diagnostician",
               "runbook",
               "",
               JsonText{R"({"runbook":"diagnose","rules":[]})"},
               {"probe.http", "service.*", "logs.read"},
               std::string(64, 'a')};
  task.task = JsonText{R"({"goal":"Find out why it is down","service":"nginx"})"};
  task.context = JsonText{
      R"({"job":{"id":"01a1fa42-207b-7510-aa4c-364796553b00","title":"nginx is down"},"alerts":[)"
      R"({"labels":{"alertname":"ServiceDown","service":"nginx","severity":"critical"}}]})"};
  task.recorded = {{{false, "probe.http", 0},
                    std::string(64, 'b'),
                    JsonText{R"({"url":"http://127.0.0.1/healthz"})"},
                    {JsonText{R"({"ok":false,"reason":"connection refused"})"}, std::nullopt},
                    12}};
  task.timeout_ms = 60'000;
  message::AgentMessage out;
  out.id = entropy.make_id<MessageId>(now);
  out.sender = "orchestrator-1/run";
  out.recipient = "agent-1/agent_host";
  out.context = {entropy.make_id<RunId>(now), "examine/probe", 0, 3, 1};
  out.timestamp = now;
  out.trace = "00-0af7651916cd43dd8448eb211c80319c-0000000000000004-01";
  out.body = std::move(task);
  return out;
}

/// The decision of a sequential chain: one step ends, the next is assigned.
std::vector<supervision::Event> decision() {
  const auto now = SystemClock{}.now();
  supervision::StepCompleted completed;
  completed.step = "examine/probe";
  completed.attempt = 3;
  completed.output = JsonText{R"({"cause":"process_gone","service":"nginx","checked":3})"};
  supervision::AttemptAssigned assigned;
  assigned.step = "restart";
  assigned.attempt = 4;
  assigned.node = "agent-1";
  assigned.incarnation = SystemEntropy{}.make_id<IncarnationId>(now);
  assigned.task = JsonText{R"({"service":"nginx","wait":{"seconds":1.5}})"};
  return {completed, supervision::StepReady{"restart"}, assigned};
}

/// Both ways, beside what it costs to copy and to parse the same text.
void add_paces(Report& report, const std::string& name, const std::string& words,
               const std::string& text, Millis time, const std::function<void()>& encode,
               const std::function<void()>& decode) {
  const auto add = [&](const std::string& figure, const Pace& pace, const std::string& what) {
    report.add(figure + "_per_s", pace.per_s, what + " a second");
    report.add(figure + "_ns", pace.ns, what + ", ns each");
  };
  report.add(name + "_bytes", static_cast<double>(text.size()), words + ", bytes of its JSON");
  const auto encoded = pace_of(time, encode), decoded = pace_of(time, decode);
  add(name + "_encode", encoded, words + ", written");
  add(name + "_decode", decoded, words + ", read");
  std::string copy(text.size(), '\0');
  const auto copied = pace_of(time / 4, [&] {
    std::memcpy(copy.data(), text.data(), text.size());
    sink = sink + static_cast<unsigned char>(copy[sink % copy.size()]);
  });
  const auto parsed = pace_of(time / 4, [&] { sink = boost::json::parse(text).is_object(); });
  add("raw_" + name + "_copy", copied, words + ", its text copied");
  add("raw_" + name + "_parse", parsed, words + ", its text parsed by Boost.JSON into a tree");
  report.add(name + "_decode_ratio_of_parse", decoded.per_s / parsed.per_s,
             words + ", read, by how often Boost.JSON parses it", 2);
}

} // namespace

Report bench_codec(const BenchOptions& options) {
  Report report{"codec",
                "On one thread: the AgentMessage task.assigned of a step with one recorded "
                "activity, and the journal's append of one decision (a step ends, the next is "
                "ready and assigned), from structs to JSON and from JSON to checked structs; "
                "beside memcpy and Boost.JSON on the same text."};
  const auto message = assignment();
  const auto message_text = message::encode(message);
  options.tell("messages");
  add_paces(
      report, "message", "a message", message_text, options.time / 4,
      [&] { sink = message::encode(message).size(); },
      [&] { sink = message::decode(message_text).ok(); });
  const auto events = decision();
  const auto events_text = supervision::encode(events);
  options.tell("appends of the journal");
  add_paces(
      report, "append", "an append", events_text, options.time / 4,
      [&] { sink = supervision::encode(events).size(); },
      [&] { sink = supervision::decode(events_text).ok(); });
  return report;
}

} // namespace troupe::bench
