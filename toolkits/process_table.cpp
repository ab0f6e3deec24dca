#include "toolkits/process_table.hpp"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include "toolkits/targets.hpp"
#include "toolkits/unique_fd.hpp"

namespace troupe::toolkits {
namespace {

std::string folder_of(pid_t pid) { return "/proc/" + std::to_string(pid); }

std::string content_of(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path, std::ios::binary}.rdbuf();
  return out.str();
}

std::string target_of(const std::string& link) {
  std::array<char, 4096> target;
  const auto size = ::readlink(link.c_str(), target.data(), target.size());
  return size > 0 ? std::string{target.data(), static_cast<std::size_t>(size)} : std::string{};
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const auto first = line.find_first_not_of(' ');
    if (first == std::string_view::npos) return fields;
    line.remove_prefix(first);
    fields.push_back(line.substr(0, line.find(' ')));
    line.remove_prefix(fields.back().size());
  }
}

struct CloseDirectory {
  void operator()(DIR* stream) const { ::closedir(stream); }
};

template <class Visit>
void each_name(const std::string& folder, const Visit& visit) {
  const std::unique_ptr<DIR, CloseDirectory> stream{::opendir(folder.c_str())};
  if (!stream) return;
  while (const dirent* item = ::readdir(stream.get())) visit(item->d_name);
}

template <class Visit>
void each_pid(const Visit& visit) {
  each_name("/proc", [&](std::string_view name) {
    if (pid_t pid = 0; read_number(name, pid)) visit(pid);
  });
}

/// "0100007F" or 32 such digits: words in the machine's byte order, each holding network order.
std::optional<std::string> read_address(std::string_view hex) {
  if (hex.size() != 8 && hex.size() != 32) return std::nullopt;
  std::array<std::uint32_t, 4> words{};
  for (std::size_t i = 0; i < hex.size() / 8; ++i)
    if (!read_number(hex.substr(i * 8, 8), words[i], 16)) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(hex.size() == 8 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
  return std::string{text.data()};
}

bool is_wildcard(std::string_view address) { return address == "0.0.0.0" || address == "::"; }

bool in_the_way(std::string_view listening, std::string_view wanted) {
  if (wanted.empty() || is_wildcard(wanted) || is_wildcard(listening)) return true;
  return parse_address(listening) == parse_address(wanted);
}

bool holds_one(pid_t pid, const std::set<std::string>& sockets) {
  const auto descriptors = folder_of(pid) + "/fd";
  bool found = false;
  each_name(descriptors, [&](std::string_view name) {
    if (!found && name[0] != '.')
      found = sockets.contains(target_of(descriptors + '/' + std::string{name}));
  });
  return found;
}

} // namespace

std::string describe_state(char state) {
  constexpr std::pair<char, std::string_view> meanings[] = {
      {'R', "running"}, {'S', "sleeping"}, {'D', "waiting for the kernel"},
      {'T', "stopped"}, {'t', "traced"},   {'Z', "ended"},
      {'X', "ended"},   {'I', "idle"},
  };
  std::string text{state};
  for (const auto& [letter, meaning] : meanings)
    if (letter == state) text += " (" + std::string{meaning} + ")";
  return text;
}

std::optional<Process> parse_stat(std::string_view text) {
  // 7 (the name) S 1 7 7 ...; the name may hold spaces and parentheses
  const auto open = text.find('('), close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || open > close)
    return std::nullopt;
  const auto before = fields_of(text.substr(0, open)), after = fields_of(text.substr(close + 1));
  if (before.size() != 1 || after.size() < 20) return std::nullopt;
  Process process;
  process.name = text.substr(open + 1, close - open - 1);
  process.state = after[0][0];
  const bool good = read_number(before[0], process.pid) && read_number(after[1], process.parent) &&
                    read_number(after[2], process.group) &&
                    read_number(after[3], process.session) &&
                    read_number(after[19], process.started);
  if (!good) return std::nullopt;
  return process;
}

