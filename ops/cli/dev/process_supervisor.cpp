#include "ops/cli/dev/process_supervisor.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <map>

#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

namespace troupe::dev {

namespace {
constexpr Millis condition_interval{25};
} // namespace

struct ProcessSupervisor::Managed {
  enum class State { running, waiting, ended };

  ChildSpec spec;
  State state = State::running;
  ProcessIdentity process;
  Steady::time_point started;
  Steady::time_point restart_at;
  RestartPace pace;
  bool restarts = true; // false: its end is its own affair (run_to_end, stop)
  int status = 0;       // once ended
};

ProcessSupervisor::ProcessSupervisor(OnNotice on_notice, std::string record_file)
    : on_notice_{std::move(on_notice)}, record_file_{std::move(record_file)} {
  sigset_t awaited;
  ::sigemptyset(&awaited);
  for (int signal : {SIGINT, SIGTERM, SIGCHLD}) ::sigaddset(&awaited, signal);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) ::sigaddset(&awaited, SIGHUP); // nohup means it
  ::sigprocmask(SIG_BLOCK, &awaited, nullptr);
  signals_ = ::signalfd(-1, &awaited, SFD_NONBLOCK | SFD_CLOEXEC);
  // Daemons that a service catalogue starts become ours when their starter exits: reaped here, so
  // that none is mistaken for alive while it is a zombie.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

ProcessSupervisor::~ProcessSupervisor() {
  stop_all();
  ::close(signals_);
}

ProcessSupervisor::Managed* ProcessSupervisor::find_managed(const std::string& name) {
  auto found = std::find_if(children_.begin(), children_.end(),
                            [&](const auto& child) { return child->spec.name == name; });
  return found == children_.end() ? nullptr : found->get();
}

std::optional<ProcessIdentity> ProcessSupervisor::find(const std::string& name) const {
  for (const auto& child : children_)
    if (child->spec.name == name && child->state == Managed::State::running) return child->process;
  return std::nullopt;
}

void ProcessSupervisor::launch(Managed& child) {
  child.process = spawn(child.spec);
  child.started = Steady::now();
  child.state = Managed::State::running;
  write_record();
}

void ProcessSupervisor::start(ChildSpec spec) {
  auto child = std::make_unique<Managed>();
  child->spec = std::move(spec);
  if (restarts_) child->pace = RestartPace{*restarts_};
  children_.push_back(std::move(child));
  try {
    launch(*children_.back());
  } catch (...) {
    children_.pop_back();
    throw;
  }
}

std::optional<int> ProcessSupervisor::run_to_end(ChildSpec spec, Millis limit) {
  std::string name = spec.name;
  start(std::move(spec));
  Managed* child = find_managed(name);
  child->restarts = false;
  run(limit, [&] { return child->state == Managed::State::ended; });
  bool ended = child->state == Managed::State::ended;
  if (!ended) {
    child->spec.stop_grace = Millis{0};
    stop_group({child});
  }
  int status = child->status;
  std::erase_if(children_, [&](const auto& each) { return each.get() == child; });
  write_record();
  if (!ended) return std::nullopt;
  return status;
}

void ProcessSupervisor::restart_crashed(RestartPolicy policy) {
  restarts_ = policy;
  for (auto& child : children_) child->pace = RestartPace{policy};
}

Wake ProcessSupervisor::run(std::optional<Millis> limit, const std::function<bool()>& until) {
  std::optional<Steady::time_point> deadline;
  if (limit) deadline = Steady::now() + *limit;
  for (;;) {
    reap();
    if (until && until()) return Wake::condition;
    if (stop_requested_) return Wake::stop;
    if (ended_) return Wake::child_ended;
    auto now = Steady::now();
    if (deadline && now >= *deadline) return Wake::timeout;
    restart_due(now);
    read_signals(wait_milliseconds(deadline, static_cast<bool>(until)));
  }
}

int ProcessSupervisor::wait_milliseconds(std::optional<Steady::time_point> deadline,
                                         bool polling) const {
  std::optional<Steady::time_point> next = deadline;
  auto sooner = [&](Steady::time_point at) { next = next ? std::min(*next, at) : at; };
  if (polling) sooner(Steady::now() + condition_interval);
  for (const auto& child : children_)
    if (child->state == Managed::State::waiting) sooner(child->restart_at);
  if (!next) return -1;
  auto wait = std::chrono::ceil<Millis>(*next - Steady::now());
  return static_cast<int>(std::clamp<Millis::rep>(wait.count(), 0, 60'000));
}

void ProcessSupervisor::read_signals(int timeout_ms) {
  pollfd descriptor{signals_, POLLIN, 0};
  ::poll(&descriptor, 1, timeout_ms);
  signalfd_siginfo info;
  while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD) continue;
    if (stopping_) kill_requested_ = true;
    stop_requested_ = true;
  }
}

void ProcessSupervisor::reap() {
  int status = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;)
    for (auto& child : children_)
      if (child->process.pid == pid && child->state == Managed::State::running)
        on_exit(*child, status);
}

