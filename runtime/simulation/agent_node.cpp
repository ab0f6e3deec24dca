#include "runtime/simulation/agent_node.hpp"

#include <algorithm>

#include "runtime/limits.hpp"
#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/scripted_agent.hpp"
#include "runtime/simulation/simulated_bus.hpp"
#include "runtime/simulation/tool_server.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {

/// What actors/agent is.
class AgentNode::Attempt final : public std::enable_shared_from_this<Attempt>,
                                 private agent::AttemptPort {
 public:
  Attempt(AgentNode& node, std::uint64_t number, agent::Assignment assignment,
          std::shared_ptr<agent::Agent> agent)
      : node_{node},
        number_{number},
        driver_{std::move(assignment), std::move(agent), node.name(), *this} {}

  const message::Context& context() const { return driver_.context(); }
  void start() { driver_.start(now()); }
  void stop() { driver_.stop(); }
  void owner_is(const std::string& owner, Epoch epoch) { driver_.owner_is(owner, epoch); }
  void hand_over() { driver_.hand_over(); }

 private:
  Moment now() const { return {node_.date(), node_.monotonic()}; }

  std::optional<agent::ServedHere> served_here(const std::string& tool) const override {
    if (!node_.serves(tool)) return std::nullopt;
    const auto& known = node_.world().scenario().tools.at(tool);
    return agent::ServedHere{limits::tool_timeout_default, known.effect == "pure"};
  }
  void call_tool(std::uint64_t call, message::Outgoing message, Millis timeout) override {
    node_.boundary("before a tool is called");
    node_.world().bus().request(
        node_, "agent", message, timeout,
        [self = weak_from_this(), call](const Result<message::AgentMessage>& answer) {
          const auto attempt = self.lock();
          if (!attempt) return;
          if (!answer && answer.error().error_class == ErrorClass::timeout)
            attempt->node_.world().auditor().call_timed_out(attempt->context());
          attempt->driver_.answered(call, answer, attempt->now());
        });
  }
  void call_later(std::uint64_t call, Millis after) override {
    node_.timer(after, [self = weak_from_this(), call] {
      if (const auto attempt = self.lock()) attempt->driver_.call_due(call, attempt->now());
    });
  }
  void set_timer(std::uint64_t timer, Millis after) override {
    node_.timer(after, [self = weak_from_this(), timer] {
      if (const auto attempt = self.lock()) attempt->driver_.timer_rang(timer, attempt->now());
    });
  }
  void report(message::Outgoing message) override {
    node_.world().bus().publish(node_, "agent", message);
  }
  void end(message::Body body) override {
    node_.post(Time{0}, [&node = node_, number = number_, body = std::move(body)] {
      node.ended(number, body);
    });
  }

  AgentNode& node_;
  std::uint64_t number_;
  agent::AttemptDriver driver_;
};

AgentNode::AgentNode(World& world, std::string name, std::uint64_t seed, bool serves_all)
    : Process{world, std::move(name)}, seed_{seed}, serves_all_{serves_all} {}
AgentNode::~AgentNode() = default;

void AgentNode::boot() {
  host_ = std::make_unique<agent::HostDriver>(incarnation(), world().scenario().slots,
                                              static_cast<agent::HostPort&>(*this));
  tools_ = std::make_unique<ToolServer>(*this);
  beat();
}

void AgentNode::destroy() {
  attempts_.clear();
  tools_.reset();
  host_.reset();
  drain_.reset();
}

void AgentNode::draining() {
  drain_.emplace(Millis{world().below(Millis{limits::drain_default}.count() / 2)}, since_boot());
  world().bus().publish(*this, "node",
                        {"hb", "all", "*/dispatcher", {}, message::NodeDraining{incarnation()}});
}

bool AgentNode::drained() {
  const bool executing = host_->attempts() > 0 || tools_->busy();
  const auto next = drain_->next(executing, false, since_boot());
  if (next == lease::Drain::Do::hand_over_attempts) {
    host_->hand_over();
    tools_->hand_over();
  }
  return next == lease::Drain::Do::end;
}

void AgentNode::owner_is(std::uint64_t number, const std::string& owner, Epoch epoch) {
  if (const auto attempt = attempts_.find(number); attempt != attempts_.end())
    attempt->second->owner_is(owner, epoch);
}

void AgentNode::hand_over(std::uint64_t number) {
  post(Time{0}, [this, number] {
    if (const auto attempt = attempts_.find(number); attempt != attempts_.end()) {
      const auto held = attempt->second; // its end takes it out of the map, later
      held->hand_over();
    }
  });
}

bool AgentNode::serves(std::string_view tool) const {
  const auto& tools = world().scenario().tools;
  const auto found = tools.find(std::string{tool});
  return found != tools.end() && (serves_all_ || found->second.everywhere);
}

