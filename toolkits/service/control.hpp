// Starts, stops, reloads and restarts one service. Every command comes from the catalogue; every
// failure says at which stage, and what the command said.
#pragma once
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/ports/http_client.hpp"
#include "runtime/result.hpp"
#include "toolkits/service/footprint.hpp"
#include "toolkits/service/settings.hpp"
#include "toolkits/waiting.hpp"

namespace troupe::service {

struct StageDone {
  std::string stage; // check, port, stop, start, reload, health
  std::string detail;
  Millis duration{0};
};

struct ControlResult {
  bool changed = false;     // false: it already was as asked
  std::optional<pid_t> pid; // of the main process afterwards
  std::vector<StageDone> stages;
};

/// One action on one service, on the caller's thread. tool_failed: a stage failed; timeout: no time
/// was left for it; cancelled: `stop`. The texts name service, action and stage, and whether the
/// service is down now.
class Control {
 public:
  Control(const Settings& service, const Catalogue& catalogue, ports::HttpClient& http,
          Millis timeout, std::stop_token stop)
      : service_{service},
        catalogue_{catalogue},
        http_{http},
        deadline_{timeout},
        stop_{std::move(stop)} {}

  /// Nothing to do when it runs and is healthy. Refused when it runs and is not.
  Result<ControlResult> start();
  /// The stop command (or TERM), the grace, then KILL for what is left of it, stopped or not.
  Result<ControlResult> stop();
  Result<ControlResult> reload();
  /// Configuration and port are looked at first: while it cannot be started again, it is not
  /// stopped.
  Result<ControlResult> restart();

 private:
  struct Stage {
    std::string_view name;
    Result<std::string> (Control::*act)(); // gives the detail
  };

  Result<ControlResult> perform(std::string_view action, const std::vector<Stage>& stages);
  Error failed(std::string_view action, std::string_view stage, const Error& why) const;

  Result<std::string> check_configuration();
  Result<std::string> expect_port_free();
  Result<std::string> end_processes();
  Result<std::string> launch();
  Result<std::string> ask_to_reload();
  Result<std::string> await_ready();

  Result<std::string> run(const Argv& argv, Millis timeout, bool daemonises = false);
  std::string ask_to_end(const Footprint& before);
  bool runs(const Footprint& footprint);
  std::string unready(const Footprint& footprint);
  Footprint look() const { return survey(service_, catalogue_); }

  std::vector<Process> remaining() const;
  bool gone();
  /// True once it is gone, false when `until` comes first.
  Result<bool> wait_until_gone(const toolkits::Deadline& until);
  Result<> go_on(Millis after); // waits; cancelled, or timeout when the call has no time left

  const Settings& service_;
  const Catalogue& catalogue_;
  ports::HttpClient& http_;
  toolkits::Deadline deadline_;
  std::stop_token stop_;
  std::vector<Process> family_;                // the service's processes before it was asked to end
  bool down_ = false;                          // we have stopped it
  std::optional<toolkits::Deadline> ready_by_; // set when it is started
};

} // namespace troupe::service
