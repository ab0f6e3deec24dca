// Where a demo plays: its folder, its processes, and a `troupe dev` among them.
#pragma once
#include <sys/types.h>

#include <boost/json/fwd.hpp>
#include <functional>
#include <memory>
#include <string>

#include "ops/cli/api_client.hpp"
#include "ops/cli/dev/data_folder.hpp"
#include "ops/cli/dev/process_supervisor.hpp"
#include "ops/cli/exit_codes.hpp"
#include "runtime/ports/http_client.hpp"

namespace troupe::demo {

class Stage {
 public:
  /// `data`: a demo's folder, new or an earlier one's, whose leavings are cleared; empty: a new one
  /// under /tmp. Failure cannot_create: it holds files of somebody else.
  Stage(const std::string& data, dev::OnNotice notice);
  /// Stops every process.
  ~Stage();

  const dev::DataFolder& folder() const { return folder_; }
  dev::ProcessSupervisor& supervisor() { return supervisor_; }
  std::shared_ptr<ports::HttpClient> http() const { return http_; }
  const cli::ApiClient& api() const { return api_; } // of the `troupe dev`; not one to wait for it

  /// Writes the settings and starts a `troupe dev` with them.
  void start_troupe(const boost::json::object& settings, unsigned agents);
  bool troupe_ready() const;
  /// Of a process of that `troupe dev`, "agent-1"; 0: none lives.
  pid_t process(const std::string& name) const;

  /// Runs the loop until `condition`. False: the time is over. What ends it early is thrown, as a
  /// Failure.
  bool run_until(Millis limit, const std::function<bool()>& condition);
  /// The same for what a start needs; Failure unavailable if it does not come.
  void wait_for(const std::string& what, const std::function<bool()>& condition);

 private:
  dev::DataFolder folder_;
  dev::ProcessSupervisor supervisor_;
  std::shared_ptr<ports::HttpClient> http_;
  cli::ApiClient api_;
};

} // namespace troupe::demo
