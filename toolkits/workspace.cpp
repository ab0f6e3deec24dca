// workspace: the files of one job, under <data_dir>/workspaces/<job>. Bound: they lie on this node.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <mutex>

#include "runtime/hash.hpp"
#include "toolkits/arguments.hpp"
#include "toolkits/artifact_transfer.hpp"
#include "toolkits/beneath.hpp"
#include "toolkits/bounded_text.hpp"
#include "toolkits/kind.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

constexpr std::string_view settings_schema =
    R"({"type": "object", "additionalProperties": false, "properties": {}})";

constexpr std::string_view write_input = R"({
  "type": "object", "additionalProperties": false, "required": ["path", "content"],
  "properties": {
    "path": {"type": "string", "maxLength": 1024,
             "description": "like reports/first.md; missing folders are made"},
    "content": {"type": "string", "description": "the whole file, at most 256 KiB"}
  }
})";

constexpr std::string_view write_output = R"({
  "type": "object", "additionalProperties": false, "required": ["path", "bytes", "sha256"],
  "properties": {
    "path": {"type": "string"}, "bytes": {"type": "integer"}, "sha256": {"type": "string"}
  }
})";

constexpr std::string_view read_input = R"({
  "type": "object", "additionalProperties": false, "required": ["path"],
  "properties": {
    "path": {"type": "string", "maxLength": 1024, "description": "from the workspace's folder"},
    "offset": {"type": "integer", "minimum": 0,
               "description": "first byte to read; 0 unless said otherwise"},
    "bytes": {"type": "integer", "minimum": 4, "maximum": 131072,
              "description": "how much to read; 64 KiB unless said otherwise"}
  }
})";

constexpr std::string_view read_output = R"({
  "type": "object", "additionalProperties": false,
  "required": ["path", "content", "size", "offset", "next_offset", "replaced"],
  "properties": {
    "path": {"type": "string"}, "content": {"type": "string"},
    "size": {"type": "integer", "description": "bytes of the whole file"},
    "offset": {"type": "integer"},
    "next_offset": {"type": ["integer", "null"], "description": "where to go on; null: at the end"},
    "replaced": {"type": "boolean", "description": "bytes that are not UTF-8 became U+FFFD"}
  }
})";

constexpr std::string_view list_input = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "path": {"type": "string", "maxLength": 1024,
             "description": "a folder of the workspace; all of it unless said otherwise"}
  }
})";

constexpr std::string_view list_output = R"({
  "type": "object", "additionalProperties": false,
  "required": ["entries", "files", "bytes", "truncated"],
  "properties": {
    "entries": {"type": "array", "items": {
      "type": "object", "required": ["path", "folder", "bytes", "modified"],
      "properties": {"path": {"type": "string"}, "folder": {"type": "boolean"},
                     "bytes": {"type": "integer"}, "modified": {"type": "string"}}}},
    "files": {"type": "integer"}, "bytes": {"type": "integer"},
    "truncated": {"type": "boolean", "description": "there is more than is listed"}
  }
})";

constexpr std::string_view fetch_input = R"({
  "type": "object", "additionalProperties": false, "required": ["artifact", "path"],
  "properties": {
    "artifact": {"description": "a reference, as a result that was too large is, or its name",
                 "anyOf": [
      {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
      {"type": "object", "additionalProperties": false, "required": ["artifact"],
       "properties": {"artifact": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
                      "bytes": {"type": "integer"}, "type": {"type": "string"}}}]},
    "path": {"type": "string", "maxLength": 1024, "description": "the file that shall hold it"}
  }
})";

constexpr std::string_view publish_input = R"({
  "type": "object", "additionalProperties": false, "required": ["path"],
  "properties": {
    "path": {"type": "string", "maxLength": 1024, "description": "a file of at most 16 MiB"},
    "type": {"type": "string", "maxLength": 200,
             "description": "its media type; application/octet-stream unless said otherwise"}
  }
})";

constexpr std::string_view publish_output = R"({
  "type": "object", "additionalProperties": false, "required": ["artifact", "bytes", "type"],
  "properties": {
    "artifact": {"type": "string"}, "bytes": {"type": "integer"}, "type": {"type": "string"}
  }
})";

