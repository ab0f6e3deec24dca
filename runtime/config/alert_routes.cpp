#include "runtime/config/alert_routes.hpp"

#include "runtime/config/job_template.hpp"
#include "runtime/plan/fields.hpp"

namespace troupe::config {
namespace {

using plan::Fault;
using plan::Fields;
using plan::SourceNode;

const TemplateRoots roots{
    {"alert", "group"},
    "start from `alert` (the first firing alert) or `group` (the whole webhook)"};

AlertRoute read_route(const SourceNode& node, const std::vector<std::string>& named,
                      const std::map<std::string, NamedPlan>& plans, std::vector<Fault>& faults) {
  Fields fields{node, "a route of `alerts`", faults};
  AlertRoute route;
  route.match = read_match(fields, "label");
  read_job_template(fields, roots, named, plans, faults, route);
  fields.refuse_unknown();
  return route;
}

} // namespace

std::vector<AlertRoute> read_alert_routes(const SourceNode& list,
                                          const std::vector<std::string>& named,
                                          const std::map<std::string, NamedPlan>& plans,
                                          std::vector<Fault>& faults) {
  std::vector<AlertRoute> routes;
  for (const auto& item : list.items) routes.push_back(read_route(item, named, plans, faults));
  return routes;
}

} // namespace troupe::config
