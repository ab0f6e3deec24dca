// A preview as a Mermaid flowchart. Nodes are called n1, n2, ... in file order, for an id may be a
// word of Mermaid's own (`end`).
#include <map>

#include "runtime/plan/preview.hpp"

namespace troupe::plan {
namespace {

/// Inside "..." Mermaid takes text as it is, but for quotes, markup and its own escapes.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '"': out += "#quot;"; break;
      case '#': out += "#35;"; break;
      case '<': out += "#lt;"; break;
      case '>': out += "#gt;"; break;
      case '`': out += "#96;"; break;
      case '\n':
      case '\r': out += ' '; break;
      default: out += c;
    }
  return out;
}

std::string title_of(const PreviewStep& step) {
  auto title = escaped(step.kind == "case" ? "case " + step.id : step.id);
  if (step.kind != "case") title += "<br/>" + escaped(step.kind);
  if (!step.what.empty()) title += " " + escaped(step.what);
  if (!step.when.empty()) title += "<br/>if " + escaped(step.when);
  if (step.always) title += "<br/>always";
  for (const auto& note : step.notes)
    if (note.starts_with("undo: ")) title += "<br/>" + escaped(note);
  return title;
}

struct Shape {
  const char *open, *close;
};
Shape shape_of(const std::string& kind) {
  if (kind == "tool") return {"[[", "]]"};
  if (kind == "approval") return {"{{", "}}"};
  if (kind == "wait") return {"([", "])"};
  if (kind == "plan") return {"[/", "/]"};
  return {"[", "]"};
}

class Drawing {
 public:
  std::string draw(const Preview& preview) {
    out_ = "flowchart TD\n";
    for (const auto& child : preview.root.children) add(child, 1);
    out_ += arrows_;
    if (!holes_.empty())
      out_ += "  classDef hole stroke:#d33,stroke-width:3px\n  class " + holes_ + " hole\n";
    return std::move(out_);
  }

 private:
  void add(const PreviewStep& step, std::size_t depth) {
    const auto name = "n" + std::to_string(++count_);
    if (step.kind != "case") names_[step.id] = name;
    const std::string indent(2 * depth, ' ');
    if (step.children.empty()) {
      const auto shape = shape_of(step.kind);
      out_ += indent + name + shape.open + "\"" + title_of(step) + "\"" + shape.close + "\n";
      if (step.hole) holes_ += (holes_.empty() ? "" : ",") + name;
    } else {
      out_ += indent + "subgraph " + name + "[\"" + title_of(step) + "\"]\n";
      for (const auto& child : step.children) add(child, depth + 1);
      out_ += indent + "end\n";
    }
    for (const auto& need : step.needs) // stands before it, so its name is known
      arrows_ += "  " + names_[need] + " --> " + name + "\n";
  }

  std::string out_, arrows_, holes_;
  std::map<std::string, std::string> names_;
  std::size_t count_ = 0;
};

} // namespace

std::string to_mermaid(const Preview& preview) { return Drawing{}.draw(preview); }

} // namespace troupe::plan