std::vector<ToolSpec> tools() {
  return {
      {.name = "workspace.write",
       .description = "Makes a file of the job's workspace hold exactly this text.",
       .input_schema = JsonText{std::string{write_input}},
       .output_schema = JsonText{std::string{write_output}},
       .risk = Risk::write,
       .effect = Effect::idempotent},
      {.name = "workspace.read",
       .description = "Reads a file of the job's workspace, or a part of it.",
       .input_schema = JsonText{std::string{read_input}},
       .output_schema = JsonText{std::string{read_output}}},
      {.name = "workspace.list",
       .description = "Lists the files and folders of the job's workspace.",
       .input_schema = JsonText{std::string{list_input}},
       .output_schema = JsonText{std::string{list_output}}},
      {.name = "workspace.fetch",
       .description = "Makes a file of the job's workspace hold an artifact.",
       .input_schema = JsonText{std::string{fetch_input}},
       .output_schema = JsonText{std::string{write_output}},
       .risk = Risk::write,
       .effect = Effect::idempotent},
      {.name = "workspace.publish",
       .description =
           "Keeps a file of the job's workspace as an artifact, and gives its reference.",
       .input_schema = JsonText{std::string{publish_input}},
       .output_schema = JsonText{std::string{publish_output}}},
  };
}

bool names_a_job(std::string_view job) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  return !job.empty() && job.size() <= 64 && std::all_of(job.begin(), job.end(), letter);
}

/// Bytes at the end of `bytes` that begin a character without ending it; at most 3.
std::size_t split_character(std::string_view bytes) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
    if (byte >= 0xc2 && byte <= 0xf4) {
      const std::size_t size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      return back < size ? back : 0;
    }
    if ((byte & 0xc0) != 0x80) return 0;
  }
  return 0;
}

