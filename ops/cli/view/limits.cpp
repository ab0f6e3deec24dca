#include "ops/cli/view/limits.hpp"

#include <boost/json.hpp>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/table.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

/// "3 of 4", "3" without a bound.
std::string of(std::int64_t number, const json::value& limit, std::string_view bound) {
  const auto most = text(limit, bound);
  return std::to_string(number) + (most.empty() ? "" : " of " + most);
}

std::string nodes_of(const json::value& limit) {
  std::vector<std::string> words;
  for (const json::value& node : list(limit, "nodes")) {
    auto word = text(node, "node") + ' ' + text(node, "in_use");
    if (const auto waiting = number(node, "waiting"); waiting > 0)
      word += '+' + std::to_string(waiting);
    words.push_back(std::move(word));
  }
  return joined(words);
}

} // namespace

std::string render_limits(const json::value& answer, const Style& style) {
  std::vector<std::vector<Cell>> rows, rules;
  for (const json::value& limit : list(answer, "limits")) {
    const auto waiting = number(limit, "waiting");
    rows.push_back({{text(limit, "key")},
                    {of(number(limit, "in_use"), limit, "concurrency")},
                    {std::to_string(waiting), waiting > 0 ? Tint::yellow : Tint::none},
                    {text(limit, "rate")},
                    {text(limit, "tokens")},
                    {nodes_of(limit), Tint::dim}});
  }
  for (const json::value& rule : list(answer, "rules"))
    rules.push_back({{text(rule, "key")}, {text(rule, "concurrency")}, {text(rule, "rate")}});
  return render_table({"LIMIT", "IN USE", "WAIT", "RATE", "LEFT", "NODES"}, rows, style,
                      "no limit is in use") +
         '\n' +
         render_table({"RULE", "CONCURRENCY", "RATE"}, rules, style,
                      "no rules; they stand in the `limits` of a node's settings");
}

} // namespace troupe::view
