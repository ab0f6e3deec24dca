#include "runtime/config/event_routes.hpp"

#include "runtime/config/job_template.hpp"
#include "runtime/config/syntax.hpp"
#include "runtime/plan/fields.hpp"

namespace troupe::config {
namespace {

using plan::Fault;
using plan::Fields;
using plan::SourceNode;

const TemplateRoots roots{{"event", "injected"},
                          "start from `event` (the CloudEvent: event.type, event.data) or "
                          "`injected` (injected.in, injected.by)"};

std::string read_channel(Fields& fields) {
  if (!fields.require("in",
                      "name the source that may start it: `in: ci` is troupe.<cluster>.in.ci"))
    return {};
  const auto name = fields.text("in").value_or("");
  if (name == "alertmanager")
    fields.fault(fields.find("in")->place,
                 "what comes to in.alertmanager is a webhook body; its routes are `alerts`");
  else if (!is_node_name(name))
    fields.fault(fields.find("in")->place,
                 "`in` must be letters, digits, `_` and `-` (64 at most, a letter or digit first)");
  return name;
}

} // namespace

std::vector<EventRoute> read_event_routes(const SourceNode& list,
                                          const std::vector<std::string>& named,
                                          const std::map<std::string, NamedPlan>& plans,
                                          std::vector<Fault>& faults) {
  std::vector<EventRoute> routes;
  for (const auto& item : list.items) {
    Fields fields{item, "a route of `events`", faults};
    EventRoute route;
    route.channel = read_channel(fields);
    route.match = read_match(fields, "attribute");
    read_job_template(fields, roots, named, plans, faults, route);
    fields.refuse_unknown();
    routes.push_back(std::move(route));
  }
  return routes;
}

} // namespace troupe::config
