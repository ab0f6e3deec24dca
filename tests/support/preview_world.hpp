// A plan, its team and its cluster, as previews are tested with them.
#pragma once
#include "runtime/plan/parse.hpp"
#include "runtime/plan/preview.hpp"

namespace troupe::support {

inline constexpr std::string_view stack_text = R"(plan: install-stack
description: Every kind of step.
inputs: { domain: {}, hosts: { type: array } }
restart: { strategy: one_for_all, intensity: 1 }
deadline: 2d
steps:
  - id: server_setup
    agent: base_server
    timeout: 10m
    retry: [{ on: [timeout, task_failed], max_attempts: 5 }]
    fallback: old_hand
  - id: services
    parallel:
      - { id: n8n, agent: deployer, labels: [gpu=1], limits: ["host/${{ inputs.domain }}"], undo: { tool: stack.destroy } }
      - { id: database, tool: stack.create, timeout: 5m, start_within: 1m }
    tolerate_failures: 1
  - { id: go_live, approval: { role: admin, expires: 1h }, when: "${{ steps.services.output.n8n.healthy }}" }
  - id: each
    foreach: { in: "${{ inputs.hosts }}", as: host, concurrency: 5, do: { id: look, tool: probe.http } }
    tolerate_failures: 5%
  - { id: poll, repeat: { do: { id: pause, wait: { for: 1s } }, until: "${{ index > 1 }}", max: 3 } }
  - id: pick
    switch: { on: "${{ inputs.domain }}", cases: { a: { id: sub, plan: child } }, default: [{ id: b, agent: stranger, priority: high }] }
  - { id: report, agent: base_server, timeout: 1m, always: true, needs: [services, pick] }
)";

class PreviewWorld {
 public:
  PreviewWorld()
      : plan{plan::parse_plan("stack.yaml", stack_text).plan},
        child_{plan::parse_plan("child.yaml",
                                "plan: child\nsteps: [{ id: c, agent: deployer, timeout: 5m }]")
                   .plan} {
    surroundings.tools = {{"probe.http", {"read", "pure", Millis{30'000}}},
                          {"stack.create", {"write", "once"}},
                          {"stack.destroy", {"destructive", "idempotent"}}};
    surroundings.roles = {{"base_server", {"probe.*"}},
                          {"deployer", {"stack.*", "foreign.tool"}},
                          {"old_hand", {"*"}},
                          {"stranger", {}}};
    surroundings.plans["child"] = &child_;
    surroundings.cluster.emplace();
    add_node("agent-1", {"base_server", "deployer"}, {"probe.http", "stack.destroy"}, {});
    add_node("agent-2", {"base_server", "old_hand"}, {"stack.create"}, {"gpu=1"});
  }
  PreviewWorld(const PreviewWorld&) = delete;

  plan::Plan plan;
  plan::Surroundings surroundings;

 private:
  void add_node(const std::string& name, std::vector<std::string> roles,
                std::vector<std::string> tools, std::vector<std::string> labels) {
    auto& node = (*surroundings.cluster)[name];
    node.name = name;
    node.last.modes = {"agent"};
    node.last.roles = std::move(roles);
    node.last.tools = std::move(tools);
    node.last.labels = std::move(labels);
    node.last.slots = 8;
  }

  plan::Plan child_;
};

} // namespace troupe::support
