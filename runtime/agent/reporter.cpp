#include <boost/json.hpp>

#include "runtime/agent/incident_report.hpp"
#include "runtime/agent/native.hpp"

namespace troupe::agent {
namespace {

namespace json = boost::json;

class Reporter final : public Agent {
 public:
  explicit Reporter(const Task& task) : task_{task} {}

  std::vector<Action> on(const Event& event, Instant) override {
    if (phase_ == Phase::idle && std::holds_alternative<Started>(event)) return write();
    const auto* answer = std::get_if<ToolAnswered>(&event);
    if (phase_ != Phase::writing || !answer || answer->call != the_call) return {};
    phase_ = Phase::over;
    if (answer->outcome.error) return {Fail{*answer->outcome.error}};
    const json::object output{{"report", path},
                              {"healed", report_.healed},
                              {"summary", report_.summary},
                              {"markdown", report_.markdown}};
    return {Complete{JsonText{json::serialize(output)}}};
  }

 private:
  enum class Phase : std::uint8_t { idle, writing, over };
  static constexpr std::uint64_t the_call = 1;
  static constexpr const char* path = "report.md";

  std::vector<Action> write() {
    auto report = write_incident_report(task_);
    if (!report.ok()) {
      phase_ = Phase::over;
      return {Fail{report.error()}};
    }
    phase_ = Phase::writing;
    report_ = std::move(*report);
    const json::object arguments{{"path", path}, {"content", report_.markdown}};
    return {Report{report_.summary},
            CallTool{the_call, "workspace.write", JsonText{json::serialize(arguments)}}};
  }

  Task task_;
  IncidentReport report_;
  Phase phase_ = Phase::idle;
};

} // namespace

std::unique_ptr<Agent> make_reporter(const Task& task) { return std::make_unique<Reporter>(task); }

} // namespace troupe::agent
