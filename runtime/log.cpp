#include "runtime/log.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "runtime/clock.hpp"
#include "runtime/result.hpp"

namespace troupe::log {
namespace {

std::string node_name;

void write_text(std::string& out, std::string_view text) {
  constexpr char digits[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (u < 0x20) {
      out += "\\u00";
      out += digits[u >> 4];
      out += digits[u & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void write_field(std::string& out, std::string_view name, std::string_view value, bool quoted) {
  out += out.empty() ? '{' : ',';
  write_text(out, name);
  out += ':';
  if (quoted)
    write_text(out, value);
  else
    out += value;
}

constexpr spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warn: return spdlog::level::warn;
    case Level::error: break;
  }
  return spdlog::level::err;
}

constexpr std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: break;
  }
  return "error";
}

/// A run's trace has the run's own id: 32 hex digits, as in its traceparent.
std::string trace_id(std::string run) {
  std::erase(run, '-');
  return run;
}

struct Text {
  std::string text;
  bool quoted = false;
};

Text text_of(const Field& field) {
  return std::visit(Overloaded{[](std::string_view text) {
                                 return Text{std::string{text}, true};
                               },
                               [](bool yes) { return Text{yes ? "true" : "false"}; },
                               [](const Field::Uuid& id) {
                                 return Text{detail::format_uuid(id), true};
                               },
                               [](auto number) { return Text{std::to_string(number)}; }},
                    field.value);
}

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("troupe",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

} // namespace

bool start(std::string_view node, Level level, const std::string& path) {
  node_name = node;
  logger().set_level(to_spdlog(level));
  if (path.empty()) return true;
  try {
    logger().sinks() = {std::make_shared<spdlog::sinks::basic_file_sink_mt>(path)};
    logger().set_pattern("%v");
    return true;
  } catch (const spdlog::spdlog_ex&) {
    return false;
  }
}

void write(Level level, std::string_view event, Fields fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  std::string line;
  write_field(line, "timestamp", to_iso8601(SystemClock{}.now()), true);
  write_field(line, "level", name_of(level), true);
  write_field(line, "node", node_name, true);
  write_field(line, "message", event, true);
  for (const auto& field : fields) {
    const auto [text, quoted] = text_of(field);
    write_field(line, field.name, text, quoted);
    if (field.name == "run") write_field(line, "trace_id", trace_id(text), true);
  }
  line += '}';
  logger().log(to_spdlog(level), line);
}

} // namespace troupe::log
