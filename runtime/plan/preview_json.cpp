// {"plan":"..","hash":"..","steps":7,"longest":{"ms":5000,"words":"at most 5s","unbounded":[]},
//  "waves":[["a"],["b","c"]],"tree":{"id":"","kind":"sequence","children":[..]},
//  "permissions":[{"role":"..","tools":[{"tool":"..","risk":"..","effect":".."}]}],
//  "approvals":[..],"holes":[..],"warnings":[..],"remarks":[..],"plans":[{the same}, ..]}
#include <boost/json.hpp>

#include "runtime/plan/preview.hpp"

namespace troupe::plan {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& list) {
  return json::array(list.begin(), list.end());
}

/// An empty text is what is not known.
json::value known(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object longest_json(const Longest& longest) {
  return {{"ms", longest.bounded() ? json::value(longest.time.count()) : json::value(nullptr)},
          {"words", to_words(longest)},
          {"unbounded", texts(longest.unbounded)}};
}

json::object step_json(const PreviewStep& step) {
  json::array children;
  for (const auto& child : step.children) children.push_back(step_json(child));
  return {{"id", step.id},
          {"kind", step.kind},
          {"what", step.what},
          {"first_wave", step.first_wave},
          {"last_wave", step.last_wave},
          {"needs", texts(step.needs)},
          {"when", known(step.when)},
          {"always", step.always},
          {"notes", texts(step.notes)},
          {"longest", longest_json(step.longest)},
          {"risk", known(step.risk)},
          {"effect", known(step.effect)},
          {"where", known(step.where)},
          {"hole", step.hole},
          {"children", std::move(children)}};
}

json::array permissions_json(const Preview& preview) {
  json::array permissions;
  for (const auto& permission : preview.permissions) {
    json::array tools;
    for (const auto& tool : permission.tools)
      tools.push_back(json::object{
          {"tool", tool.name}, {"risk", known(tool.risk)}, {"effect", known(tool.effect)}});
    permissions.push_back(json::object{{"role", permission.role}, {"tools", std::move(tools)}});
  }
  return permissions;
}

json::object preview_json(const Preview& preview) {
  json::array waves, approvals, plans;
  for (const auto& wave : preview.waves) waves.push_back(texts(wave));
  for (const auto& approval : preview.approvals)
    approvals.push_back(json::object{{"step", approval.step},
                                     {"role", approval.role},
                                     {"expires_ms", approval.expires.count()}});
  for (const auto& plan : preview.plans) plans.push_back(preview_json(plan));
  return {{"plan", preview.plan},
          {"description", preview.description},
          {"hash", preview.hash},
          {"steps", preview.steps},
          {"longest", longest_json(preview.root.longest)},
          {"waves", std::move(waves)},
          {"tree", step_json(preview.root)},
          {"permissions", permissions_json(preview)},
          {"approvals", std::move(approvals)},
          {"holes", texts(preview.holes)},
          {"warnings", texts(preview.warnings)},
          {"remarks", texts(preview.remarks)},
          {"plans", std::move(plans)}};
}

} // namespace

JsonText to_json(const Preview& preview) {
  return JsonText{json::serialize(preview_json(preview))};
}

} // namespace troupe::plan
