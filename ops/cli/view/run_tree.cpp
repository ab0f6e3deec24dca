#include "ops/cli/view/run_tree.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <vector>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/run_words.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

constexpr unsigned name_width_max = 44;
constexpr unsigned who_width_max = 36;

struct Row {
  std::string name;        // with the branches before it
  unsigned name_width = 0; // without colours
  std::string who, time, note;
  Tint note_tint = Tint::none;
  bool detail = false;  // a tool call or an earlier attempt: a line without columns
  bool settled = false; // of a step that has ended: the first to go when space is short
};

/// "240 of 10000 done, 3 failed, 10 running"; "" for what has no items.
std::string item_words(const json::value& step) {
  const json::value& counts = member(step, "counts");
  if (!counts.is_object()) return "";
  std::string words = std::to_string(number(counts, "completed") + number(counts, "skipped")) +
                      " of " + text(step, "items") + " done";
  for (const auto& [state, count] : counts.get_object())
    if (state != "completed" && state != "skipped" && state != "pending")
      words += ", " + text(count) + " " + std::string{state};
  return words;
}

/// "restarting, 2 of 3, next in 4s"
std::string restart_words(const json::value& step, Instant now) {
  const json::value& restart = member(step, "restart");
  const json::array& under_way = list(restart, "under_way");
  if (under_way.empty()) return "";
  std::string words = "restarting, " + text(restart, "spent") + " of " + text(restart, "intensity");
  if (const auto due = instant(under_way.front(), "due"); due && *due > now)
    words += ", next in " + brief(*due - now);
  return words;
}

/// What a step under way waits for, with what is left of its time.
std::string waiting_words(const json::value& step, Instant now) {
  const auto due = instant(step, "due");
  const std::string left = due ? brief(*due - now) : "";
  if (const json::value& approval = member(step, "approval"); approval.is_object())
    return "waits for approval by role " + text(approval, "role") +
           (due ? ", expires in " + left : "");
  if (text(step, "state") == "waiting" && text(step, "kind") == "wait") {
    const std::string signal = text(step, "signal");
    if (signal.empty()) return due ? "goes on in " + left : "waits";
    return "waits for signal " + signal + (due ? ", gives up in " + left : "");
  }
  return text(step, "waiting");
}

/// Writes the rows of one run.
class Rows {
 public:
  explicit Rows(const TreeOptions& options) : options_{options} {}

  void add_children(const json::value& group, const std::string& branches) {
    const json::array& children = list(group, "children");
    for (std::size_t i = 0; i < children.size(); ++i)
      add_step(children[i], branches, i + 1 == children.size());
  }

  const std::vector<Row>& rows() const { return rows_; }

 private:
  bool unicode() const { return options_.style.unicode; }
  std::string tinted(std::string_view words, Tint tint) const {
    return paint(words, tint, options_.style.colour);
  }

  static std::string name_of(const json::value& step) {
    std::string name = text(step, "name");
    return name.empty() ? text(step, "id") : name;
  }

  /// An item whose `do` is one step is shown as that step: "each[3]/restart".
  static const json::value* only_step(const json::value& step) {
    const json::array& children = list(step, "children");
    const bool is_body = text(step, "id").empty() && text(step, "name").ends_with(']');
    return is_body && children.size() == 1 ? &children.front() : nullptr;
  }

