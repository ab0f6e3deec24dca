// The private servers of one suite, and nodes in processes of their own.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ops/cli/dev/data_folder.hpp"
#include "ops/cli/dev/private_nats.hpp"
#include "ops/cli/dev/private_postgres.hpp"
#include "ops/cli/dev/process_supervisor.hpp"

namespace troupe::bench {

/// Everything stands in a folder of its own under /tmp and goes with it. Postgres runs with its
/// defaults, fsync among them. Made and used on the main thread, before any other thread starts.
class Stage {
 public:
  struct Servers {
    bool nats = false, postgres = false;
  };
  /// Failure unavailable: a server is not installed, or does not start.
  explicit Stage(Servers servers);
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  std::string nats_url() const { return nats_->url(); }
  std::string postgres_url() const { return postgres_->url(); }
  /// Of a second database, made if it is not there.
  std::string postgres_url(const std::string& database) const;

  /// `troupe node` with these settings, a JSON object.
  void start_node(const std::string& name, const std::string& settings);
  /// Returns when it is ready: the address of its HTTP; empty if it has none.
  std::string wait_for_node(const std::string& name);
  void stop_node(const std::string& name) { supervisor_.stop(name); }
  pid_t pid_of(const std::string& name) const;

  /// Failure interrupted: a person ended it; unavailable: a process ended, or the time is over.
  void wait_for(const std::string& what, const std::function<bool()>& condition);
  /// Lets so much time pass. Failures as above.
  void let_pass(Millis time);

  /// Processor seconds of this process, the servers and the nodes.
  double processor_seconds() const;
  const dev::DataFolder& folder() const { return folder_; }

 private:
  bool run_until(Millis limit, const std::function<bool()>& condition); // false: the time is over

  std::string path_;
  dev::DataFolder folder_;
  dev::ProcessSupervisor supervisor_;
  std::optional<dev::PrivateNats> nats_;
  std::optional<dev::PrivatePostgres> postgres_;
};

} // namespace troupe::bench
