// clock: what time it is. Free: any node's may answer.
#include "toolkits/kind.hpp"

namespace troupe::toolkits {
namespace {

constexpr std::string_view settings_schema =
    R"({"type": "object", "additionalProperties": false, "properties": {}})";
constexpr std::string_view now_input =
    R"({"type": "object", "additionalProperties": false, "properties": {}})";
constexpr std::string_view now_output = R"({
  "type": "object", "additionalProperties": false, "required": ["now"],
  "properties": {"now": {"type": "string", "description": "UTC, as in RFC 3339"}}
})";

std::vector<ToolSpec> tools() {
  return {
      {.name = "clock.now",
       .description = "Tells the time of the node that answers.",
       .input_schema = JsonText{std::string{now_input}},
       .output_schema = JsonText{std::string{now_output}}}}; // risk read, effect pure: the defaults
}

class ClockToolkit final : public KnownToolkit {
 public:
  explicit ClockToolkit(std::shared_ptr<const Clock> clock)
      : KnownToolkit{clock_kind}, clock_{std::move(clock)} {}

  Result<JsonText> call(const ToolCall&, std::stop_token) override {
    return JsonText{"{\"now\":\"" + to_iso8601(clock_->now()) + "\"}"};
  }

 private:
  std::shared_ptr<const Clock> clock_;
};

Made make(const JsonText&, const Environment& environment) {
  auto clock = environment.clock ? environment.clock : std::make_shared<const SystemClock>();
  return {.toolkit = std::make_shared<ClockToolkit>(std::move(clock)), .missing = {}, .faults = {}};
}

} // namespace

const Kind clock_kind{.name = "clock",
                      .bound = false,
                      .settings_schema = settings_schema,
                      .tools = tools,
                      .make = make};

} // namespace troupe::toolkits
