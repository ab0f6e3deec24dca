// probe: is a service reachable, and does it answer as it should? Free: any node may ask.
#include <boost/json.hpp>
#include <chrono>

#include "toolkits/arguments.hpp"
#include "toolkits/bounded_text.hpp"
#include "toolkits/kind.hpp"
#include "toolkits/targets.hpp"
#include "toolkits/tcp.hpp"

namespace troupe::toolkits {
namespace {

namespace json = boost::json;

constexpr std::string_view settings_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["allow"],
  "properties": {
    "allow": {
      "type": "array", "minItems": 1,
      "description": "targets that may be probed",
      "items": {"type": "string", "maxLength": 255,
                "description": "127.0.0.0/8, ::1, localhost, *.example.org, or * for any"}
    }
  }
})";

constexpr std::string_view http_input = R"({
  "type": "object", "additionalProperties": false, "required": ["url"],
  "properties": {
    "url": {"type": "string", "maxLength": 2048,
            "description": "what to fetch; redirects are not followed"},
    "method": {"enum": ["GET", "HEAD"], "description": "GET unless said otherwise"},
    "expect_status": {"type": "integer", "minimum": 100, "maximum": 599,
                      "description": "the status that is met; 200 to 399 unless said otherwise"},
    "expect_body": {"type": "string", "maxLength": 1024,
                    "description": "a text that the first 64 KiB of the answer must contain"},
    "timeout": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$",
                "description": "how long to wait for the whole answer; 5s unless said otherwise"},
    "must": {"type": "boolean",
             "description": "true: a probe that is not met is an error, tool_failed"}
  }
})";

constexpr std::string_view tcp_input = R"({
  "type": "object", "additionalProperties": false, "required": ["host", "port"],
  "properties": {
    "host": {"type": "string", "maxLength": 255, "description": "a name or an address"},
    "port": {"type": "integer", "minimum": 1, "maximum": 65535, "description": "a TCP port"},
    "timeout": {"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$",
                "description": "how long to wait for the connection; 5s unless said otherwise"},
    "must": {"type": "boolean",
             "description": "true: a probe that is not met is an error, tool_failed"}
  }
})";

constexpr std::string_view output_schema = R"({
  "type": "object", "additionalProperties": false,
  "required": ["ok", "status", "duration_ms", "detail"],
  "properties": {
    "ok": {"type": "boolean", "description": "the probe is met"},
    "status": {"type": ["integer", "null"], "description": "of the HTTP answer; null without one"},
    "duration_ms": {"type": "integer"},
    "detail": {"type": "string", "description": "what was seen, for a person"}
  }
})";

std::vector<ToolSpec> tools() {
  return {
      {.name = "probe.http",
       .description = "Fetches a URL and says whether the answer is as expected.",
       .input_schema = JsonText{std::string{http_input}},
       .output_schema = JsonText{std::string{output_schema}}},
      {.name = "probe.tcp",
       .description = "Says whether a TCP connection to a host and port can be made.",
       .input_schema = JsonText{std::string{tcp_input}},
       .output_schema = JsonText{std::string{output_schema}}},
  };
}

struct Seen {
  bool ok = false;
  std::optional<int> status;
  std::string detail;
};

class Probe final : public KnownToolkit {
 public:
  Probe(AllowList allow, std::shared_ptr<ports::HttpClient> http)
      : KnownToolkit{probe_kind}, allow_{std::move(allow)}, http_{std::move(http)} {}

  Result<JsonText> call(const ToolCall& call, std::stop_token stop) override {
    const Arguments arguments{call.arguments};
    const auto timeout = std::min(arguments.duration("timeout", Millis{5'000}), call.timeout);
    const auto start = std::chrono::steady_clock::now();
    const auto seen = call.tool == "probe.tcp" ? tcp(arguments, timeout, std::move(stop))
                                               : http(arguments, timeout, std::move(stop));
    if (!seen) return seen.error();
    if (!seen->ok && arguments.flag("must"))
      return make_error(ErrorClass::tool_failed, "the probe is not met: " + seen->detail);
    const auto took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
    return JsonText{json::serialize(
        json::object{{"ok", seen->ok},
                     {"status", seen->status ? json::value(*seen->status) : json::value(nullptr)},
                     {"duration_ms", took.count()},
                     {"detail", seen->detail}})};
  }

 private:
  Result<> check_target(const std::string& host) const {
    if (allow_.allows(host)) return {};
    return make_error(ErrorClass::denied, "`" + shortened(clean_utf8(host), 255) +
                                              "` may not be probed: it is not among "
                                              "toolkits.probe.allow of this node");
  }

  Result<Seen> http(const Arguments& arguments, Millis timeout, std::stop_token stop) const {
    ports::HttpRequest request;
    request.method = arguments.text("method", "GET");
    request.url = arguments.text("url");
    request.timeout = timeout;
    request.body_bytes_max = 64 * 1024;
    const auto target = parse_url(request.url);
    if (!target) return target.error();
    if (auto allowed = check_target(target->host); !allowed) return allowed.error();
    const auto response = http_->send(request, std::move(stop));
    if (!response) return unanswered(response.error(), timeout);
    return judge(arguments, *response);
  }

  static Seen judge(const Arguments& arguments, const ports::HttpResponse& response) {
    const auto expected = arguments.integer("expect_status", 0);
    const auto status = std::to_string(response.status);
    if (expected != 0 && response.status != expected)
      return {false, response.status,
              "status " + status + ", expected " + std::to_string(expected)};
    if (expected == 0 && (response.status < 200 || response.status > 399))
      return {false, response.status, "status " + status + ", expected 200 to 399"};
    const auto body = arguments.text("expect_body");
    if (response.body.find(body) == std::string::npos)
      return {false, response.status,
              "status " + status + ", but the answer does not contain the expected text"};
    return {true, response.status, "status " + status};
  }

  Result<Seen> tcp(const Arguments& arguments, Millis timeout, std::stop_token stop) const {
    const auto host = arguments.text("host");
    if (auto allowed = check_target(host); !allowed) return allowed.error();
    const auto port = static_cast<std::uint16_t>(arguments.integer("port", 0));
    const auto connected = connect_tcp(host, port, timeout, std::move(stop));
    if (!connected) return unanswered(connected.error(), timeout);
    return Seen{true, std::nullopt, "connected"};
  }

  /// Silence and refusal are what a probe is there to see; anything else is an error.
  static Result<Seen> unanswered(const Error& error, Millis timeout) {
    if (error.error_class == ErrorClass::timeout)
      return Seen{false, std::nullopt, "no answer within " + format_duration(timeout)};
    if (error.error_class == ErrorClass::tool_failed)
      return Seen{false, std::nullopt, error.message};
    return error;
  }

  AllowList allow_;
  std::shared_ptr<ports::HttpClient> http_;
};

Made make(const JsonText& settings, const Environment& environment) {
  Made made;
  AllowList allow;
  const auto entries = Arguments{settings}.texts("allow");
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (const auto fault = allow.add(entries[i]); !fault.empty())
      made.faults.push_back("/allow/" + std::to_string(i) + ": " + fault);
  if (!made.faults.empty()) return made;
  if (!environment.http)
    made.missing = "this node has no HTTP client";
  else
    made.toolkit = std::make_shared<Probe>(std::move(allow), environment.http);
  return made;
}

} // namespace

const Kind probe_kind{"probe", false, settings_schema, tools, make};

} // namespace troupe::toolkits
