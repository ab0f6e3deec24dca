#include "ops/cli/view/table.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_words.hpp"

namespace troupe::view {

namespace json = boost::json;

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

namespace {

std::string joined(const json::array& items, const char* between = ",") {
  std::string result;
  for (const json::value& item : items) result += (result.empty() ? "" : between) + text(item);
  return result;
}

Cell state_cell(const json::value& row) {
  std::string state = text(row, "state");
  return {state, state == "queued" || state == "open" ? Tint::none : state_tint(state)};
}

std::string age(const json::value& row, Instant now) {
  auto created = instant(row, "created_at");
  return created ? brief(now - *created) + " ago" : "";
}

std::string took(const json::value& row, Instant now) {
  auto created = instant(row, "created_at");
  return created ? brief(instant(row, "finished_at").value_or(now) - *created) : "";
}

} // namespace

std::string render_table(const std::vector<std::string>& header,
                         const std::vector<std::vector<Cell>>& rows, const Style& style,
                         const std::string& when_empty) {
  if (rows.empty()) return when_empty + "\n";
  std::vector<unsigned> widths;
  for (const std::string& title : header) widths.push_back(display_width(title));
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], display_width(row[i].text));
  auto line = [&](std::size_t count, auto&& cell) {
    std::string result;
    for (std::size_t i = 0; i < count; ++i)
      result += i + 1 == count ? cell(i) : pad(cell(i), widths[i] + 2);
    if (!style.colour) result.erase(result.find_last_not_of(' ') + 1);
    return clip(result, style.width, style.unicode) + "\n";
  };
  std::string result = line(
      header.size(), [&](std::size_t i) { return paint(header[i], Tint::bold, style.colour); });
  for (const auto& row : rows)
    result += line(row.size(),
                   [&](std::size_t i) { return paint(row[i].text, row[i].tint, style.colour); });
  return result;
}

namespace {

/// "env=prod service=web"
std::string labels(const json::value& job) {
  std::string out;
  if (const auto* map = member(job, "labels").if_object())
    for (const auto& [name, value] : *map)
      (out += out.empty() ? "" : " ") += printable(std::string{name}) + "=" + text(value);
  return out;
}

} // namespace

std::string render_jobs(const json::value& answer, const Style& style, Instant now) {
  std::vector<std::vector<Cell>> rows;
  for (const json::value& job : list(answer, "jobs"))
    rows.push_back({{text(job, "id")},
                    state_cell(job),
                    {text(job, "title")},
                    {text(job, "team")},
                    {text(job, "source")},
                    {age(job, now), Tint::dim},
                    {labels(job), Tint::dim},
                    {joined(list(job, "runs")), Tint::dim}});
  return render_table({"JOB", "STATE", "TITLE", "TEAM", "SOURCE", "AGE", "LABELS", "RUNS"}, rows,
                      style, "no jobs yet; `troupe run PLAN` makes one");
}

std::string render_runs(const json::value& answer, const Style& style, Instant now) {
  std::vector<std::vector<Cell>> rows;
  for (const json::value& run : list(answer, "runs"))
    rows.push_back({{text(run, "id")},
                    state_cell(run),
                    {took(run, now)},
                    {age(run, now), Tint::dim},
                    {text(run, "owner")},
                    {text(run, "job"), Tint::dim},
                    {text(run, "reason")}});
  return render_table({"RUN", "STATE", "TOOK", "AGE", "OWNER", "JOB", "REASON"}, rows, style,
                      "no runs yet; `troupe run PLAN` starts one");
}

std::string render_nodes(const json::value& answer, const Style& style) {
  std::vector<std::vector<Cell>> rows;
  for (const json::value& node : list(answer, "nodes")) {
    auto heartbeat = number(node, "heartbeat_age_ms");
    auto lag = number(node, "lag_ms");
    std::string slots = text(node, "free_slots") + "/" + text(node, "slots");
    rows.push_back({{text(node, "name")},
                    {joined(list(node, "modes"))},
                    {truth(node, "draining") ? "draining" : "up",
                     truth(node, "draining") ? Tint::yellow : Tint::green},
                    {brief(Millis{heartbeat}) + " ago", heartbeat > 2'000 ? Tint::red : Tint::dim},
                    {slots},
                    {text(node, "runs_owned")},
                    {text(node, "tool_calls")},
                    {text(node, "mailbox")},
                    {text(node, "journal_queue")},
                    {text(node, "steps_waiting")},
                    {brief(Millis{lag}), lag > 500 ? Tint::yellow : Tint::dim},
                    {joined(list(node, "roles"))},
                    {joined(list(node, "labels"))},
                    {text(node, "version"), Tint::dim}});
  }
  return render_table({"NODE", "MODES", "STATE", "HEARTBEAT", "FREE", "RUNS", "CALLS", "MAILBOX",
                       "JOURNAL", "WAITING", "LAG", "ROLES", "LABELS", "VERSION"},
                      rows, style, "no nodes");
}

std::string render_job(const json::value& job, const Style& style) {
  std::string result;
  if (!job.is_object()) return result;
  for (const auto& [name, value] : job.as_object()) {
    bool is_list_of_text =
        value.is_array() && (value.as_array().empty() || value.as_array()[0].is_string());
    std::string shown = is_list_of_text ? joined(value.as_array(), ", ") : text(value);
    if (shown.empty()) continue;
    result += paint(pad(std::string{name}, 18), Tint::dim, style.colour) + shown + "\n";
  }
  return result;
}

} // namespace troupe::view