bool AgentNode::runs(RunId run, AttemptNumber number) const {
  return std::ranges::any_of(attempts_, [&](const auto& item) {
    const auto& context = item.second->context();
    return context.run == run && context.attempt == number;
  });
}

void AgentNode::beat() {
  timer(limits::heartbeat_interval, [this] { beat(); });
  message::NodeHeartbeat beat;
  beat.incarnation = incarnation();
  beat.modes = {"agent"};
  beat.roles = {"*"};
  for (const auto& [tool, what] : world().scenario().tools)
    if (serves(tool)) beat.tools.push_back(tool);
  beat.labels = world().scenario().labels;
  beat.slots = world().scenario().slots;
  beat.free_slots = host_->free_slots();
  beat.draining = drain_.has_value();
  world().bus().publish(*this, "bus_bridge", {"hb", "all", "*/dispatcher", {}, std::move(beat)});
}

// ---- the bus

bool AgentNode::hears(const std::string& verb, const std::string& recipient) const {
  if (verb == "task" || verb == "ctl") return recipient == name();
  if (verb != "tool") return false;
  const auto at = recipient.find("-at-");
  if (at != std::string::npos) return recipient.substr(at + 4) == name();
  const auto toolkit = recipient.substr(0, recipient.find("-all"));
  for (const auto& [tool, what] : world().scenario().tools)
    if (tool.starts_with(toolkit + '.') && serves(tool)) return true;
  return false;
}

void AgentNode::receive(const std::string& verb, agent::Asked asked) {
  if (verb == "tool")
    tools_->receive(std::move(asked), drain_.has_value());
  else
    host_->receive(std::move(asked), drain_.has_value());
}

void AgentNode::answer(const agent::Asked& to, message::Body body) {
  boundary("before it answers an owner");
  world().bus().answer(*this, "agent_host", to.reply_to, to.message.context, std::move(body));
}

// ---- attempts

Result<> AgentNode::start(std::uint64_t number, agent::Assignment assignment) {
  const auto& role = assignment.task.role;
  std::shared_ptr<agent::Agent> agent;
  if (role.kind == "native" && role.native == "caller") {
    auto made = agent::make_agent(
        {assignment.context.step, role, assignment.task.task, assignment.task.context});
    if (!made) return made.error();
    agent = std::move(*made);
  } else {
    agent = make_scripted_agent(assignment, world().scenario(), seed_);
  }
  const auto attempt = std::make_shared<Attempt>(*this, number, std::move(assignment), agent);
  attempts_[number] = attempt;
  post(Time{0}, [attempt] { attempt->start(); });
  if (world().chance(world().scenario().faults.agent_crashes))
    timer(Millis{world().below(5'000)}, [this, number] { crash_agent(number); });
  return {};
}

void AgentNode::crash_agent(std::uint64_t number) {
  if (!attempts_.contains(number)) return;
  world().trace(name() + ": the agent of attempt " +
                std::to_string(attempts_.at(number)->context().attempt) + " crashes");
  ended(number, message::TaskFailed{
                    make_error(ErrorClass::agent_down, "the agent crashed"), {}, {}, false});
}

void AgentNode::stop(std::uint64_t number, const std::string&) {
  post(Time{0}, [this, number] {
    if (const auto attempt = attempts_.find(number); attempt != attempts_.end()) {
      const auto held = attempt->second; // its end takes it out of the map, later
      held->stop();
    }
  });
}

void AgentNode::ended(std::uint64_t number, message::Body end) {
  const auto attempt = attempts_.find(number);
  if (attempt == attempts_.end()) return;
  world().auditor().attempt_ended(attempt->second->context(), end);
  attempts_.erase(attempt);
  boundary("before it tells how an attempt ended");
  host_->ended(number, std::move(end));
}

void AgentNode::deliver(std::uint64_t number, message::Outgoing message) {
  world().bus().request(
      *this, "agent_host", message, limits::assignment_answer_timeout,
      [this, number, context = message.context](const Result<message::AgentMessage>& answer) {
        const auto before = host_->free_slots();
        host_->delivered(number, answer);
        if (host_->free_slots() != before && answer &&
            std::holds_alternative<message::TaskDiscarded>(answer->body))
          world().auditor().obeys_task_discard(context);
      });
}

void AgentNode::ask_whois(std::uint64_t number, message::Outgoing message) {
  world().bus().request(*this, "agent_host", message, limits::assignment_answer_timeout,
                        [this, number](const Result<message::AgentMessage>& answer) {
                          host_->owner_found(number, answer);
                        });
}

void AgentNode::ring(agent::HostTimer which, Millis after) {
  timer(after, [this, which] { host_->rang(which); });
}

} // namespace troupe::simulation
