#include "ops/cli/view/run_diff.hpp"

#include <boost/json.hpp>
#include <map>
#include <vector>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_words.hpp"
#include "ops/cli/view/table.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

/// The steps of a tree by path, and the order in which they stand there.
struct Steps {
  std::map<std::string, json::object> by_path;
  std::vector<std::string> order;

  void add(const json::value& step) {
    const std::string path = text(step, "path");
    if (!path.empty()) {
      order.push_back(path);
      by_path[path] = facts(step);
    }
    for (const json::value& child : list(step, "children")) add(child);
    if (const json::value& undo = member(step, "undo"); undo.is_object()) add(undo);
  }

  static json::object facts(const json::value& step) {
    const auto started = instant(step, "started_at"), finished = instant(step, "finished_at");
    json::value took;
    if (started && finished) took = (*finished - *started).count();
    return {{"state", text(step, "state")},           {"attempts", list(step, "attempts").size()},
            {"iteration", number(step, "iteration")}, {"took_ms", std::move(took)},
            {"output", member(step, "output")},       {"error", member(step, "error")}};
  }
};

void add_fact(json::array& facts, const char* what, const json::value& a, const json::value& b) {
  if (a != b) facts.push_back(json::object{{"what", what}, {"a", a}, {"b", b}});
}

json::array compare_inputs(const json::value& a, const json::value& b) {
  json::array out;
  const auto compare = [&](const json::value& one, bool only_new) {
    if (!one.is_object()) return;
    for (const auto& [name, value] : one.get_object()) {
      const json::value &in_a = member(a, name), &in_b = member(b, name);
      const bool known = a.is_object() && a.get_object().contains(name);
      if (in_a != in_b && !(only_new && known))
        out.push_back(json::object{{"name", name}, {"a", in_a}, {"b", in_b}});
    }
  };
  compare(a, false);
  compare(b, true);
  return out;
}

json::object compare_step(const std::string& path, const json::object* a, const json::object* b) {
  json::array differs;
  if (a != nullptr && b != nullptr)
    for (const char* what : {"state", "attempts", "iteration", "output", "error"})
      if (a->at(what) != b->at(what)) differs.emplace_back(what);
  const bool same = a != nullptr && b != nullptr && differs.empty();
  return {{"path", path},
          {"same", same},
          {"a", a != nullptr ? json::value(*a) : json::value{}},
          {"b", b != nullptr ? json::value(*b) : json::value{}},
          {"differs", std::move(differs)}};
}

json::array compare_steps(const Steps& a, const Steps& b) {
  json::array out;
  const auto find = [](const Steps& steps, const std::string& path) {
    const auto found = steps.by_path.find(path);
    return found == steps.by_path.end() ? nullptr : &found->second;
  };
  for (const auto& path : a.order) out.push_back(compare_step(path, find(a, path), find(b, path)));
  for (const auto& path : b.order)
    if (find(a, path) == nullptr) out.push_back(compare_step(path, nullptr, find(b, path)));
  return out;
}

std::string short_text(const json::value& value) {
  std::string shown = text(value);
  if (shown.empty()) shown = value.is_null() ? "null" : "\"\"";
  return clip(shown, 40, true);
}

Cell cell(const json::value& step, const std::string& words) {
  return {step.is_null() ? "not there" : words, Tint::none};
}

std::string state_words(const json::value& step) {
  std::string words = text(step, "state");
  if (const auto tries = number(step, "attempts"); tries > 1)
    words += ", " + std::to_string(tries) + " attempts";
  if (const auto iteration = number(step, "iteration"); iteration > 0)
    words += ", iteration " + std::to_string(iteration);
  return words;
}

std::string took(const json::value& step) {
  return member(step, "took_ms").is_null() ? "" : brief(Millis{number(step, "took_ms")});
}

std::vector<std::vector<Cell>> step_rows(const json::value& difference, bool all) {
  std::vector<std::vector<Cell>> rows;
  for (const json::value& step : list(difference, "steps")) {
    if (truth(step, "same") && !all) continue;
    const json::value &a = member(step, "a"), &b = member(step, "b");
    std::string what;
    for (const json::value& one : list(step, "differs"))
      what += (what.empty() ? "" : ", ") + text(one);
    rows.push_back({{text(step, "path")},
                    cell(a, state_words(a)),
                    cell(b, state_words(b)),
                    {took(a), Tint::dim},
                    {took(b), Tint::dim},
                    {what.empty() && !truth(step, "same") ? "one has it" : what, Tint::yellow}});
  }
  return rows;
}

} // namespace

json::value compare_runs(const json::value& a, const json::value& b) {
  json::array run;
  for (const char* what : {"plan", "plan_hash", "bundle", "team", "state", "output"})
    add_fact(run, what, member(a, what), member(b, what));
  json::array inputs = compare_inputs(member(a, "inputs"), member(b, "inputs"));
  Steps in_a, in_b;
  in_a.add(member(a, "tree"));
  in_b.add(member(b, "tree"));
  json::array steps = compare_steps(in_a, in_b);
  bool same = run.empty() && inputs.empty();
  for (const json::value& step : steps) same = same && truth(step, "same");
  return json::object{
      {"a", text(a, "id")},    {"b", text(b, "id")},          {"same", same},
      {"run", std::move(run)}, {"inputs", std::move(inputs)}, {"steps", std::move(steps)}};
}

std::string render_diff(const json::value& difference, const Style& style, bool all) {
  std::string result = "A " + text(difference, "a") + "\nB " + text(difference, "b") + "\n";
  if (truth(difference, "same")) result += "the same inputs, plan, states, attempts and outputs\n";
  std::vector<std::vector<Cell>> facts;
  for (const json::value& one : list(difference, "run"))
    facts.push_back(
        {{text(one, "what")}, {short_text(member(one, "a"))}, {short_text(member(one, "b"))}});
  for (const json::value& one : list(difference, "inputs"))
    facts.push_back({{"input " + text(one, "name")},
                     {short_text(member(one, "a"))},
                     {short_text(member(one, "b"))}});
  if (!facts.empty()) result += "\n" + render_table({"RUN", "A", "B"}, facts, style, "");
  const auto rows = step_rows(difference, all);
  if (!rows.empty())
    result +=
        "\n" + render_table({"STEP", "A", "B", "TOOK A", "TOOK B", "DIFFERS"}, rows, style, "");
  return result;
}

} // namespace troupe::view
