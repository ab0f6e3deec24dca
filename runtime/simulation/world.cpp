#include "runtime/simulation/world.hpp"

#include <algorithm>
#include <iomanip>
#include <sstream>

#include "runtime/simulation/agent_node.hpp"
#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/orchestrator_node.hpp"
#include "runtime/simulation/people.hpp"
#include "runtime/simulation/simulated_bus.hpp"
#include "runtime/simulation/simulated_store.hpp"
#include "runtime/supervision/event.hpp"

namespace troupe::simulation {
namespace {

/// After the last run has ended: what is still on its way may yet do harm.
constexpr Time aftermath{5'000};

} // namespace

World::World(const Scenario& scenario, std::uint64_t seed, bool traced)
    : scenario_{scenario},
      entropy_{seed},
      traced_{traced},
      auditor_{std::make_unique<Auditor>(*this)},
      people_{std::make_unique<People>(*this)},
      bus_{std::make_unique<SimulatedBus>(*this)},
      store_{std::make_unique<SimulatedStore>(*this)} {
  for (unsigned i = 1; i <= scenario_.orchestrators; ++i) {
    auto node = std::make_unique<OrchestratorNode>(*this, "orchestrator-" + std::to_string(i));
    orchestrators_.push_back(node.get());
    processes_.push_back(std::move(node));
  }
  for (unsigned i = 1; i <= scenario_.agents; ++i) {
    processes_.push_back(std::make_unique<AgentNode>(*this, "agent-" + std::to_string(i), seed,
                                                     i != 1 || scenario_.agents == 1));
    agents_.push_back(processes_.back().get());
  }
  for (const auto& process : processes_)
    agenda_.after(Time{below(500)}, [&process = *process] { process.start(); });
  for (unsigned i = 0; i < scenario_.runs; ++i) plan_run();
  plan_faults();
}

World::~World() = default;

bool World::chance(double probability) { return faulty() && coin(probability); }

void World::trace(std::string line) {
  if (!traced_) return;
  std::ostringstream text;
  text << std::setw(9) << std::fixed << std::setprecision(3)
       << static_cast<double>(agenda_.now().count()) / 1000 << "  " << line;
  lines_.push_back(text.str());
}

void World::run() {
  Time ended{-1};
  while (!auditor_->violation() && agenda_.step()) {
    const Time now = agenda_.now();
    if (auditor_->unfinished() == 0 && ended < Time{0}) ended = now;
    if (ended >= Time{0} && now > ended + aftermath) break;
    if (now > scenario_.faults.until + scenario_.patience) break;
  }
  if (!auditor_->violation()) auditor_->conclude();
}

// ---- what people ask for

void World::plan_run() {
  ports::NewJob job;
  const Instant at{std::chrono::seconds{1'700'000'000}};
  job.id = entropy_.make_id<JobId>(at);
  job.run = entropy_.make_id<RunId>(at);
  job.append = entropy_.make_id<AppendId>(at);
  job.at = at;
  job.title = scenario_.bundle->plan.name;
  supervision::RunCreated created;
  created.job = job.id;
  created.title = created.plan = job.title;
  created.inputs = scenario_.inputs;
  job.body = supervision::encode({created});
  auditor_->submitted(job);
  const Time submitted{below(3'000)};
  agenda_.after(submitted, [this, job] {
    trace("a job is submitted");
    if (auto* node = any_orchestrator(); node->alive()) node->submit(job);
  });
  agenda_.after(submitted + Time{2'000}, [this, job] { // whoever asked for it asks again
    if (const auto done = store_->database().submit(job); !done)
      auditor_->violated("a_job_is_taken", done.error().message);
  });
  const Time last = scenario_.faults.until;
  for (unsigned i = 0; i < scenario_.signals; ++i)
    agenda_.after(Time{3'000 + below(last.count())}, [this, run = job.run, i] {
      post(run, {"signal-" + std::to_string(i), "signal",
                 JsonText{R"({"name":"s)" + std::to_string(i % 3) + R"(","body":{}})"}});
    });
  if (coin(scenario_.cancelled))
    agenda_.after(Time{3'000 + below(last.count())}, [this, run = job.run] {
      post(run, {"cancel", "cancel", JsonText{R"({"reason":"a person said so"})"}});
    });
}

OrchestratorNode* World::any_orchestrator() {
  return orchestrators_[static_cast<std::size_t>(
      below(static_cast<std::int64_t>(orchestrators_.size())))];
}

void World::post(RunId run, const ports::InboxRow& row) {
  const auto recorded = store_->database().post_inbox(run, row);
  if (!recorded || !*recorded) return; // it has ended
  trace("recorded: " + row.id);
  if (row.kind == "signal") auditor_->posted(run, row.id);
  const auto known = store_->database().get_run(run);
  auto* from = any_orchestrator();
  if (!from->alive() || !known || !known->owner) return; // a sweep will find it
  message::Context context;
  context.run = run;
  bus_->publish(*from, "http",
                {"run", known->owner_node, known->owner_node + "/orchestrator", context,
                 message::RunSignal{}});
}

// ---- faults

void World::died(Process& process) {
  // Most come back soon; some are not missed by anybody before.
  const Time away{coin(0.7) ? 200 + below(3'000) : 5'000 + below(20'000)};
  agenda_.after(away, [&process] { process.start(); });
}

void World::link_changed(Process& process) {
  if (!process.link_up()) bus_->link_lost(process);
  process.notice_link();
}

void World::cut_bus(bool cut) {
  bus_up_ = !cut;
  trace(cut ? "THE BUS IS DOWN" : "the bus is up");
  bus_changed_at_ = agenda_.now();
  for (const auto& process : processes_) link_changed(*process);
}

Process& World::any_process() {
  return *processes_[static_cast<std::size_t>(below(static_cast<std::int64_t>(processes_.size())))];
}

/// `begin` at some time, and `end` so long after it.
void World::plan_fault(unsigned at_most, std::int64_t longest, const Fault& begin,
                       const Fault& end) {
  for (auto left = below(at_most + 1); left > 0; --left) {
    auto* process = &any_process();
    // Half of them are short; a few last long.
    const std::int64_t bound = coin(0.5) ? longest / 5 : longest;
    const Time duration{100 + below(bound)};
    agenda_.after(Time{below(scenario_.faults.until.count())}, [=, this] {
      begin(*process);
      agenda_.after(duration, [=] { end(*process); });
    });
  }
}

void World::plan_faults() {
  const auto& faults = scenario_.faults;
  const Fault nothing = [](Process&) {};
  plan_fault(
      faults.crashes, 1, [](Process& process) { process.kill(); }, nothing);
  plan_fault(
      faults.drains, 1, [](Process& process) { process.drain(); }, nothing);
  plan_fault(
      faults.pauses, 25'000, [](Process& process) { process.pause(); },
      [](Process& process) { process.resume(); });
  plan_fault(
      faults.link_cuts, 10'000, [](Process& process) { process.cut_link(true); },
      [](Process& process) { process.cut_link(false); });
  plan_fault(
      faults.bus_outages, 8'000, [this](Process&) { cut_bus(true); },
      [this](Process&) { cut_bus(false); });
  plan_fault(
      faults.clock_jumps, 1,
      [this](Process& process) {
        const std::int64_t furthest = coin(0.5) ? 20'000 : 600'000;
        const Millis by{below(2 * furthest) - furthest};
        trace(process.name() + ": THE DATE JUMPS by " + std::to_string(by.count()) + " ms");
        process.jump_date(by);
      },
      nothing);
  plan_fault(
      faults.store_outages, 10'000,
      [this](Process&) {
        trace("THE STORE IS DOWN");
        store_->outage(true);
      },
      [this](Process&) {
        trace("the store is up");
        store_->outage(false);
      });
  plan_fault(
      faults.store_slow, 15'000, [this](Process&) { store_->slow(true); },
      [this](Process&) { store_->slow(false); });
}

} // namespace troupe::simulation