void ProcessSupervisor::on_exit(Managed& child, int status) {
  child.state = Managed::State::ended;
  child.status = status;
  if (!child.restarts || stopping_) return write_record();
  auto now = Steady::now();
  std::optional<Millis> delay;
  if (restarts_)
    delay = child.pace.on_exit(std::chrono::duration_cast<Millis>(now - child.started));
  if (!delay) {
    ended_ = EndedChild{child.spec.name, status, restarts_.has_value()};
    return write_record();
  }
  child.state = Managed::State::waiting;
  child.restart_at = now + *delay;
  write_record();
  on_notice_(child.spec.name + " " + describe_wait_status(status) + "; starting it again in " +
             format_duration(*delay));
}

void ProcessSupervisor::restart_due(Steady::time_point now) {
  for (auto& child : children_) {
    if (child->state != Managed::State::waiting || child->restart_at > now) continue;
    try {
      launch(*child);
    } catch (const cli::Failure& failure) { // counts as one more quick crash
      on_notice_(failure.what());
      child->started = now;
      on_exit(*child, 127 << 8);
      continue;
    }
    on_notice_(child->spec.name + " runs again (process " + std::to_string(child->process.pid) +
               ")");
  }
}

void ProcessSupervisor::stop(const std::string& name) {
  if (Managed* child = find_managed(name)) stop_group({child});
}

void ProcessSupervisor::stop_all() {
  stopping_ = true;
  std::map<int, std::vector<Managed*>> phases;
  for (auto& child : children_) phases[child->spec.stop_order].push_back(child.get());
  for (auto& [order, group] : phases) stop_group(group);
  stopping_ = false;
}

void ProcessSupervisor::stop_group(const std::vector<Managed*>& group) {
  auto running = [](const Managed* child) { return child->state == Managed::State::running; };
  auto begun = Steady::now();
  for (Managed* child : group) {
    child->restarts = false;
    if (running(child)) ::kill(child->process.pid, child->spec.stop_signal);
    if (!running(child)) child->state = Managed::State::ended; // no restart any more
  }
  // A killed process is gone soon unless the kernel holds it: never wait for that for ever.
  for (auto killed_at = Steady::time_point::max();;) {
    reap();
    if (std::none_of(group.begin(), group.end(), running)) break;
    auto now = Steady::now();
    if (killed_at != Steady::time_point::max() && now > killed_at + Millis{2'000}) break;
    for (Managed* child : group) {
      if (!running(child) || (!kill_requested_ && now < begun + child->spec.stop_grace)) continue;
      ::kill(child->process.pid, SIGKILL);
      killed_at = std::min(killed_at, now);
    }
    read_signals(20);
  }
  write_record();
}

void ProcessSupervisor::write_record() const {
  if (record_file_.empty()) return;
  boost::json::array list;
  for (const auto& child : children_)
    if (child->state == Managed::State::running)
      list.push_back({{"name", child->spec.name},
                      {"pid", child->process.pid},
                      {"start_time", child->process.start_time},
                      {"stop_signal", child->spec.stop_signal}});
  try {
    cli::write_file_atomically(record_file_, boost::json::serialize(list) + "\n", 0600);
  } catch (const cli::Failure& failure) {
    on_notice_(failure.what()); // a full disk must not end what runs
  }
}

std::vector<std::string> stop_recorded(const std::string& record_file) {
  std::vector<std::string> stopped;
  auto text = cli::read_file(record_file);
  if (!text) return stopped;
  boost::json::error_code error;
  boost::json::value list = boost::json::parse(*text, error);
  if (error || !list.is_array()) return stopped;
  for (const auto& entry : list.as_array()) {
    try {
      ProcessIdentity process{entry.at("pid").to_number<pid_t>(),
                              entry.at("start_time").to_number<std::uint64_t>()};
      if (!alive(process)) continue;
      stop_foreign(process, entry.at("stop_signal").to_number<int>(), Millis{5'000});
      stopped.emplace_back(entry.at("name").as_string());
    } catch (const std::exception&) {
      continue; // an entry that nobody of us wrote
    }
  }
  return stopped;
}

} // namespace troupe::dev
