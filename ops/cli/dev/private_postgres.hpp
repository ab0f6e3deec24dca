// A Postgres of our own in the data folder, reached through a Unix socket only.
#pragma once
#include <optional>
#include <string>

#include "ops/cli/dev/child.hpp"
#include "ops/cli/dev/data_folder.hpp"
#include "ops/cli/dev/process_supervisor.hpp"

namespace troupe::dev {

/// Root hands the server to an unprivileged user, because Postgres refuses to run as root. That
/// user need not be able to reach the data folder by its path: it inherits an open descriptor of
/// it. The socket stands in a short folder under /tmp, since longer paths than 107 bytes are
/// refused.
class PrivatePostgres {
 public:
  static constexpr const char* database = "troupe"; // unless another is named

  /// Finds the programs, clears what an unclean death left, and on first use runs initdb (which
  /// takes a second). Failure unavailable: no Postgres installed, or the wrong version for the
  /// data; io_error, no_permission and the like: as initdb's log says; interrupted.
  PrivatePostgres(const DataFolder& folder, ProcessSupervisor& supervisor);
  ~PrivatePostgres(); // removes the socket folder
  PrivatePostgres(const PrivatePostgres&) = delete;
  PrivatePostgres& operator=(const PrivatePostgres&) = delete;

  ChildSpec spec() const;
  bool ready() const; // blocks for a few milliseconds
  /// Requires ready(). Failure io_error.
  void ensure_database(const std::string& name = database) const;
  std::string url(const std::string& name = database) const;

 private:
  std::string programs_folder() const;
  void remove_leftovers() const;
  void create_cluster(ProcessSupervisor& supervisor);
  void open_data();
  std::string data_argument() const;
  std::string conninfo(const std::string& database) const;

  const DataFolder& folder_;
  std::optional<UnixUser> user_;
  std::string programs_;
  std::string sockets_;
  int data_ = -1; // the cluster's folder, open
};

} // namespace troupe::dev
