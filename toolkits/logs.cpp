// logs: the last lines of files that an administrator catalogued. Bound: they lie on this node.
#include <boost/json.hpp>
#include <map>

#include "toolkits/arguments.hpp"
#include "toolkits/bounded_text.hpp"
#include "toolkits/kind.hpp"
#include "toolkits/log_tail.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

constexpr std::string_view settings_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["files"],
  "properties": {
    "files": {
      "type": "object", "minProperties": 1, "description": "name -> absolute path of a log file",
      "additionalProperties": {"type": "string", "pattern": "^/.",
                               "description": "an absolute path"}
    }
  }
})";

constexpr std::string_view list_input =
    R"({"type": "object", "additionalProperties": false, "properties": {}})";

constexpr std::string_view list_output = R"({
  "type": "object", "additionalProperties": false, "required": ["logs"],
  "properties": {"logs": {"type": "array", "items": {"type": "object", "required": ["log", "path"],
    "properties": {"log": {"type": "string"}, "path": {"type": "string"}}}}}
})";

constexpr std::string_view tail_input = R"({
  "type": "object", "additionalProperties": false, "required": ["log"],
  "properties": {
    "log": {"type": "string", "maxLength": 255, "description": "a name that logs.list gives"},
    "lines": {"type": "integer", "minimum": 1, "maximum": 2000,
              "description": "how many lines at most; 100 unless said otherwise"},
    "bytes": {"type": "integer", "minimum": 1, "maximum": 131072,
              "description": "how much text at most; 64 KiB unless said otherwise"},
    "contains": {"type": "string", "maxLength": 255,
                 "description": "only lines that hold this text, letter by letter"}
  }
})";

constexpr std::string_view tail_output = R"({
  "type": "object", "additionalProperties": false,
  "required": ["log", "exists", "detail", "lines", "size", "truncated", "replaced", "rotated"],
  "properties": {
    "log": {"type": "string"},
    "exists": {"type": "boolean"},
    "detail": {"type": "string", "description": "why there is nothing to read; else empty"},
    "lines": {"type": "array", "items": {"type": "string"}, "description": "oldest first"},
    "size": {"type": "integer", "description": "bytes of the file"},
    "truncated": {"type": "boolean", "description": "earlier lines are left out, or one is cut"},
    "replaced": {"type": "boolean", "description": "bytes that are not UTF-8 became U+FFFD"},
    "rotated": {"type": "boolean", "description": "the first lines come from before the rotation"}
  }
})";

std::vector<ToolSpec> tools() {
  return {
      {.name = "logs.list",
       .description = "Lists the log files that may be read on this node.",
       .input_schema = JsonText{std::string{list_input}},
       .output_schema = JsonText{std::string{list_output}}},
      {.name = "logs.tail",
       .description = "Gives the last lines of a log file.",
       .input_schema = JsonText{std::string{tail_input}},
       .output_schema = JsonText{std::string{tail_output}}},
  };
}

class Logs final : public KnownToolkit {
 public:
  explicit Logs(std::map<std::string, std::string> files)
      : KnownToolkit{logs_kind}, files_{std::move(files)} {}

  Result<JsonText> call(const ToolCall& call, std::stop_token) override {
    if (call.tool == "logs.list") return list();
    return tail(Arguments{call.arguments});
  }

 private:
  Result<JsonText> list() const {
    json::array logs;
    for (const auto& [name, path] : files_)
      logs.push_back(json::object{{"log", name}, {"path", path}});
    return JsonText{json::serialize(json::object{{"logs", std::move(logs)}})};
  }

  Result<JsonText> tail(const Arguments& arguments) const {
    const auto name = arguments.text("log");
    const auto file = files_.find(name);
    if (file == files_.end())
      return make_error(ErrorClass::invalid_input,
                        "/log: this node knows no log `" + name + "`; it knows " + known_names());
    TailRequest request;
    request.lines = static_cast<std::size_t>(arguments.integer("lines", 100));
    request.bytes = static_cast<std::size_t>(arguments.integer("bytes", 64 * 1024));
    request.contains = arguments.text("contains");
    const auto tail = tail_file(file->second, request);
    return JsonText{
        json::serialize(json::object{{"log", name},
                                     {"exists", tail.exists},
                                     {"detail", clean_utf8(tail.detail)},
                                     {"lines", json::array(tail.lines.begin(), tail.lines.end())},
                                     {"size", tail.size},
                                     {"truncated", tail.truncated},
                                     {"replaced", tail.replaced},
                                     {"rotated", tail.rotated}})};
  }

  std::string known_names() const {
    std::string names;
    for (const auto& file : files_) (names += names.empty() ? "" : ", ") += file.first;
    return names;
  }

  std::map<std::string, std::string> files_;
};

Made make(const JsonText& settings, const Environment&) {
  std::map<std::string, std::string> files;
  const auto value = json::parse(settings.text);
  for (const auto& file : value.at("files").as_object())
    files.emplace(std::string{file.key()}, std::string{file.value().as_string()});
  Made made;
  made.toolkit = std::make_shared<Logs>(std::move(files));
  return made;
}

} // namespace

const Kind logs_kind{"logs", true, settings_schema, tools, make};

} // namespace troupe::toolkits
