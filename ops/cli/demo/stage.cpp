#include "ops/cli/demo/stage.hpp"

#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "net/http/client.hpp"
#include "ops/cli/dev/child_failure.hpp"
#include "ops/cli/dev/free_port.hpp"
#include "ops/cli/files.hpp"
#include "ops/cli/view/json_reading.hpp"

namespace troupe::demo {

using cli::ExitCode;
using cli::Failure;
using dev::Wake;
namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

constexpr Millis start_limit{60'000};

/// A demo clears what an earlier one left in its folder, so it takes no folder of anybody else.
std::string chosen_folder(const std::string& named) {
  if (!named.empty()) {
    std::error_code none;
    bool strange =
        fs::exists(named, none) && !fs::is_empty(named, none) && !fs::exists(named + "/lock", none);
    if (!strange) return named;
    throw Failure{
        ExitCode::cannot_create,
        named + " holds files that are not a demo's; choose an empty or a new folder with --data"};
  }
  return cli::make_temporary_folder("demo");
}

/// Of a demo that was killed: its processes, and the runs that its cluster would take up again.
void clear_leftovers(const dev::DataFolder& folder) {
  dev::stop_recorded(folder.at("processes.json"));
  dev::stop_recorded(folder.at("troupe/processes.json"));
  std::error_code error;
  fs::remove_all(folder.at("troupe"), error);
  if (error) throw cli::file_failure("remove", folder.at("troupe"), error.value());
}

} // namespace

Stage::Stage(const std::string& data, dev::OnNotice notice)
    : folder_{chosen_folder(data)},
      supervisor_{std::move(notice), (clear_leftovers(folder_), folder_.at("processes.json"))},
      http_{http::make_client()},
      api_{http_, {"http://127.0.0.1:" + std::to_string(dev::free_port()), "the demo's", false}} {}

Stage::~Stage() { supervisor_.stop_all(); }

void Stage::start_troupe(const json::object& settings, unsigned agents) {
  cli::write_file_atomically(folder_.at("settings.json"), json::serialize(settings) + "\n");
  dev::ChildSpec spec;
  spec.name = "dev";
  spec.program = "/proc/self/exe";
  spec.argv = {"troupe",
               "dev",
               "--json",
               "--agents",
               std::to_string(agents),
               "--data",
               folder_.at("troupe"),
               "--listen",
               api_.server().url.substr(7),
               "--config",
               folder_.at("settings.json")};
  spec.log_file = folder_.fresh_log("dev");
  spec.stop_grace = Millis{30'000};
  spec.death_signal = SIGTERM; // it stops its own children in order, and they die with it anyway
  supervisor_.start(std::move(spec));
}

bool Stage::troupe_ready() const {
  return cli::read_file(folder_.at("logs/dev.log")).value_or("").find("{\"ready\":true") !=
         std::string::npos;
}

pid_t Stage::process(const std::string& name) const {
  auto recorded = cli::read_file(folder_.at("troupe/processes.json"));
  json::error_code none;
  json::value processes = json::parse(recorded.value_or("[]"), none);
  if (const auto* list = processes.if_array())
    for (const json::value& process : *list)
      if (view::text(process, "name") == name)
        return static_cast<pid_t>(view::number(process, "pid"));
  return 0;
}

bool Stage::run_until(Millis limit, const std::function<bool()>& condition) {
  switch (supervisor_.run(limit, condition)) {
    case Wake::condition: return true;
    case Wake::timeout: return false;
    case Wake::stop: throw Failure{ExitCode::interrupted, "interrupted; everything is stopped"};
    case Wake::child_ended: break;
  }
  const dev::EndedChild& ended = *supervisor_.ended();
  throw dev::child_failure(ended, folder_.at("logs/" + ended.name + ".log"));
}

void Stage::wait_for(const std::string& what, const std::function<bool()>& condition) {
  if (!run_until(start_limit, condition))
    throw Failure{ExitCode::unavailable, what + " did not get ready within " +
                                             format_duration(start_limit) + "; the logs are in " +
                                             folder_.at("logs")};
}

} // namespace troupe::demo
