#include <boost/json.hpp>

#include "runtime/agent/native.hpp"
#include "runtime/plan/json_value.hpp"

namespace troupe::agent {
namespace {

namespace json = boost::json;

class Caller final : public Agent {
 public:
  explicit Caller(const Task& task) : task_{task.task} {}

  std::vector<Action> on(const Event& event, Instant) override {
    if (over_) return {};
    if (std::holds_alternative<Started>(event)) return called_ ? std::vector<Action>{} : call();
    const auto* answer = std::get_if<ToolAnswered>(&event);
    if (!answer || !called_ || answer->call != the_call) return {};
    over_ = true;
    if (answer->outcome.error) return {Fail{*answer->outcome.error}};
    return {Complete{answer->outcome.output}};
  }

 private:
  static constexpr std::uint64_t the_call = 1;

  std::vector<Action> call() {
    const auto task = plan::parse_json(task_);
    const auto* fields = task.if_object();
    const auto* tool = fields ? fields->if_contains("tool") : nullptr;
    if (!tool || !tool->is_string()) {
      over_ = true;
      return {Fail{make_error(ErrorClass::invalid_input,
                              "the task of a caller must be {\"tool\": \"<toolkit>.<tool>\", "
                              "\"with\": {..}}")}};
    }
    const auto* with = fields->if_contains("with");
    called_ = true;
    return {CallTool{the_call, std::string{tool->get_string()},
                     JsonText{with ? json::serialize(*with) : "{}"}}};
  }

  JsonText task_;
  bool called_ = false;
  bool over_ = false;
};

} // namespace

std::unique_ptr<Agent> make_caller(const Task& task) { return std::make_unique<Caller>(task); }

} // namespace troupe::agent
