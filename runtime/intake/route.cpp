#include "runtime/intake/route.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/json_value.hpp"

namespace troupe::intake {
namespace {

const std::string* find_label(const Labels& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? nullptr : &found->second;
}

} // namespace

const config::AlertRoute* match_route(const std::vector<config::AlertRoute>& routes,
                                      const Webhook& webhook) {
  const auto* alert = webhook.first_firing();
  const auto matches = [&](const auto& wanted) {
    const auto& [name, value] = wanted;
    const auto* label = find_label(webhook.common_labels, name);
    if (label == nullptr && alert != nullptr) label = find_label(alert->labels, name);
    return label != nullptr && (value == "*" || value == *label);
  };
  const auto route = std::find_if(routes.begin(), routes.end(), [&](const auto& candidate) {
    return std::all_of(candidate.match.begin(), candidate.match.end(), matches);
  });
  return route == routes.end() ? nullptr : &*route;
}

const config::EventRoute* match_route(const std::vector<config::EventRoute>& routes,
                                      const std::string& channel, const CloudEvent& event) {
  const auto is_of_channel = [&](const auto& route) { return route.channel == channel; };
  if (std::none_of(routes.begin(), routes.end(), is_of_channel)) return nullptr;
  const auto value = read_json(event.body.text);
  const auto matches = [&](const auto& wanted) {
    const auto* attribute = value->get_object().if_contains(wanted.first);
    if (attribute == nullptr) return false;
    std::string_view pattern = wanted.second;
    if (pattern == "*") return true;
    const auto text = attribute->is_string() ? std::string{attribute->get_string()}
                                             : boost::json::serialize(*attribute);
    if (!pattern.ends_with(".*")) return text == pattern;
    pattern.remove_suffix(1);
    return text.starts_with(pattern);
  };
  const auto route = std::find_if(routes.begin(), routes.end(), [&](const auto& candidate) {
    return is_of_channel(candidate) &&
           std::all_of(candidate.match.begin(), candidate.match.end(), matches);
  });
  return route == routes.end() ? nullptr : &*route;
}

} // namespace troupe::intake
