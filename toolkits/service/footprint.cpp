#include "toolkits/service/footprint.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "toolkits/bounded_text.hpp"

namespace troupe::service {
namespace {

struct PidFile {
  pid_t pid = 0;
  std::int64_t written = 0;
  std::string note;
};

PidFile read_pid_file(const std::string& path) {
  std::ifstream file{path};
  if (!file) return {0, 0, "the pid file " + path + " is not there"};
  std::string word;
  file >> word;
  PidFile read;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), read.pid);
  if (error != std::errc{} || end != word.data() + word.size() || read.pid <= 1)
    return {0, 0, "the pid file " + path + " holds no pid"};
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0) read.written = info.st_mtim.tv_sec;
  return read;
}

std::string command_of(const Argv& argv) {
  std::string text;
  for (const auto& word : argv) (text += text.empty() ? "" : " ") += word;
  return text;
}

class Judge {
 public:
  Judge(const Settings& service, const Snapshot& snapshot)
      : service_{service}, snapshot_{snapshot} {}

  Footprint run() {
    find_main();
    take_family();
    take_port();
    for (const auto pid : members_)
      if (alive(pid)) footprint_.processes.push_back(seen(pid)->process);
    return std::move(footprint_);
  }

 private:
  const SeenProcess* seen(pid_t pid) const {
    const auto found = snapshot_.processes.find(pid);
    return found == snapshot_.processes.end() ? nullptr : &found->second;
  }
  bool alive(pid_t pid) const { return seen(pid) && !seen(pid)->process.ended(); }

  /// Only for a service whose `process` is known.
  bool executes_service(const SeenProcess& one) const {
    if (service_.process.empty()) return false;
    if (!one.executable.empty()) return one.executable == service_.process;
    return one.process.name == service_.process.substr(0, 15); // the kernel's bound
  }

  void find_main() {
    if (service_.pid_file.empty()) return; // whoever has the port will be it
    const auto name = "pid " + std::to_string(snapshot_.recorded);
    if (snapshot_.recorded == 0) {
      footprint_.main_note = snapshot_.pid_file_note;
    } else if (!alive(snapshot_.recorded)) {
      footprint_.main_note = name + " of the pid file is gone";
    } else if (const auto& one = *seen(snapshot_.recorded); is_still_the_recorded(one)) {
      footprint_.main = one.process;
    } else {
      const auto& executable = one.executable.empty() ? one.process.name : one.executable;
      footprint_.main_note =
          name + " of the pid file is `" + clean_utf8(executable) + "` now, a stranger";
    }
  }

  bool is_still_the_recorded(const SeenProcess& one) const {
    if (!service_.process.empty()) return executes_service(one);
    // A service writes its pid file after it started, so a younger process has inherited the
    // number. Both times are good to about a second.
    return toolkits::started_at(one.process) <= snapshot_.recorded_at + 2;
  }

  void take_family() {
    if (footprint_.main) {
      const auto& main = *footprint_.main;
      for (const auto& [pid, one] : snapshot_.processes)
        if (led_by(one.process, main.pid) ||
            (one.process.session == main.session && descends(pid, main.pid)))
          members_.insert(pid);
    } else if (snapshot_.recorded != 0 && !alive(snapshot_.recorded)) {
      // Its number cannot be taken again while anybody is left in its group.
      for (const auto& [pid, one] : snapshot_.processes)
        if (led_by(one.process, snapshot_.recorded) && executes_service(one)) members_.insert(pid);
    }
  }

  static bool led_by(const Process& process, pid_t leader) {
    return process.group == leader || process.session == leader;
  }

  bool descends(pid_t pid, pid_t ancestor) const {
    for (int generations = 0; generations < 64; ++generations) {
      if (pid == ancestor) return true;
      const auto* one = seen(pid);
      if (!one || pid <= 1) return false;
      pid = one->process.parent;
    }
    return false;
  }

