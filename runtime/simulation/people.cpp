#include "runtime/simulation/people.hpp"

#include <boost/json.hpp>

#include "runtime/simulation/auditor.hpp"
#include "runtime/simulation/world.hpp"

namespace troupe::simulation {
namespace {

using namespace supervision;
namespace json = boost::json;

const plan::Node* find(const plan::Node& node, const std::string& id) {
  if (node.id == id) return &node;
  for (const auto& child : node.children)
    if (const auto* found = find(child, id)) return found;
  return nullptr;
}

const plan::Node* find(const config::UnpackedBundle& bundle, const std::string& id) {
  if (const auto* node = find(bundle.plan.root, id)) return node;
  for (const auto& [name, plan] : bundle.plans)
    if (const auto* node = find(plan.root, id)) return node;
  return nullptr;
}

} // namespace

void People::read(RunId run, const Event& event) {
  std::visit(
      Overloaded{
          [&](const ApprovalRequested& e) {
            if (world_.coin(0.1)) return; // nobody looks; it expires
            post_later(run, "approval",
                       json::serialize(json::object{{"step", e.step},
                                                    {"digest", e.digest},
                                                    {"by", "a person"},
                                                    {"approved", world_.coin(0.8)}}));
          },
          [&](const StepWaiting& e) {
            const auto* node = find(*world_.scenario().bundle, step_id(e.step));
            const auto* wait = node != nullptr ? std::get_if<plan::WaitStep>(&node->kind) : nullptr;
            if (wait == nullptr || wait->signal.empty()) return;
            post_later(
                run, "signal",
                json::serialize(json::object{{"name", wait->signal}, {"body", json::object{}}}));
          },
          [&](const ActivityUnknown& e) {
            if (world_.scenario().tools.at(e.key.tool).reconciles && !e.asked)
              return; // it is asked
            post_later(
                run, "resolve",
                json::serialize(json::object{{"step", e.step},
                                             {"tool", e.key.tool},
                                             {"by", "a person"},
                                             {"happened", world_.auditor().happened(run, e)}}));
          },
          [](const auto&) {},
      },
      event);
}

void People::post_later(RunId run, std::string kind, std::string body) {
  const std::string id = "person-" + std::to_string(++posts_);
  world_.agenda().after(
      Time{500 + world_.below(10'000)},
      [this, run, row = ports::InboxRow{id, std::move(kind), JsonText{std::move(body)}, {}, 0}] {
        world_.post(run, row);
      });
}

} // namespace troupe::simulation
