#include "tests/chaos/cluster.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "tests/support/eventually.hpp"
#include "tests/support/troupe_process.hpp"

namespace troupe::chaos {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string database_name(const std::string& url) { return url.substr(url.rfind('=') + 1); }

} // namespace

Cluster::Cluster(const fs::path& keep)
    : folder_{keep.empty() ? temporary_.path() : keep}, database_{postgres_.create_database()} {
  fs::create_directories(folder_);
  ledger_ = folder_ / "ledger.jsonl";
  fs::remove(ledger_);
  std::ofstream{ledger_}.close();
  for (const auto node : all_nodes) prepare(node);
  for (const auto node : all_nodes) start(node);
  const auto all_ready = [&] {
    return std::all_of(std::begin(all_nodes), std::end(all_nodes),
                       [&](Node node) { return is_ready(node); });
  };
  if (!support::eventually(all_ready, std::chrono::seconds{60}))
    throw std::runtime_error{"the cluster did not get ready; the logs say:\n" +
                             content(log(Node::owner)) + content(log(Node::agent))};
}

Cluster::~Cluster() { stop(); }

void Cluster::prepare(Node node) {
  auto& member = nodes_[node];
  member.sockets = std::make_unique<support::TemporaryFolder>("troupe-cut");
  constexpr const char* socket = ".s.PGSQL.5432";
  member.postgres = std::make_unique<support::SocketProxy>(member.sockets->path() / socket,
                                                           postgres_.folder() / socket);
  member.bus = std::make_unique<support::SocketProxy>(nats_.port());

  const std::string name{name_of(node)};
  const auto team = support::source_folder() + "/tests/chaos/team/team.yaml";
  json::object settings{
      // with room enough for a survivor to take up everything
      {"cluster", "chaos"},
      {"node",
       {{"name", name},
        {"orchestrator", owns_runs(node)},
        {"agent", runs_attempts(node)},
        {"slots", 64}}},
      {"nats", {{"url", "nats://127.0.0.1:" + std::to_string(member.bus->port())}}},
      {"data_dir", (folder_ / "work").string()},
      {"log", {{"level", "info"}}},
      {"toolkits", {{"ledger", {{"file", ledger_.string()}}}}}};
  if (owns_runs(node)) {
    const auto port = std::to_string(support::free_port());
    urls_.push_back("http://127.0.0.1:" + port);
    settings["http"] = {{"listen", "127.0.0.1:" + port}};
    settings["teams"] = json::array{team};
    settings["postgres"] = {{"url", "host=" + member.sockets->path().string() +
                                        " user=app dbname=" + database_name(database_)}};
  }
  std::ofstream{folder_ / (name + ".json")} << json::serialize(settings);
  fs::remove(log(node));
}

void Cluster::start(Node node) {
  auto& member = nodes_.at(node);
  support::ChildOptions child;
  child.argv = {TROUPE_BINARY_DIR "/troupe",
                "node",
                "--config",
                folder_ / (std::string{name_of(node)} + ".json"),
                "--wait-for-services",
                "60s"};
  child.output = log(node);
  member.process.reset(); // the one before is reaped first
  std::error_code none;
  const auto logged = fs::file_size(log(node), none);
  member.log_from = none ? 0 : logged;
  member.process = std::make_unique<support::ChildProcess>(child);
  member.down = false;
}

fs::path Cluster::log(Node node) const { return folder_ / (std::string{name_of(node)} + ".log"); }

bool Cluster::is_ready(Node node) const {
  const auto& member = nodes_.at(node);
  if (member.down) return false;
  const std::string ready = "node " + std::string{name_of(node)} + " is ready";
  return content(log(node)).find(ready, member.log_from) != std::string::npos;
}

void Cluster::strike(const Fault& fault) {
  switch (fault.kind) {
    case Kind::kill_node:
      nodes_.at(fault.node).down = true;
      nodes_.at(fault.node).process->stop(SIGKILL);
      break;
    case Kind::kill_postgres: postgres_.kill(); break;
    case Kind::kill_bus: nats_.kill(); break;
    case Kind::pause_node: nodes_.at(fault.node).process->signal(SIGSTOP); break;
    default: cut(fault, true);
  }
}

void Cluster::mend(const Fault& fault) {
  switch (fault.kind) {
    case Kind::kill_node: start(fault.node); break;
    case Kind::kill_postgres: postgres_.start(); break;
    case Kind::kill_bus: nats_.start(); break;
    case Kind::pause_node: nodes_.at(fault.node).process->signal(SIGCONT); break;
    default: cut(fault, false);
  }
}

void Cluster::cut(const Fault& fault, bool on) {
  auto& member = nodes_.at(fault.node);
  const auto sever = [&](support::SocketProxy& proxy) {
    switch (fault.cut) {
      case Cut::once:
        if (on) proxy.cut_all();
        break;
      case Cut::unplugged: proxy.unplug(on); break;
      case Cut::held: proxy.hold(on); break;
    }
  };
  if (fault.kind != Kind::cut_postgres) sever(*member.bus);
  if (fault.kind != Kind::cut_bus) sever(*member.postgres);
}

unsigned Cluster::look_after() {
  for (auto& [node, member] : nodes_)
    if (!member.down && !member.process->running()) {
      ++unexpected_ends_;
      start(node);
    }
  return unexpected_ends_;
}

void Cluster::stop() {
  for (auto& [node, member] : nodes_)
    if (member.process) member.process->signal(SIGCONT);
  for (auto& [node, member] : nodes_) {
    if (member.process) member.process->stop(SIGTERM);
    member.process.reset();
  }
}

} // namespace troupe::chaos