  void take_port() {
    footprint_.port_held = snapshot_.port.held();
    if (snapshot_.port.hidden()) footprint_.hidden_stranger = snapshot_.port.listeners.front().user;
    for (const auto pid : snapshot_.port.pids) {
      if (members_.contains(pid) || !alive(pid)) continue;
      const auto root = root_of(pid);
      if (belongs(root, pid))
        adopt(root);
      else
        footprint_.strangers.push_back(*seen(pid));
    }
    footprint_.port_held_by_service =
        footprint_.port_held && footprint_.strangers.empty() && !footprint_.hidden_stranger;
  }

  /// The outermost process above `pid` that executes the same program.
  pid_t root_of(pid_t pid) const {
    for (int generations = 0; generations < 64; ++generations) {
      const auto parent = seen(pid)->process.parent;
      if (!alive(parent) || !executes_service(*seen(parent))) break;
      pid = parent;
    }
    return pid;
  }

  bool belongs(pid_t root, pid_t holder) const {
    if (!executes_service(*seen(holder)) || is_claimed(holder)) return false;
    if (service_.pid_file.empty()) return true;
    if (footprint_.main) return false; // a twin beside the service itself
    const auto leader = seen(root)->process.group;
    return !alive(leader) || was_started_like_service(root);
  }

  bool is_claimed(pid_t holder) const {
    return std::any_of(snapshot_.others.begin(), snapshot_.others.end(), [&](pid_t other) {
      return descends(holder, other) || led_by(seen(holder)->process, other);
    });
  }

  bool was_started_like_service(pid_t root) const {
    const auto& line = seen(root)->command_line; // "nginx: master process nginx -c /etc/x.conf"
    const auto command = command_of(service_.start);
    return line == command || line.ends_with(' ' + command);
  }

  void adopt(pid_t root) {
    if (service_.pid_file.empty() && !footprint_.main) footprint_.main = seen(root)->process;
    for (const auto& [pid, one] : snapshot_.processes)
      if (one.process.session == seen(root)->process.session && descends(pid, root))
        members_.insert(pid);
  }

  const Settings& service_;
  const Snapshot& snapshot_;
  Footprint footprint_;
  std::set<pid_t> members_;
};

} // namespace

Snapshot take_snapshot(const Settings& service, const Catalogue& catalogue) {
  Snapshot snapshot;
  if (!service.pid_file.empty()) {
    const auto file = read_pid_file(service.pid_file);
    snapshot.recorded = file.pid;
    snapshot.recorded_at = file.written;
    snapshot.pid_file_note = file.note;
  }
  for (const auto& other : catalogue.services)
    if (other.name != service.name && !other.pid_file.empty())
      if (const auto pid = read_pid_file(other.pid_file).pid; pid != 0 && pid != snapshot.recorded)
        snapshot.others.insert(pid);
  if (service.port) snapshot.port = toolkits::find_port_holders(*service.port, service.address);
  for (auto& process : toolkits::all_processes()) {
    SeenProcess one{std::move(process), "", ""};
    one.executable = toolkits::executable_of(one.process.pid);
    if (!service.process.empty() && one.executable == service.process)
      one.command_line = toolkits::command_line_of(one.process.pid);
    snapshot.processes.emplace(one.process.pid, std::move(one));
  }
  return snapshot;
}

Footprint judge(const Settings& service, const Snapshot& snapshot) {
  auto footprint = Judge{service, snapshot}.run();
  if (!footprint.main && footprint.main_note.empty())
    footprint.main_note = service.port ? "nobody of `" + service.process + "` holds port " +
                                             std::to_string(*service.port)
                                       : "it has no pid file";
  return footprint;
}

std::string describe_strangers(const Footprint& footprint) {
  std::string text;
  for (const auto& one : footprint.strangers) {
    const auto& name = one.executable.empty() ? one.process.name : one.executable;
    (text += text.empty() ? "" : ", ") +=
        clean_utf8(name) + " (pid " + std::to_string(one.process.pid) + ")";
  }
  if (footprint.hidden_stranger)
    text = "a process of user " + std::to_string(*footprint.hidden_stranger) +
           " that may not be seen from here";
  return text;
}

} // namespace troupe::service
