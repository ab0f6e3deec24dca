#include "ops/cli/demo/run_facts.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "ops/cli/view/json_reading.hpp"

namespace troupe::demo {

namespace json = boost::json;

namespace {

const json::value nothing;

const json::value& find_below(const json::value& group, const std::string& name) {
  for (const json::value& child : view::list(group, "children")) {
    if (view::text(child, "id") == name || view::text(child, "path") == name) return child;
    const json::value& below = find_below(child, name);
    if (!below.is_null()) return below;
  }
  return nothing;
}

void count_below(const json::value& group, Counts& counts) {
  for (const json::value& child : view::list(group, "children")) {
    counts.attempts += static_cast<unsigned>(view::list(child, "attempts").size());
    bool leaf = view::list(child, "children").empty();
    if (leaf && view::text(child, "state") == "completed") ++counts.steps;
    count_below(child, counts);
  }
}

std::optional<Instant> last_end(const json::value& step) {
  auto last = view::instant(step, "finished_at");
  for (const json::value& child : view::list(step, "children"))
    last = std::max(last, last_end(child));
  return last;
}

} // namespace

const json::value& find_step(const json::value& run, const std::string& name) {
  return find_below(view::member(run, "tree"), name);
}

Counts count(const json::value& run) {
  Counts counts;
  count_below(view::member(run, "tree"), counts);
  return counts;
}

std::optional<Instant> verified_at(const json::value& run) {
  auto verified = last_end(find_step(run, "verify"));
  return verified ? verified : view::instant(run, "finished_at");
}

bool says_healed(const json::value& run) {
  return view::truth(view::member(run, "output"), "healed");
}

std::string needs_person(const json::value& run) {
  return view::text(view::member(run, "output"), "needs_person");
}

std::string report_name(const json::value& run) {
  return view::text(view::member(run, "output"), "report");
}

} // namespace troupe::demo