std::optional<Process> find_process(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  return parse_stat(content_of(folder_of(pid) + "/stat"));
}

std::vector<Process> all_processes() {
  std::vector<Process> processes;
  each_pid([&](pid_t pid) {
    if (auto process = find_process(pid)) processes.push_back(std::move(*process));
  });
  return processes;
}

std::string executable_of(pid_t pid) {
  auto path = target_of(folder_of(pid) + "/exe");
  constexpr std::string_view replaced = " (deleted)"; // the file, by an upgrade
  if (path.ends_with(replaced)) path.resize(path.size() - replaced.size());
  return path.substr(path.rfind('/') + 1);
}

std::string command_line_of(pid_t pid) {
  auto line = content_of(folder_of(pid) + "/cmdline");
  while (!line.empty() && (line.back() == '\0' || line.back() == ' ')) line.pop_back();
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

std::int64_t started_at(const Process& process) {
  static const std::int64_t boot = [] {
    const auto stat = content_of("/proc/stat");
    const auto at = stat.find("\nbtime ");
    return at == std::string::npos ? 0 : std::strtoll(stat.c_str() + at + 7, nullptr, 10);
  }();
  return boot + static_cast<std::int64_t>(process.started) / ::sysconf(_SC_CLK_TCK);
}

bool signal_process(const Process& process, int signal) {
  // The handle pins the process; only then is it certain whose start time is compared.
  const UniqueFd handle{static_cast<int>(::syscall(SYS_pidfd_open, process.pid, 0))};
  if (!handle) return false;
  const auto now = find_process(process.pid);
  if (!now || now->started != process.started) return false;
  return ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0;
}

std::vector<Listener> parse_listeners(std::string_view table, std::uint16_t port,
                                      std::string_view address) {
  // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...
  //  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 22715 1 ...
  constexpr std::string_view listening = "0A";
  std::vector<Listener> found;
  while (!table.empty()) {
    const auto line = table.substr(0, table.find('\n'));
    table.remove_prefix(std::min(line.size() + 1, table.size()));
    const auto fields = fields_of(line);
    if (fields.size() < 10 || fields[3] != listening) continue;
    const auto colon = fields[1].find(':');
    if (colon == std::string_view::npos) continue;
    std::uint16_t local = 0;
    const auto where = read_address(fields[1].substr(0, colon));
    if (!where || !read_number(fields[1].substr(colon + 1), local, 16) || local != port) continue;
    Listener listener;
    listener.address = *where;
    if (in_the_way(*where, address) && read_number(fields[7], listener.user) &&
        read_number(fields[9], listener.inode))
      found.push_back(std::move(listener));
  }
  return found;
}

namespace {

PortHolders look_for_port_holders(std::uint16_t port, std::string_view address) {
  PortHolders holders;
  for (const auto* table : {"/proc/net/tcp", "/proc/net/tcp6"})
    for (auto& listener : parse_listeners(content_of(table), port, address))
      holders.listeners.push_back(std::move(listener));
  if (holders.listeners.empty()) return holders;

  std::set<std::string> sockets;
  for (const auto& listener : holders.listeners)
    sockets.insert("socket:[" + std::to_string(listener.inode) + "]");
  each_pid([&](pid_t pid) {
    if (holds_one(pid, sockets)) holders.pids.push_back(pid);
  });
  std::sort(holders.pids.begin(), holders.pids.end());
  return holders;
}

} // namespace

PortHolders find_port_holders(std::uint16_t port, std::string_view address) {
  // A process that is ending shows no descriptors any more and listens for a moment still.
  constexpr int looks_max = 10;
  constexpr int pause_ms = 20;
  auto holders = look_for_port_holders(port, address);
  for (int looks = 1; holders.hidden() && looks < looks_max; ++looks) {
    ::poll(nullptr, 0, pause_ms);
    holders = look_for_port_holders(port, address);
  }
  return holders;
}

} // namespace troupe::toolkits
