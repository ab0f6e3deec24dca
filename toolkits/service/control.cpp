#include "toolkits/service/control.hpp"

#include <signal.h>

#include <algorithm>
#include <chrono>

#include "toolkits/process.hpp"
#include "toolkits/service/health.hpp"

namespace troupe::service {
namespace {

constexpr Millis poll_interval{50};
constexpr Millis command_timeout{15'000}; // of check, status and reload
constexpr Millis kill_patience{5'000};    // a killed process is gone by then, or stuck

std::string pid_text(const Process& process) {
  return "`" + process.name + "` (pid " + std::to_string(process.pid) + ", " +
         toolkits::describe_state(process.state) + ")";
}

Error tool_failed(std::string text) { return make_error(ErrorClass::tool_failed, std::move(text)); }

} // namespace

// ---- the four actions

Result<ControlResult> Control::start() {
  const auto before = look();
  if (runs(before)) {
    const auto fault = unready(before);
    if (!fault.empty())
      return failed("start", "health",
                    tool_failed("it runs already, but " + fault + "; service.restart may help"));
    ControlResult result;
    if (before.main) result.pid = before.main->pid;
    result.stages.push_back({"start", "it runs already", Millis{0}});
    return result;
  }
  if (!before.processes.empty())
    return failed("start", "start",
                  tool_failed("a former life left " + pid_text(before.processes.front()) +
                              " behind; service.restart ends such processes"));
  return perform("start", {{"check", &Control::check_configuration},
                           {"port", &Control::expect_port_free},
                           {"start", &Control::launch},
                           {"health", &Control::await_ready}});
}

Result<ControlResult> Control::stop() {
  const auto before = look();
  if (!runs(before) && before.processes.empty()) {
    ControlResult result;
    result.stages.push_back({"stop", "it was not running", Millis{0}});
    return result;
  }
  return perform("stop", {{"stop", &Control::end_processes}});
}

Result<ControlResult> Control::reload() {
  if (service_.reload.empty())
    return make_error(ErrorClass::invalid_input,
                      "service `" + service_.name + "` has no reload command in its catalogue");
  return perform("reload", {{"check", &Control::check_configuration},
                            {"reload", &Control::ask_to_reload},
                            {"health", &Control::await_ready}});
}

Result<ControlResult> Control::restart() {
  return perform("restart", {{"check", &Control::check_configuration},
                             {"port", &Control::expect_port_free},
                             {"stop", &Control::end_processes},
                             {"port", &Control::expect_port_free}, // once more: now it must be
                             {"start", &Control::launch},
                             {"health", &Control::await_ready}});
}

Result<ControlResult> Control::perform(std::string_view action, const std::vector<Stage>& stages) {
  ControlResult result;
  for (const auto& stage : stages) {
    const auto start = std::chrono::steady_clock::now();
    if (auto allowed = go_on(Millis{0}); !allowed)
      return failed(action, stage.name, allowed.error());
    auto detail = (this->*stage.act)();
    if (!detail) return failed(action, stage.name, detail.error());
    const auto took = std::chrono::steady_clock::now() - start;
    result.stages.push_back(
        {std::string{stage.name}, std::move(*detail), std::chrono::duration_cast<Millis>(took)});
  }
  result.changed = true;
  if (const auto after = look(); after.main) result.pid = after.main->pid;
  return result;
}

Error Control::failed(std::string_view action, std::string_view stage, const Error& why) const {
  auto text = "service `" + service_.name + "`: " + std::string{action} + " failed at stage `" +
              std::string{stage} + "`: " + why.message;
  if (down_) text += "; it is down now";
  if (!down_ && action == "restart" && (stage == "check" || stage == "port"))
    text += "; nothing was stopped";
  return make_error(why.error_class, std::move(text));
}

// ---- the stages

Result<std::string> Control::check_configuration() {
  if (service_.check.empty()) return std::string{"no check is configured"};
  auto checked = run(service_.check, command_timeout);
  if (checked) return std::string{"the configuration is good"};
  return make_error(checked.error().error_class,
                    "the configuration is broken: " + checked.error().message);
}

Result<std::string> Control::expect_port_free() {
  if (!service_.port) return std::string{"no port is configured"};
  const auto footprint = look();
  const bool strange_hidden = footprint.hidden_stranger && !footprint.main;
  const auto port = "port " + std::to_string(*service_.port);
  if (footprint.strangers.empty() && !strange_hidden)
    return port + (footprint.port_held ? " is held by the service" : " is free");
  return tool_failed(port + " is held by " + describe_strangers(footprint) +
                     ", which is not this service and is left alone; free the port first");
}

Result<std::string> Control::end_processes() {
  const auto before = look();
  const toolkits::Deadline grace{service_.stop_grace};
  family_ = before.processes;
  if (!runs(before) && family_.empty()) return std::string{"it was not running"};
  auto detail = ask_to_end(before);
  down_ = true;
  const auto ended = wait_until_gone(grace);
  if (!ended) return ended.error();
  if (*ended) return detail + "; it ended";

  const auto left = remaining();
  if (left.empty()) return tool_failed(detail + "; it still runs after the grace");
  for (const toolkits::Deadline patience{kill_patience}; !patience.passed() && !gone();) {
    for (const auto& process : remaining()) toolkits::signal_process(process, SIGKILL);
    if (auto allowed = go_on(Millis{10}); !allowed) return allowed.error();
  }
  if (const auto stuck = remaining(); !stuck.empty())
    return tool_failed(detail + "; " + pid_text(stuck.front()) +
                       " does not end, not even killed; this user may not be allowed to");
  return detail + "; " + std::to_string(left.size()) + " processes killed after " +
         format_duration(service_.stop_grace);
}

/// What was done, for a person. Whether it helped is seen by waiting.
std::string Control::ask_to_end(const Footprint& before) {
  std::string detail = "TERM sent";
  bool asked = false;
  if (runs(before) && !service_.stop.empty()) {
    const auto told = run(service_.stop, service_.stop_grace);
    asked = told.ok();
    detail = asked ? "stop command done" : "stop command failed: " + told.error().message;
  }
  if (!asked) {
    if (before.main) toolkits::signal_process(*before.main, SIGTERM);
    if (!before.main) // workers without a master
      for (const auto& process : family_) toolkits::signal_process(process, SIGTERM);
  }
  for (const auto& process : remaining()) // a stopped one hears nothing until it goes on
    if (process.stopped()) toolkits::signal_process(process, SIGCONT);
  return detail;
}

Result<std::string> Control::launch() {
  ready_by_.emplace(service_.start_timeout);
  auto started = run(service_.start, service_.start_timeout, true);
  if (!started) return started;
  down_ = false;
  return std::string{"start command done"};
}

Result<std::string> Control::ask_to_reload() {
  if (!runs(look())) return tool_failed("it does not run");
  // Some reload by starting a successor, which has to outlive the command.
  auto reloaded = run(service_.reload, command_timeout, true);
  if (!reloaded) return reloaded;
  return std::string{"reload command done"};
}

Result<std::string> Control::await_ready() {
  if (!ready_by_) ready_by_.emplace(service_.start_timeout);
  while (true) {
    const auto fault = unready(look());
    if (fault.empty()) return std::string{"it runs and is healthy"};
    if (ready_by_->passed())
      return tool_failed("not ready within " + format_duration(service_.start_timeout) + ": " +
                         fault);
    if (auto allowed = go_on(poll_interval); !allowed) return allowed.error();
  }
}

// ---- what the stages are made of

Result<std::string> Control::run(const Argv& argv, Millis timeout, bool daemonises) {
  toolkits::Command command;
  command.argv = argv;
  command.timeout = deadline_.at_most(timeout);
  command.daemonises = daemonises;
  const auto result = toolkits::run_command(command, stop_);
  if (!result) return result.error();
  if (result->succeeded()) return result->last_lines();
  if (result->stopped) return make_error(ErrorClass::cancelled, "cancelled");
  auto text = "`" + argv[0] + "`: " + result->verdict();
  if (result->timed_out && daemonises)
    text += " (it must put the service in the background and return)";
  if (const auto lines = result->last_lines(); !lines.empty()) text += ": " + lines;
  return tool_failed(std::move(text));
}

bool Control::runs(const Footprint& footprint) {
  if (service_.traceable()) return footprint.main.has_value();
  if (!service_.status.empty()) return run(service_.status, command_timeout).ok();
  return check_health(service_.health, http_, deadline_.left(), stop_).ok;
}

/// Why it is not as a started service should be; empty when it is.
std::string Control::unready(const Footprint& footprint) {
  if (!runs(footprint)) return service_.traceable() ? footprint.main_note : "it does not run";
  if (footprint.main && footprint.main->stopped())
    return "its process " + pid_text(*footprint.main) + " does not go on";
  if (service_.port && !footprint.port_held)
    return "port " + std::to_string(*service_.port) + " is held by nobody";
  if (!footprint.strangers.empty())
    return "port " + std::to_string(*service_.port) + " is held by " +
           describe_strangers(footprint);
  const auto health = check_health(service_.health, http_, deadline_.left(), stop_);
  return health.ok ? "" : "it is not healthy: " + health.detail;
}

/// Those of the family that live, and any other process of the service.
std::vector<Process> Control::remaining() const {
  auto left = look().processes;
  for (const auto& member : family_) {
    const auto now = toolkits::find_process(member.pid);
    const bool same = now && now->started == member.started && !now->ended();
    const bool known = std::any_of(left.begin(), left.end(),
                                   [&](const Process& other) { return other.pid == member.pid; });
    if (same && !known) left.push_back(*now);
  }
  return left;
}

bool Control::gone() {
  if (!remaining().empty()) return false;
  return service_.traceable() || !runs(look());
}

Result<bool> Control::wait_until_gone(const toolkits::Deadline& until) {
  while (!gone()) {
    if (until.passed()) return false;
    if (auto allowed = go_on(poll_interval); !allowed) return allowed.error();
  }
  return true;
}

Result<> Control::go_on(Millis after) {
  if (!toolkits::pause(stop_, deadline_.at_most(after)))
    return make_error(ErrorClass::cancelled, "cancelled");
  if (deadline_.passed()) return make_error(ErrorClass::timeout, "no time is left for it");
  return {};
}

} // namespace troupe::service
