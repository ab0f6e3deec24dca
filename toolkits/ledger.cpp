// ledger: writes down that something was done, in a file outside of the cluster, so that one can
// count afterwards what was done twice. For demonstrations and tests (`troupe demo crash`,
// tests/chaos): a tool of each effect class, whose effect is a line. Free: servers on one machine
// may share the file.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "runtime/clock.hpp"
#include "toolkits/arguments.hpp"
#include "toolkits/kind.hpp"
#include "toolkits/unique_fd.hpp"
#include "toolkits/waiting.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

constexpr std::string_view settings_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["file"],
  "properties": {"file": {"type": "string", "pattern": "^/", "maxLength": 4096}}
})";

constexpr std::string_view write_input = R"({
  "type": "object", "additionalProperties": false, "required": ["entry"],
  "properties": {
    "entry": {"type": "string", "minLength": 1, "maxLength": 512,
              "description": "what is done; a repeat of it can be counted"},
    "takes": {"type": "string", "pattern": "^[0-9]+(ms|s)$",
              "description": "how long it takes: half of it before the line is written; 0s unless said otherwise"}
  }
})";

constexpr std::string_view write_output = R"({
  "type": "object", "additionalProperties": false, "required": ["entry", "written"],
  "properties": {
    "entry": {"type": "string"},
    "written": {"type": "boolean", "description": "false: a line with this key was there already"}
  }
})";

constexpr std::string_view count_input = R"({
  "type": "object", "additionalProperties": false, "required": ["entry"],
  "properties": {"entry": {"type": "string", "minLength": 1, "maxLength": 512,
                           "description": "what may have been done"}}
})";

constexpr std::string_view count_output = R"({
  "type": "object", "additionalProperties": false, "required": ["entry", "count"],
  "properties": {"entry": {"type": "string"}, "count": {"type": "integer"}}
})";

constexpr std::string_view read_input = R"({
  "type": "object", "additionalProperties": false, "properties": {}
})";

constexpr std::string_view read_output = R"({
  "type": "object", "additionalProperties": false, "required": ["lines"],
  "properties": {"lines": {"type": "array", "items": {"type": "object"}}}
})";

ToolSpec writer(std::string name, std::string description, Effect effect) {
  return {.name = std::move(name),
          .description = std::move(description),
          .input_schema = JsonText{std::string{write_input}},
          .output_schema = JsonText{std::string{write_output}},
          .risk = Risk::write,
          .effect = effect};
}

std::vector<ToolSpec> tools() {
  return {
      writer("ledger.once", "Writes a line. A repeat writes another one.", Effect::once),
      writer("ledger.keyed", "Writes a line, unless one with the call's key is there.",
             Effect::keyed),
      writer("ledger.idempotent", "Writes a line. One that says the same again changes nothing.",
             Effect::idempotent),
      {.name = "ledger.count",
       .description = "Counts the lines of an entry.",
       .input_schema = JsonText{std::string{count_input}},
       .output_schema = JsonText{std::string{count_output}}},
      {.name = "ledger.read",
       .description = "Gives all lines.",
       .input_schema = JsonText{std::string{read_input}},
       .output_schema = JsonText{std::string{read_output}}},
  };
}

Error failed(const std::string& what, const std::string& file) {
  return make_error(ErrorClass::tool_failed,
                    "cannot " + what + " the ledger " + file + ": " + std::strerror(errno));
}

class Ledger final : public KnownToolkit {
 public:
  explicit Ledger(std::string file) : KnownToolkit{ledger_kind}, file_{std::move(file)} {}

  Result<JsonText> call(const ToolCall& call, std::stop_token stop) override {
    if (call.tool == "ledger.read") return read();
    const Arguments arguments{call.arguments};
    const auto entry = arguments.text("entry");
    if (call.tool == "ledger.count") return count(entry);
    const auto takes = arguments.duration("takes", Millis{0});
    if (takes > call.timeout)
      return make_error(ErrorClass::timeout, call.tool + ": it would take " +
                                                 format_duration(takes) + ", longer than it may");
    if (!pause(stop, takes / 2))
      return make_error(ErrorClass::cancelled, call.tool + ": cancelled, nothing was written");
    auto result = write(call, entry);
    pause(stop, takes - takes / 2);
    return result;
  }

 private:
  /// One line, in one write: a process that dies leaves all of it or nothing.
  Result<JsonText> write(const ToolCall& call, const std::string& entry) const {
    const UniqueFd file{::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
    if (!file) return failed("open", file_);
    if (::flock(file.get(), LOCK_EX) != 0) return failed("lock", file_);
    const auto key = json::serialize(json::string{call.idempotency_key});
    const bool written =
        call.tool != "ledger.keyed" || content(file).find(key) == std::string::npos;
    if (written) {
      const auto line = json::serialize(json::object{{"at", to_iso8601(SystemClock{}.now())},
                                                     {"tool", call.tool},
                                                     {"entry", entry},
                                                     {"key", call.idempotency_key},
                                                     {"process", ::getpid()}}) +
                        "\n";
      if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        return failed("write", file_);
    }
    return JsonText{json::serialize(json::object{{"entry", entry}, {"written", written}})};
  }

  Result<JsonText> count(const std::string& entry) const {
    const auto all = content();
    if (!all) return all.error();
    std::size_t lines = 0;
    const auto mark = "\"entry\":" + json::serialize(json::string{entry}) + ",\"key\":";
    for (std::size_t at = 0; (at = all->find(mark, at)) != std::string::npos; ++at) ++lines;
    return JsonText{json::serialize(json::object{{"entry", entry}, {"count", lines}})};
  }

  Result<JsonText> read() const {
    auto all = content();
    if (!all) return all.error();
    while (all->ends_with('\n')) all->pop_back();
    std::ranges::replace(*all, '\n', ',');
    return JsonText{"{\"lines\":[" + *all + "]}"}; // each is an object
  }

  /// Empty as long as nothing was done.
  Result<std::string> content() const {
    const UniqueFd file{::open(file_.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file) return content(file);
    if (errno != ENOENT) return failed("open", file_);
    return std::string{};
  }

  static std::string content(const UniqueFd& file) {
    struct stat info {};
    ::fstat(file.get(), &info);
    std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
    const auto got = ::pread(file.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  std::string file_;
};

Made make(const JsonText& settings, const Environment&) {
  Made made;
  made.toolkit = std::make_shared<Ledger>(Arguments{settings}.text("file"));
  return made;
}

} // namespace

const Kind ledger_kind{"ledger", false, settings_schema, tools, make};

} // namespace troupe::toolkits