  void add_step(const json::value& step, const std::string& branches, bool last,
                const std::string& before = "") {
    if (const json::value* only = only_step(step))
      return add_step(*only, branches, last, before + name_of(step) + "/");
    std::string state = text(step, "state");
    std::string branch = unicode() ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- ");
    std::string below = unicode() ? (last ? "   " : "│  ") : (last ? "   " : "|  ");
    std::string glyph = state_glyph(state, unicode(), options_.frame);
    Row row;
    std::string id = before + name_of(step);
    row.name_width = display_width(branches + branch + glyph + " " + id);
    row.name = tinted(branches + branch, Tint::dim) + tinted(glyph, state_tint(state)) + " " +
               tinted(id, is_over(state) || state == "pending" ? Tint::none : Tint::bold);
    row.who = who(step);
    row.time = elapsed(step);
    std::tie(row.note, row.note_tint) = note(step, state);
    rows_.push_back(std::move(row));
    bool has_children = !list(step, "children").empty();
    add_details(step, branches + below + (has_children && unicode() ? "│  " : "   "),
                is_over(state));
    add_children(step, branches + below);
    if (const auto hidden = number(step, "hidden"); hidden > 0)
      add_detail(branches + below, "and " + std::to_string(hidden) + " more", is_over(state));
    if (const json::value& undo = member(step, "undo"); undo.is_object())
      add_step(undo, branches + below, true);
  }

  static std::string who(const json::value& step) {
    std::string kind = text(step, "kind");
    if (member(step, "children").is_array()) return kind;
    if (std::string child = text(step, "child_run"); !child.empty()) return "run " + child;
    const json::array& attempts = list(step, "attempts");
    std::string node = attempts.empty() ? "" : text(attempts.back(), "node");
    std::string role = text(step, "role");
    return node.empty() ? role : role + "@" + node;
  }

  std::string elapsed(const json::value& step) const {
    auto started = instant(step, "started_at");
    if (!started) return "";
    return brief(instant(step, "finished_at").value_or(options_.now) - *started);
  }

  std::pair<std::string, Tint> note(const json::value& step, const std::string& state) const {
    std::string words;
    auto add = [&](const std::string& more) {
      if (!more.empty()) words += (words.empty() ? "" : ", ") + more;
    };
    if (auto restarts = number(step, "iteration"); restarts > 0) // the first life is iteration 0
      add(restarts == 1 ? "restarted" : "restarted " + std::to_string(restarts) + " times");
    add(item_words(step));
    if (std::string chosen = text(step, "chosen"); !chosen.empty()) add("case " + chosen);
    const json::array& attempts = list(step, "attempts");
    if (attempts.size() > 1) add("try " + std::to_string(attempts.size()));
    std::string error = error_text(member(step, "error"));
    if (auto retry_at = instant(step, "retry_at"); retry_at && !is_over(state)) {
      add("retry in " + brief(*retry_at - options_.now) + (error.empty() ? "" : ": " + error));
      return {words, Tint::yellow};
    }
    if (is_over(state)) {
      if (state != "completed") add(error.empty() ? state : error);
      if (truth(step, "undone")) add("undone");
      if (truth(step, "kept")) add("kept");
      return {words, state == "failed" ? Tint::red : Tint::dim};
    }
    if (state == "restarting") add(error);
    add(restart_words(step, options_.now));
    add(waiting_words(step, options_.now));
    return {words, Tint::yellow};
  }

  void add_details(const json::value& step, const std::string& indent, bool settled) {
    if (!options_.activities) return;
    const json::array& attempts = list(step, "attempts");
    const json::array& activities = list(step, "activities");
    std::vector<bool> shown(activities.size());
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      auto attempt = number(attempts[i], "number");
      for (std::size_t a = 0; a < activities.size(); ++a)
        if (number(activities[a], "attempt") == attempt) {
          add_detail(indent, activity_line(activities[a], unicode(), options_.style.colour),
                     settled);
          shown[a] = true;
        }
      std::string line = ended_attempt_line(attempts[i], unicode(), options_.style.colour);
      // The last one's error stands beside the step already, as its verdict or as what is retried.
      bool told = i + 1 == attempts.size() && !member(step, "error").is_null();
      if (!line.empty() && !told) add_detail(indent, line, settled);
    }
    for (std::size_t a = 0; a < activities.size(); ++a)
      if (!shown[a])
        add_detail(indent, activity_line(activities[a], unicode(), options_.style.colour), settled);
  }

  void add_detail(const std::string& indent, const std::string& line, bool settled) {
    Row row;
    row.name = tinted(indent, Tint::dim) + line;
    row.detail = true;
    row.settled = settled;
    rows_.push_back(std::move(row));
  }

  const TreeOptions& options_;
  std::vector<Row> rows_;
};

