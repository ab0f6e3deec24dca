// A plan's preview for people: a tree, then who may do what, what is missing, what stays. Pure.
//
//   install-stack: 6 steps in 5 waves, at most 3h10m
//   ├─ 1  server_setup  agent base_server  at most 55m  3 of 3 nodes
//   │       tried up to 5 times on timeout; timeout 10m
//   ├─ 2  services      parallel           at most 1h
//   │  ├─ 2  n8n        agent n8n_deployer at most 1h   0 of 3 nodes
#pragma once
#include <string>

#include "ops/cli/view/terminal.hpp"
#include "runtime/plan/preview.hpp"

namespace troupe::view {

std::string render_preview(const plan::Preview& preview, const Style& style);

} // namespace troupe::view