std::string read_bytes(int file, std::int64_t offset, std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const auto got = ::pread(file, bytes.data() + have, count - have,
                             static_cast<off_t>(offset + static_cast<std::int64_t>(have)));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

class Workspace final : public KnownToolkit {
 public:
  Workspace(std::string folder, std::shared_ptr<ports::HttpClient> http)
      : KnownToolkit{workspace_kind}, folder_{std::move(folder)}, http_{std::move(http)} {}

  Result<JsonText> call(const ToolCall& call, std::stop_token stop) override {
    if (!names_a_job(call.job))
      return make_error(ErrorClass::invalid_input,
                        "the call names no job; a workspace belongs to one");
    const Arguments arguments{call.arguments};
    if (call.tool == "workspace.write") return write(call.job, arguments);
    if (call.tool == "workspace.fetch") return fetch(call, std::move(stop));
    if (call.tool == "workspace.publish") return publish(call, std::move(stop));
    if (call.tool == "workspace.read") return read(call.job, arguments);
    return list(call.job, arguments);
  }

 private:
  Result<JsonText> write(const std::string& job, const Arguments& arguments) {
    const auto path = arguments.text("path"), content = arguments.text("content");
    if (content.size() > limits::workspace_file_bytes_max)
      return make_error(ErrorClass::tool_failed,
                        "`" + path + "` would have " + std::to_string(content.size()) +
                            " bytes, more than the bound of " +
                            std::to_string(limits::workspace_file_bytes_max));
    return keep(job, path, content);
  }

  Result<JsonText> keep(const std::string& job, const std::string& path,
                        const std::string& content) {
    if (auto parts = parse_relative(path); !parts) return parts.error(); // before anything is made
    const std::lock_guard one_writer{writing_}; // so that two cannot pass the bound together
    const auto files = Beneath::open(folder_, job, true);
    if (!files) return files.error();
    if (auto room = check_room(*files, content.size()); !room) return room.error();
    if (auto written = files->write_file(path, content); !written) return written.error();
    return JsonText{json::serialize(
        json::object{{"path", path}, {"bytes", content.size()}, {"sha256", sha256_hex(content)}})};
  }

  Result<ArtifactTransfer> transfer(const ToolCall& call) const {
    if (call.artifacts && http_) return ArtifactTransfer{http_, *call.artifacts};
    return make_error(ErrorClass::tool_failed,
                      "no orchestrator node with HTTP has told where artifacts are kept");
  }

  Result<JsonText> fetch(const ToolCall& call, std::stop_token stop) {
    const auto given = json::parse(call.arguments.text).as_object();
    const auto& named = given.at("artifact");
    const auto& name = named.is_object() ? named.get_object().at("artifact") : named;
    const std::string path{given.at("path").as_string()};
    if (auto parts = parse_relative(path); !parts) return parts.error();
    const auto moving = transfer(call);
    if (!moving) return moving.error();
    const auto hash = artifact::parse_name(std::string{name.as_string()});
    const auto content =
        moving->get(hash.value_or(""), limits::workspace_artifact_bytes_max, std::move(stop));
    if (!content) return content.error();
    return keep(call.job, path, *content);
  }

  Result<JsonText> publish(const ToolCall& call, std::stop_token stop) const {
    const Arguments arguments{call.arguments};
    const auto path = arguments.text("path");
    const auto file = open(call.job, path);
    if (!file) return file.error();
    const auto moving = transfer(call);
    if (!moving) return moving.error();
    // One byte more than is allowed shows that there is more.
    const auto content = read_bytes(file->get(), 0, limits::workspace_artifact_bytes_max + 1);
    if (content.size() > limits::workspace_artifact_bytes_max)
      return make_error(ErrorClass::tool_failed,
                        "`" + path + "` is larger than the bound of " +
                            std::to_string(limits::workspace_artifact_bytes_max) + " bytes");
    const auto reference =
        moving->put(content, arguments.text("type", "application/octet-stream"), std::move(stop));
    if (!reference) return reference.error();
    return artifact::to_json(*reference);
  }

  static Result<> check_room(const Beneath& files, std::size_t more) {
    const auto listing = files.list("", 0);
    if (!listing) return listing.error();
    if (listing->bytes + more <= limits::workspace_bytes_max &&
        listing->files < limits::workspace_files_max)
      return {};
    return make_error(ErrorClass::tool_failed,
                      "the workspace of this job is full: it holds " +
                          std::to_string(listing->files) + " files of " +
                          std::to_string(listing->bytes) + " bytes; the bounds are " +
                          std::to_string(limits::workspace_files_max) + " and " +
                          std::to_string(limits::workspace_bytes_max));
  }

  Result<UniqueFd> open(const std::string& job, const std::string& path) const {
    if (auto parts = parse_relative(path); !parts) return parts.error();
    if (!begun(job))
      return make_error(ErrorClass::tool_failed,
                        "cannot read `" + path + "`: this job has no files yet");
    const auto files = Beneath::open(folder_, job, false);
    if (!files) return files.error();
    return files->open_file(path);
  }

  Result<JsonText> read(const std::string& job, const Arguments& arguments) const {
    const auto path = arguments.text("path");
    const auto file = open(job, path);
    if (!file) return file.error();

    const auto offset = arguments.integer("offset", 0);
    struct stat info {};
    ::fstat(file->get(), &info);
    auto bytes = read_bytes(file->get(), offset,
                            static_cast<std::size_t>(arguments.integer("bytes", 64 * 1024)));
    const auto ends_at = [&] { return offset + static_cast<std::int64_t>(bytes.size()); };
    if (ends_at() < info.st_size) bytes.resize(bytes.size() - split_character(bytes));
    bool replaced = false;
    auto content = clean_utf8(bytes, &replaced);
    while (json_size(content) > limits::text_result_bytes_max) {
      bytes.resize(bytes.size() / 2);
      bytes.resize(bytes.size() - split_character(bytes));
      content = clean_utf8(bytes);
    }
    return JsonText{json::serialize(json::object{
        {"path", path},
        {"content", content},
        {"size", info.st_size},
        {"offset", offset},
        {"next_offset", ends_at() < info.st_size ? json::value(ends_at()) : json::value(nullptr)},
        {"replaced", replaced}})};
  }

  Result<JsonText> list(const std::string& job, const Arguments& arguments) const {
    const auto path = arguments.text("path");
    if (auto parts = parse_relative(path); !path.empty() && !parts) return parts.error();
    Beneath::Listing listing;
    if (begun(job) || !path.empty()) {
      const auto files = Beneath::open(folder_, job, false);
      if (!files) return files.error();
      auto found = files->list(path, limits::listed_files_max);
      if (!found) return found.error();
      listing = std::move(*found);
    }
    json::array entries;
    std::size_t room = limits::text_result_bytes_max;
    for (const auto& entry : listing.entries) {
      const auto shown = clean_utf8(entry.path);
      const auto size = json_size(shown);
      listing.cut |= size > room;
      if (size > room) break;
      room -= size;
      entries.push_back(json::object{{"path", shown},
                                     {"folder", entry.folder},
                                     {"bytes", entry.bytes},
                                     {"modified", to_iso8601(entry.modified)}});
    }
    return JsonText{json::serialize(json::object{{"entries", std::move(entries)},
                                                 {"files", listing.files},
                                                 {"bytes", listing.bytes},
                                                 {"truncated", listing.cut}})};
  }

  bool begun(const std::string& job) const {
    struct stat info {};
    return ::stat((folder_ + '/' + job).c_str(), &info) == 0;
  }

  std::string folder_;
  std::shared_ptr<ports::HttpClient> http_;
  std::mutex writing_;
};

Made make(const JsonText&, const Environment& environment) {
  Made made;
  if (environment.data_dir.empty())
    made.missing = "the node has no data_dir, where workspaces stand; set data_dir";
  else
    made.toolkit =
        std::make_shared<Workspace>(environment.data_dir + "/workspaces", environment.http);
  return made;
}

} // namespace

const Kind workspace_kind{"workspace", true, settings_schema, tools, make};

} // namespace troupe::toolkits
