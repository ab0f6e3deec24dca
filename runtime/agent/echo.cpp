#include "runtime/agent/native.hpp"

namespace troupe::agent {
namespace {

class Echo final : public Agent {
 public:
  explicit Echo(const Task& task) : task_{task.task} {}

  std::vector<Action> on(const Event& event, Instant) override {
    if (!std::holds_alternative<Started>(event)) return {};
    return {Complete{task_}};
  }

 private:
  JsonText task_;
};

} // namespace

std::unique_ptr<Agent> make_echo(const Task& task) { return std::make_unique<Echo>(task); }

} // namespace troupe::agent
