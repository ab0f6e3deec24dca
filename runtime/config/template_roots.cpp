#include "runtime/config/template_roots.hpp"

#include <algorithm>

#include "runtime/plan/template.hpp"

namespace troupe::config {

void check_template(const plan::SourceNode& node, const TemplateRoots& roots,
                    std::vector<plan::Fault>& faults) {
  if (node.type == plan::SourceNode::Type::string) {
    const plan::Template text{node.to_json()};
    if (auto wrong = plan::syntax_fault(text); !wrong.empty()) {
      faults.push_back({node.place, std::move(wrong)});
      return;
    }
    for (const auto& path : plan::paths_of(text))
      if (std::ranges::find(roots.names, path.front()) == roots.names.end())
        faults.push_back({node.place, "`" + path.front() + "` is not known here; " + roots.remedy});
  }
  for (const auto& item : node.items) check_template(item, roots, faults);
  for (const auto& [name, value] : node.members) check_template(value, roots, faults);
}

} // namespace troupe::config
