#include "tests/chaos/workload.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <set>

#include "net/http/client.hpp"
#include "runtime/supervision/event.hpp"
#include "tests/support/eventually.hpp"

namespace troupe::chaos {
namespace {

namespace json = boost::json;

constexpr unsigned open_runs = 14; // at a time
constexpr Millis turn_length{100};
constexpr Millis request_timeout{1'500}; // whoever is paused does not answer
constexpr Millis again_after{150};

struct PlanKind {
  const char* name;
  const char* expected;
};
constexpr PlanKind plans[] = {{"order", "completed"},    {"fleet", "completed"},
                              {"branches", "completed"}, {"await", "completed"},
                              {"again", "completed"},    {"undone", "failed"}};

Instant now() { return SystemClock{}.now(); }

std::set<std::string> keys_in(const std::filesystem::path& ledger) {
  std::ifstream file{ledger, std::ios::binary};
  std::set<std::string> keys;
  for (auto& line : read_ledger({std::istreambuf_iterator<char>{file}, {}}))
    keys.insert(std::move(line.key));
  return keys;
}

} // namespace

Workload::Workload(Places places, std::uint64_t seed)
    : places_{std::move(places)}, dice_{~seed}, http_{http::make_client()} {
  thread_ = std::thread{[this] { run(); }};
}

Workload::~Workload() {
  stop_ = true;
  thread_.join();
}

std::vector<RunRecord> Workload::accepted() const {
  const std::lock_guard lock{jobs_lock_};
  return jobs_;
}

Instant Workload::soon(Millis most) {
  return now() +
         Millis{static_cast<Millis::rep>(dice_() % static_cast<std::uint64_t>(most.count()))};
}

void Workload::run() {
  std::unique_ptr<support::Sql> sql;
  while (!stop_) {
    const auto until = now() + turn_length;
    if (open_) submit_some();
    do_due();
    try {
      if (!sql) sql = std::make_unique<support::Sql>(places_.database);
      look_around(*sql);
    } catch (const std::runtime_error&) { // Postgres is down
      sql.reset();
    }
    support::eventually([&] { return stop_ || now() >= until; });
  }
}

void Workload::submit_some() {
  const auto waiting = std::count_if(tasks_.begin(), tasks_.end(),
                                     [](const Task& task) { return !task.job.plan.empty(); });
  if (accepted_ + static_cast<unsigned>(waiting) >= ended_ + open_runs) return;
  const auto& plan = plans[dice_() % std::size(plans)];
  Task task;
  task.path = "/v1/jobs";
  task.key = "chaos-" + std::to_string(++submitted_);
  task.job.plan = plan.name;
  task.job.expected = plan.expected;
  task.body = json::serialize(
      json::object{{"team", "chaos"},
                   {"plan_name", plan.name},
                   {"idempotency_key", task.key},
                   {"inputs", {{"takes", std::to_string(20 + dice_() % 600) + "ms"}}}});
  tasks_.push_back(std::move(task));
}

void Workload::look_around(support::Sql& sql) {
  ended_ = static_cast<unsigned>(
      std::stoul(sql.value("SELECT count(*) FROM runs WHERE state <> 'running'")));
  over_ = !open_ && tasks_.empty() && ended_ >= accepted_;
  std::map<std::string, support::Sql::Rows> runs;
  for (auto& row : sql.run("SELECT j.run, j.body FROM journal j WHERE j.run IN (SELECT x.run FROM "
                           "journal x JOIN runs r ON r.id = x.run WHERE r.state = 'running' AND "
                           "x.body LIKE '%\"activity.unknown\"%') ORDER BY j.run, j.seq"))
    runs[row[0]].push_back(std::move(row));
  for (const auto& [run, rows] : runs) resolve_unknown(run, rows);
}

/// Tells, once for each time that a call's outcome became unknown, what the ledger says.
void Workload::resolve_unknown(const std::string& run, const support::Sql::Rows& rows) {
  using namespace supervision;
  struct Unknown {
    std::string step, tool;
    unsigned times = 0;
    bool open = false;
  };
  std::map<std::string, Unknown> calls; // by key
  std::map<std::string, std::uint32_t> iterations;
  for (const auto& row : rows) {
    const auto events = decode(row[1]);
    if (!events) continue; // the audit says so
    for (const auto& event : *events) {
      if (const auto* e = std::get_if<AttemptAssigned>(&event)) iterations[e->step] = e->iteration;
      const auto key = [&](const auto& e) {
        return ledger_key(run, e.step, iterations[e.step], e.key);
      };
      if (const auto* e = std::get_if<ActivityUnknown>(&event)) {
        auto& call = calls[key(*e)];
        call = {e->step, e->key.tool, call.times + 1, true};
      }
      if (const auto* e = std::get_if<ActivityResolved>(&event)) calls[key(*e)].open = false;
      if (const auto* e = std::get_if<supervision::ActivitySettled>(&event))
        calls[key(*e)].open = false;
    }
  }
  for (const auto& [key, call] : calls) {
    if (!call.open || !resolved_.emplace(key + std::to_string(call.times), true).second) continue;
    const bool happened = keys_in(places_.ledger).contains(key);
    Task task;
    task.path = "/v1/runs/" + run + "/resolve";
    task.body = json::serialize(json::object{{"step", call.step},
                                             {"tool", call.tool},
                                             {"happened", happened},
                                             {"output", {{"entry", ""}, {"written", true}}},
                                             {"by", "somebody who read the ledger"}});
    tasks_.push_back(std::move(task));
  }
}

void Workload::do_due() {
  std::vector<Task> due;
  std::erase_if(tasks_, [&](Task& task) {
    if (task.due > now()) return false;
    due.push_back(std::move(task));
    return true;
  });
  for (auto& task : due)
    if (!send(task)) {
      task.due = now() + again_after;
      tasks_.push_back(std::move(task));
    }
}

/// True: it was taken, or can never be (a run that ended takes nothing more).
bool Workload::send(Task& task) {
  ports::HttpRequest request;
  request.method = "POST";
  request.url = places_.urls[turn_++ % places_.urls.size()] + task.path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = task.body;
  request.timeout = request_timeout;
  const auto answer = http_->send(request, {});
  if (!answer || answer->status >= 500 || answer->status == 429) return false;
  if (!task.job.plan.empty() && answer->status < 300) accept(task, answer->body);
  return answer->status < 300 || task.job.plan.empty();
}

void Workload::accept(const Task& task, const std::string& body) {
  auto job = task.job;
  job.id = std::string{json::parse(body).at("run").as_string()};
  ++accepted_;
  if (job.plan == "await") {
    Task word;
    word.path = "/v1/runs/" + job.id + "/signals/go";
    word.body = "{}";
    word.due = soon(Millis{6'000});
    tasks_.push_back(std::move(word));
  }
  const std::lock_guard lock{jobs_lock_};
  jobs_.push_back(std::move(job));
}

} // namespace troupe::chaos
