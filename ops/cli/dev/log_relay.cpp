#include "ops/cli/dev/log_relay.hpp"

#include "ops/cli/files.hpp"

namespace troupe::dev {

void LogRelay::poll() {
  constexpr std::string_view mark = "troupe: waiting";
  for (auto& [name, log] : logs_) {
    std::string text = cli::read_file(log.file).value_or("");
    for (std::size_t end; (end = text.find('\n', log.read)) != std::string::npos;) {
      std::string line = text.substr(log.read, end - log.read);
      log.read = end + 1;
      if (!line.starts_with(mark) || line == log.told) continue;
      log.told = line;
      tell_(name + ": " + line.substr(line.find("waiting")));
    }
  }
}

} // namespace troupe::dev
