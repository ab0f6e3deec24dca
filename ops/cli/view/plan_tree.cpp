#include "ops/cli/view/plan_tree.hpp"

#include <algorithm>

#include "ops/cli/view/table.hpp"

namespace troupe::view {

namespace {

using plan::PreviewStep;

constexpr unsigned name_width_max = 48, what_width_max = 44;

struct Row {
  std::string name, what, longest, where; // with colours
  std::string detail;                     // a line of its own below, without columns
};

/// "destructive, once"
std::string judged(const std::string& risk, const std::string& effect) {
  return risk + (risk.empty() || effect.empty() ? "" : ", ") + effect;
}

class Sheet {
 public:
  explicit Sheet(const Style& style) : style_{style} {}

  std::string draw(const plan::Preview& preview) {
    add_head(preview);
    rows_.clear();
    add_children(preview.root, "");
    add_rows();
    add_sections(preview);
    for (const auto& child : preview.plans) {
      out_ += "\n";
      draw(child);
    }
    return out_;
  }

 private:
  std::string tinted(std::string_view text, Tint tint) const {
    return paint(text, tint, style_.colour);
  }

  void add_line(const std::string& line) {
    out_ += clip(line, style_.width, style_.unicode) + "\n";
  }

  void add_head(const plan::Preview& preview) {
    const auto count = [](std::size_t number, const char* word) {
      return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
    };
    add_line(tinted(preview.plan, Tint::bold) + ": " + count(preview.steps, "step") + " in " +
             count(preview.waves.size(), "wave") + ", " + to_words(preview.root.longest));
    if (!preview.description.empty()) add_line(tinted(printable(preview.description), Tint::dim));
    const auto notes = joined(preview.root.notes, "; ");
    if (!notes.empty()) add_line(tinted(notes, Tint::dim));
  }

  void add_children(const PreviewStep& group, const std::string& branches) {
    for (const auto& child : group.children)
      add_step(child, branches, &child == &group.children.back());
  }

  void add_step(const PreviewStep& step, const std::string& branches, bool last) {
    const std::string branch = style_.unicode ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- ");
    const std::string below = style_.unicode ? (last ? "   " : "│  ") : (last ? "   " : "|  ");
    Row row;
    row.name = tinted(branches + branch, Tint::dim) + tinted(wave_of(step), Tint::dim) + "  " +
               tinted(step.id, Tint::bold);
    row.what =
        step.kind + (step.what.empty() ? "" : " " + tinted(printable(step.what), Tint::cyan));
    if (step.kind != "case") row.longest = to_words(step.longest);
    row.where = tinted(step.where, step.hole ? Tint::red : Tint::green);
    row.detail = details_of(step, branches + below +
                                      (step.children.empty() ? "     "
                                       : style_.unicode      ? "│  "
                                                             : "|  "));
    rows_.push_back(std::move(row));
    add_children(step, branches + below);
  }

  static std::string wave_of(const PreviewStep& step) {
    const auto first = std::to_string(step.first_wave);
    return step.first_wave == step.last_wave ? first : first + "-" + std::to_string(step.last_wave);
  }

  std::string details_of(const PreviewStep& step, const std::string& branches) const {
    std::vector<std::string> words;
    if (!step.when.empty()) words.push_back("if " + printable(step.when));
    if (step.always) words.emplace_back("always");
    const auto ability = judged(step.risk, step.effect);
    if (!ability.empty()) words.push_back(ability);
    words.insert(words.end(), step.notes.begin(), step.notes.end());
    if (words.empty()) return "";
    return tinted(branches + joined(words, "; "), Tint::dim);
  }

  void add_rows() {
    unsigned name = 0, what = 0, longest = 0;
    for (const auto& row : rows_) {
      name = std::max(name, std::min(display_width(row.name), name_width_max));
      what = std::max(what, std::min(display_width(row.what), what_width_max));
      longest = std::max(longest, display_width(row.longest));
    }
    for (const auto& row : rows_) {
      auto line = pad(row.name, name) + "  " + pad(row.what, what) + "  " +
                  pad(row.longest, longest) + "  " + row.where;
      line.erase(line.find_last_not_of(' ') + 1);
      add_line(line);
      if (!row.detail.empty()) add_line(row.detail);
    }
  }

  void add_section(const char* title, const std::vector<std::string>& lines, Tint tint) {
    if (lines.empty()) return;
    add_line(tinted(title, Tint::bold));
    for (const auto& line : lines) out_ += "  " + tinted(printable(line), tint) + "\n";
  }

  void add_sections(const plan::Preview& preview) {
    std::vector<std::string> approvals, permissions;
    for (const auto& approval : preview.approvals)
      approvals.push_back(approval.step + ": " + approval.role + " decides within " +
                          format_duration(approval.expires));
    for (const auto& permission : preview.permissions) {
      std::vector<std::string> tools;
      for (const auto& tool : permission.tools) {
        const auto ability = judged(tool.risk, tool.effect);
        tools.push_back(tool.name + (ability.empty() ? "" : " (" + ability + ")"));
      }
      permissions.push_back(permission.role + ": " +
                            (tools.empty() ? "calls no tool" : joined(tools, ", ")));
    }
    add_section("Approvals", approvals, Tint::none);
    add_section("Permissions", permissions, Tint::none);
    add_section("Without a bound", preview.root.longest.unbounded, Tint::none);
    add_section("Capacity holes", preview.holes, Tint::red);
    add_section("Warnings", preview.warnings, Tint::yellow);
    add_section("Not looked at", preview.remarks, Tint::dim);
  }

  const Style& style_;
  std::vector<Row> rows_;
  std::string out_;
};

} // namespace

std::string render_preview(const plan::Preview& preview, const Style& style) {
  return Sheet{style}.draw(preview);
}

} // namespace troupe::view