/// Keeps at most `most` rows: first the details of ended steps go, then all details, then the end.
std::vector<Row> fit(std::vector<Row> rows, std::size_t most, std::size_t& hidden) {
  hidden = 0;
  if (rows.size() > most) std::erase_if(rows, [](const Row& r) { return r.detail && r.settled; });
  if (rows.size() > most) std::erase_if(rows, [](const Row& r) { return r.detail; });
  if (rows.size() > most) {
    hidden = rows.size() - most + 1;
    rows.resize(most > 0 ? most - 1 : 0);
  }
  return rows;
}

std::string render_rows(const std::vector<Row>& rows, const Style& style) {
  unsigned name_width = 0, who_width = 0;
  for (const Row& row : rows) {
    if (row.detail) continue;
    name_width = std::max(name_width, std::min(row.name_width, name_width_max));
    who_width = std::max(who_width, std::min(display_width(row.who), who_width_max));
  }
  std::string result;
  for (const Row& row : rows) {
    std::string line = row.name;
    if (!row.detail) {
      line =
          pad(line, name_width) + "  " + paint(pad(row.who, who_width), Tint::cyan, style.colour);
      line += std::string(row.time.size() < 7 ? 7 - row.time.size() : 0, ' ') + row.time;
      if (!row.note.empty()) line += "  " + paint(row.note, row.note_tint, style.colour);
      if (!style.colour) line.erase(line.find_last_not_of(' ') + 1);
    }
    result += clip(line, style.width, style.unicode) + "\n";
  }
  return result;
}

std::string render_head(const json::value& run, const TreeOptions& options) {
  const Style& style = options.style;
  std::string state = text(run, "state");
  std::string title = text(run, "title");
  if (title.empty()) title = text(run, "plan");
  std::string line =
      paint(state_glyph(state, style.unicode, options.frame), state_tint(state), style.colour) +
      " " + paint(title, Tint::bold, style.colour) + "  " +
      paint(state, state_tint(state), style.colour);
  if (!is_over(state)) {
    if (!member(run, "cancel").is_null()) line += ", cancelled";
    if (truth(run, "undoing")) line += ", undoing";
    if (truth(run, "paused")) line += ", paused";
  }
  auto started = instant(run, "started_at");
  if (!started) started = instant(run, "created_at");
  if (started) line += "  " + brief(instant(run, "finished_at").value_or(options.now) - *started);
  std::string reason = text(run, "reason");
  if (!reason.empty() && state != "completed") line += "  " + reason;
  std::string facts =
      "  run " + text(run, "id") + "  job " + text(run, "job") + "  plan " + text(run, "plan");
  if (std::string owner = text(run, "owner"); !owner.empty()) facts += "  owner " + owner;
  if (std::string parent = text(run, "parent"); !parent.empty()) facts += "  parent " + parent;
  return clip(line, style.width, style.unicode) + "\n" +
         clip(paint(facts, Tint::dim, style.colour), style.width, style.unicode) + "\n";
}

} // namespace

std::string render_run(const json::value& run, const TreeOptions& options) {
  Rows rows{options};
  rows.add_children(member(run, "tree"), "");
  std::string result = render_head(run, options);
  std::size_t hidden = 0;
  // Two lines of head, one for what is hidden, one for the cursor.
  std::size_t most = options.style.height > 6 ? options.style.height - 4 : SIZE_MAX;
  result += render_rows(fit(rows.rows(), most, hidden), options.style);
  if (hidden > 0) result += "  and " + std::to_string(hidden) + " more steps\n";
  return result;
}

} // namespace troupe::view
