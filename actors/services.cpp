#include "actors/services.hpp"

#include "actors/node_context.hpp"

namespace troupe::actors {
namespace {

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) (out += out.empty() ? "" : ",") += item;
  return out;
}

Service agent_service(const NodeContext& context, Instant started) {
  const auto& settings = context.settings;
  return {"troupe-agent",
          to_string(context.process),
          std::string{version},
          "Runs attempts of steps",
          {{"cluster", settings.cluster},
           {"node", settings.node},
           {"roles", joined(settings.roles)},
           {"labels", joined(settings.labels)}},
          started,
          {{"task", context.link->pattern("task", settings.node), "", {}},
           {"control", context.link->pattern("ctl", settings.node), "", {}}}};
}

Service tool_service(const NodeContext& context, const toolkits::Toolkit& toolkit,
                     Instant started) {
  const auto& settings = context.settings;
  const std::string name{toolkit.name()};
  std::vector<std::string> tools;
  for (const auto& tool : toolkit.tools()) tools.push_back(tool.name);
  return {"troupe-tool-" + name,
          to_string(context.process) + '-' + name,
          std::string{version},
          "Serves the toolkit " + name,
          {{"cluster", settings.cluster},
           {"node", settings.node},
           {"toolkit", name},
           {"tools", joined(tools)},
           {"bound", toolkit.bound() ? "true" : "false"}},
          started,
          {{"call", context.link->pattern("tool", name), std::string{tool_queue_group}, {}},
           {"call_here", context.link->pattern("tool", name + "-at-" + settings.node), "", {}},
           {"cancel", context.link->pattern("tool", name + "-all"), "", {}}}};
}

} // namespace

void ServiceCounts::received(const std::string& part, std::string_view endpoint) {
  const std::lock_guard lock{mutex_};
  ++counts_[{part, std::string{endpoint}}].requests;
}

void ServiceCounts::ended(const std::string& part, std::string_view endpoint,
                          std::chrono::nanoseconds took, const Error* error) {
  const std::lock_guard lock{mutex_};
  auto& count = counts_[{part, std::string{endpoint}}];
  count.processing += took;
  if (error == nullptr) return;
  ++count.errors;
  count.last_error = std::string{to_string(error->error_class)} + ": " + error->message;
}

std::vector<ServiceCount> ServiceCounts::of(const std::string& part, const Service& service) const {
  const std::lock_guard lock{mutex_};
  std::vector<ServiceCount> out;
  for (const auto& endpoint : service.endpoints) {
    const auto found = counts_.find({part, endpoint.name});
    out.push_back(found == counts_.end() ? ServiceCount{} : found->second);
  }
  return out;
}

std::string_view tool_endpoint(std::string_view toolkit, std::string_view recipient) {
  recipient.remove_prefix(recipient.starts_with(toolkit) ? toolkit.size() : 0);
  if (recipient.starts_with("-at-")) return "call_here";
  return recipient.starts_with("-all") ? "cancel" : "call";
}

std::vector<PlayedService> services_of(const NodeContext& context, Instant started) {
  std::vector<PlayedService> out;
  if (context.settings.agent) out.push_back({"agent_host", agent_service(context, started)});
  for (const auto& toolkit : context.catalogue.toolkits)
    out.push_back(
        {"tool_server:" + std::string{toolkit->name()}, tool_service(context, *toolkit, started)});
  return out;
}

} // namespace troupe::actors
