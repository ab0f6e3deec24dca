// Which processes are the service's, and who holds its port. Pure: decided over a snapshot, so that
// every awkward case (a reused pid, workers without a master, a twin of the service) is a test.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "toolkits/process_table.hpp"
#include "toolkits/service/settings.hpp"

namespace troupe::service {

using toolkits::Process;

struct SeenProcess {
  Process process;
  std::string executable;   // as toolkits::executable_of
  std::string command_line; // read only where `executable` is the service's
};

struct Snapshot {
  std::map<pid_t, SeenProcess> processes;
  pid_t recorded = 0;           // what the pid file says; 0: nothing
  std::int64_t recorded_at = 0; // when it was written, seconds since 1970
  std::string pid_file_note;    // why `recorded` is 0
  toolkits::PortHolders port;
  std::set<pid_t> others; // what the pid files of the other services say
};

Snapshot take_snapshot(const Settings& service, const Catalogue& catalogue);

struct Footprint {
  std::optional<Process> main; // the process of the pid file; without one, that which has the port
  std::string main_note;       // why there is none
  std::vector<Process> processes; // all that are the service's, `main` included; none has ended
  bool port_held = false;
  bool port_held_by_service = false;
  std::vector<SeenProcess> strangers;   // hold the port and are not the service's
  std::optional<uid_t> hidden_stranger; // holds it, but may not be seen by this user
};

/// The service's are: the process of the pid file, if it lives and executes `process`; everything
/// below it in its session, and in a group or session it leads; what executes `process` in that
/// group when it has died; and who holds the port and executes `process`, unless he has a living
/// leader of his own who was started in another way, or is another service's. A stranger is never
/// among them.
Footprint judge(const Settings& service, const Snapshot& snapshot);

inline Footprint survey(const Settings& service, const Catalogue& catalogue) {
  return judge(service, take_snapshot(service, catalogue));
}

/// "python3 (pid 12)", "a process of user 1000 that may not be seen from here"
std::string describe_strangers(const Footprint& footprint);

} // namespace troupe::service
