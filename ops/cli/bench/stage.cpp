#include "ops/cli/bench/stage.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "ops/cli/bench/usage.hpp"
#include "ops/cli/dev/child_failure.hpp"
#include "ops/cli/files.hpp"
#include "runtime/log.hpp"

namespace troupe::bench {

using cli::ExitCode;
using cli::Failure;

namespace {

constexpr Millis start_limit{60'000};

void notice(const std::string& text) { std::fprintf(stderr, "troupe: %s\n", text.c_str()); }

} // namespace

Stage::Stage(Servers servers)
    : path_{cli::make_temporary_folder("bench")}, folder_{path_}, supervisor_{notice} {
  if (servers.nats) {
    nats_.emplace(folder_);
    folder_.fresh_log("nats");
    supervisor_.start(nats_->spec());
  }
  if (servers.postgres) {
    postgres_.emplace(folder_, supervisor_);
    folder_.fresh_log("postgres");
    supervisor_.start(postgres_->spec());
  }
  wait_for("the servers",
           [&] { return (!nats_ || nats_->ready()) && (!postgres_ || postgres_->ready()); });
  if (postgres_) postgres_->ensure_database();
  log::start("bench", log::Level::warn, folder_.at("logs/bench.log"));
}

Stage::~Stage() {
  supervisor_.stop_all();
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Stage::start_node(const std::string& name, const std::string& settings) {
  const auto file = folder_.at(name + ".json");
  cli::write_file_atomically(file, settings + "\n", 0600);
  dev::ChildSpec spec;
  spec.name = name;
  spec.program = "/proc/self/exe";
  spec.argv = {"troupe", "node", "--json", "--config", file};
  spec.log_file = folder_.fresh_log(name);
  supervisor_.start(std::move(spec));
}

std::string Stage::postgres_url(const std::string& database) const {
  postgres_->ensure_database(database);
  return postgres_->url(database);
}

std::string Stage::wait_for_node(const std::string& name) {
  std::string ready;
  wait_for(name, [&] {
    std::ifstream log{folder_.at("logs/" + name + ".log")};
    while (std::getline(log, ready))
      if (ready.starts_with(R"({"ready":true)")) return true;
    return false;
  });
  const auto http = ready.find("http://");
  return http == std::string::npos ? "" : ready.substr(http, ready.find('"', http) - http);
}

pid_t Stage::pid_of(const std::string& name) const {
  const auto found = supervisor_.find(name);
  return found ? found->pid : 0;
}

bool Stage::run_until(Millis limit, const std::function<bool()>& condition) {
  switch (supervisor_.run(limit, condition)) {
    case dev::Wake::condition: return true;
    case dev::Wake::timeout: return false;
    case dev::Wake::stop: throw Failure{ExitCode::interrupted, "interrupted"};
    case dev::Wake::child_ended: break;
  }
  const auto& child = *supervisor_.ended();
  throw dev::child_failure(child, folder_.at("logs/" + child.name + ".log"));
}

void Stage::wait_for(const std::string& what, const std::function<bool()>& condition) {
  if (!run_until(start_limit, condition))
    throw Failure{ExitCode::unavailable,
                  what + " did not get ready within " + format_duration(start_limit)};
}

void Stage::let_pass(Millis time) { run_until(time, {}); }

double Stage::processor_seconds() const { return bench::processor_seconds({::getpid()}); }

} // namespace troupe::bench
