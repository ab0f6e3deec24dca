#include "ops/cli/bench/usage.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>

namespace troupe::bench {
namespace {

struct Process {
  pid_t parent = 0;
  double own = 0, waited_for = 0; // ticks
};

/// Fields 4 and 14 to 17 of proc(5); the name in field 2 may hold anything but ends with the last
/// parenthesis.
Process read_process(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string line;
  std::getline(file, line);
  const auto end = line.rfind(')');
  if (end == std::string::npos) return {};
  std::istringstream fields{line.substr(end + 1)};
  std::string skipped;
  Process process;
  fields >> skipped >> process.parent;
  for (int i = 5; i < 14; ++i) fields >> skipped;
  double user = 0, system = 0, waited_user = 0, waited_system = 0;
  fields >> user >> system >> waited_user >> waited_system;
  process.own = user + system;
  process.waited_for = waited_user + waited_system;
  return process;
}

std::map<pid_t, Process> read_processes() {
  std::map<pid_t, Process> processes;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"})
    if (const pid_t pid = std::atoi(entry.path().filename().c_str()); pid > 0)
      processes[pid] = read_process(pid);
  return processes;
}

/// MiB.
double read_status(pid_t pid, std::string_view field) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(field)) return std::atof(line.c_str() + field.size()) / 1024;
  return 0;
}

} // namespace

double processor_seconds(const std::vector<pid_t>& roots) {
  const auto processes = read_processes();
  const auto belongs = [&](pid_t pid) {
    for (std::size_t depth = 0; pid > 1 && depth < 64; ++depth) {
      if (std::find(roots.begin(), roots.end(), pid) != roots.end()) return true;
      const auto found = processes.find(pid);
      pid = found == processes.end() ? 0 : found->second.parent;
    }
    return false;
  };
  double ticks = 0;
  for (const auto& [pid, process] : processes)
    if (belongs(pid)) ticks += process.own + process.waited_for;
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_mib(pid_t pid) { return read_status(pid, "VmRSS:"); }

double peak_resident_mib(pid_t pid) { return read_status(pid, "VmHWM:"); }

} // namespace troupe::bench
