#include "runtime/plan/longest.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "runtime/plan/json_value.hpp"

namespace troupe::plan {
namespace {

/// Beyond it one figure is as good as another, and sums stay far from overflowing.
constexpr Millis ceiling = std::chrono::days{365'000};

Millis plus(Millis a, Millis b) { return std::min(a + b, ceiling); }
Millis times(Millis a, std::size_t n) {
  return n != 0 && a > ceiling / static_cast<Millis::rep>(n) ? ceiling
                                                             : a * static_cast<Millis::rep>(n);
}

Longest at_most(Millis time) { return {time, {}}; }
Longest unbounded(std::string why) { return {{}, {std::move(why)}}; }
std::string quoted(std::string_view word) { return "`" + std::string{word} + "`"; }

void add_reasons(Longest& to, const Longest& from) {
  for (const auto& reason : from.unbounded)
    if (std::find(to.unbounded.begin(), to.unbounded.end(), reason) == to.unbounded.end())
      to.unbounded.push_back(reason);
}

class Reckoner {
 public:
  explicit Reckoner(const LongestContext& context) : context_{context} {}

  Longest of(const Node& node) {
    auto result = std::visit([&](const auto& kind) { return of_kind(node, kind); }, node.kind);
    if (node.restart.intensity > 0)
      result.unbounded.push_back((node.id.empty()
                                      ? "the plan"
                                      : std::string{kind_name(node.kind)} + " " + quoted(node.id)) +
                                 " restarts what fails in it, and has no `deadline`");
    if (node.deadline && (!result.bounded() || result.time > *node.deadline))
      return at_most(*node.deadline);
    return result;
  }

 private:
  Longest of_kind(const Node& node, const AgentStep&) {
    if (!node.timeout) return unbounded("agent " + quoted(node.id) + " has no `timeout`");
    return tried(node, at_most(*node.timeout));
  }

  Longest of_kind(const Node& node, const ToolStep& tool) {
    auto timeout = node.timeout;
    if (const auto own = context_.tool_timeouts.find(tool.tool);
        own != context_.tool_timeouts.end())
      timeout = timeout ? std::min(*timeout, own->second) : own->second;
    if (!timeout) return unbounded("tool " + quoted(node.id) + " has no `timeout`");
    return tried(node, at_most(*timeout));
  }

  Longest of_kind(const Node&, const ApprovalStep& approval) { return at_most(approval.expires); }

  Longest of_kind(const Node& node, const WaitStep& wait) {
    if (wait.duration) {
      const auto text = parse_json(wait.duration->value);
      const auto duration =
          text.is_string() ? parse_duration(std::string_view{text.get_string()}) : std::nullopt;
      if (duration) return at_most(*duration);
      return unbounded("wait " + quoted(node.id) + " is as long as its `for` says then");
    }
    if (wait.until) return unbounded("wait " + quoted(node.id) + " ends at a time of the clock");
    if (!node.timeout)
      return unbounded("wait " + quoted(node.id) + " for the signal " + quoted(wait.signal) +
                       " has no `timeout`");
    return at_most(*node.timeout);
  }

  Longest of_kind(const Node& node, const PlanStep& step) {
    const auto found = context_.plans.find(step.plan);
    if (found == context_.plans.end() || found->second == nullptr)
      return unbounded("how long the plan " + quoted(step.plan) + " takes is not known");
    const auto [known, is_new] = plans_.try_emplace(step.plan);
    if (is_new) known->second = of(found->second->root);
    const auto child = known->second; // a reference would not outlive the recursion
    if (child.bounded()) return tried(node, child);
    return unbounded("plan " + quoted(step.plan) + " has no bound of its own");
  }

  Longest of_kind(const Node& node, const Sequence&) { return in_order(node); }
  Longest of_kind(const Node& node, const Parallel&) { return in_order(node); }

  Longest of_kind(const Node& node, const Foreach& foreach) {
    auto item = of(node.children[0]);
    const auto list = parse_json(foreach.in.value);
    if (const auto* items = list.if_array())
      item.time = times(item.time, (items->size() + foreach.concurrency - 1) / foreach.concurrency);
    else
      item.unbounded.push_back("foreach " + quoted(node.id) +
                               " has as many items as its list has then");
    return item;
  }

  Longest of_kind(const Node& node, const Repeat& repeat) {
    auto round = of(node.children[0]);
    round.time = times(round.time, repeat.max);
    return round;
  }

  Longest of_kind(const Node& node, const Switch&) {
    Longest result;
    for (const auto& body : node.children) {
      const auto one = of(body);
      result.time = std::max(result.time, one.time);
      add_reasons(result, one);
    }
    return result;
  }

  /// The longest way through the needs.
  Longest in_order(const Node& group) {
    Longest result;
    std::map<std::string, Millis> ends;
    for (const auto& child : group.children) {
      const auto own = of(child);
      Millis begin{0};
      for (const auto& need : child.needs)
        if (const auto end = ends.find(need); end != ends.end())
          begin = std::max(begin, end->second);
      const auto end = plus(begin, own.time);
      ends[child.id] = end;
      result.time = std::max(result.time, end);
      add_reasons(result, own);
    }
    return result;
  }

  /// One attempt as often as the retriers allow, with their waits; the same again for a fallback.
  static Longest tried(const Node& node, Longest attempt) {
    Millis total = attempt.time;
    for (const auto& policy : node.retry) {
      for (std::uint32_t next = 2; next <= policy.max_attempts; ++next)
        total = plus(total, policy.delay(next, 1.0));
      total = plus(total, times(attempt.time, policy.max_attempts - 1));
    }
    attempt.time = node.fallback.empty() ? total : times(total, 2);
    return attempt;
  }

  const LongestContext& context_;
  std::map<std::string, Longest> plans_;
};

} // namespace

Longest longest(const Node& node, const LongestContext& context) {
  return Reckoner{context}.of(node);
}

} // namespace troupe::plan
