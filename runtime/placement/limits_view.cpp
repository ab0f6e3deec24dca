#include "runtime/placement/limits_view.hpp"

#include <boost/json.hpp>

namespace troupe::placement {
namespace {

namespace json = boost::json;

json::object with_limit(const std::string& key, const ports::Limit& limit) {
  json::object out{{"key", key}, {"concurrency", nullptr}, {"rate", nullptr}};
  if (limit.concurrency) out["concurrency"] = *limit.concurrency;
  if (const auto& rate = limit.rate)
    out["rate"] = std::to_string(rate->count) + '/' + format_duration(rate->per);
  return out;
}

} // namespace

JsonText view_limits(const std::vector<LimitRule>& rules,
                     const std::vector<ports::LimitRow>& rows) {
  json::array told, limits;
  for (const auto& rule : rules) told.push_back(with_limit(rule.key, rule.limit));
  for (const auto& row : rows) {
    auto limit = with_limit(row.key, row.limit);
    std::uint64_t in_use = 0, waiting = 0;
    json::array nodes;
    for (const auto& [node, held, waits] : row.nodes) {
      in_use += held;
      waiting += waits;
      nodes.push_back({{"node", node}, {"in_use", held}, {"waiting", waits}});
    }
    limit["in_use"] = in_use;
    limit["waiting"] = waiting;
    limit["tokens"] = row.limit.rate ? json::value(row.tokens) : json::value(nullptr);
    limit["nodes"] = std::move(nodes);
    limits.push_back(std::move(limit));
  }
  return JsonText{
      json::serialize(json::object{{"rules", std::move(told)}, {"limits", std::move(limits)}})};
}

} // namespace troupe::placement
