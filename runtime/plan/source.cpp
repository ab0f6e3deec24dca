#include "runtime/plan/source.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "runtime/limits.hpp"
#include "runtime/plan/source_builder.hpp"
#include "runtime/plan/source_text.hpp"

namespace troupe::plan {
namespace {

void append_quoted(std::string& out, std::string_view text) {
  out += boost::json::serialize(boost::json::string_view{text.data(), text.size()});
}

void append_json(std::string& out, const SourceNode& node) {
  switch (node.type) {
    case SourceNode::Type::null: out += "null"; return;
    case SourceNode::Type::boolean:
    case SourceNode::Type::number: out += node.scalar; return;
    case SourceNode::Type::string: append_quoted(out, node.scalar); return;
    case SourceNode::Type::list:
      out += '[';
      for (const auto& item : node.items) {
        if (&item != &node.items.front()) out += ',';
        append_json(out, item);
      }
      out += ']';
      return;
    case SourceNode::Type::map:
      out += '{';
      for (const auto& member : node.members) {
        if (&member != &node.members.front()) out += ',';
        append_quoted(out, member.first);
        out += ':';
        append_json(out, member.second);
      }
      out += '}';
      return;
  }
}

bool looks_like_json(std::string_view file, std::string_view text) {
  if (file.ends_with(".json")) return true;
  const auto first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

} // namespace

std::string to_string(const Fault& fault, std::string_view file) {
  std::string text{file};
  if (fault.place.line > 0)
    text += ":" + std::to_string(fault.place.line) + ":" + std::to_string(fault.place.column);
  else if (!fault.place.pointer.empty())
    text += ":" + fault.place.pointer;
  return text + ": " + fault.message;
}

std::string_view describe(SourceNode::Type type) {
  switch (type) {
    case SourceNode::Type::null: return "null";
    case SourceNode::Type::boolean: return "a boolean";
    case SourceNode::Type::number: return "a number";
    case SourceNode::Type::string: return "text";
    case SourceNode::Type::list: return "a list";
    case SourceNode::Type::map: return "a map";
  }
  return "";
}

const SourceNode* SourceNode::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name == key) return &value;
  return nullptr;
}

JsonText SourceNode::to_json() const {
  std::string out;
  append_json(out, *this);
  return JsonText{std::move(out)};
}

SourceResult read_source(std::string file, std::string_view text) {
  SourceResult result;
  result.source.file = std::move(file);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3); // byte order mark
  if (text.size() > limits::plan_bytes_max) {
    result.faults.push_back({{1, 1, "", 0},
                             "the document has " + std::to_string(text.size()) +
                                 " bytes; at most " + std::to_string(limits::plan_bytes_max) +
                                 " are read"});
    return result;
  }
  if (auto fault = text_fault(text)) {
    result.faults.push_back(std::move(*fault));
    return result;
  }
  result.source.is_json = looks_like_json(result.source.file, text);
  (result.source.is_json ? read_json : read_yaml)(text, result);
  keep_first(result.faults);
  return result;
}

void sort_by_place(std::vector<Fault>& faults) {
  const auto key = [](const Fault& fault) {
    return std::tuple{fault.place.line, fault.place.column, fault.place.order};
  };
  std::stable_sort(faults.begin(), faults.end(),
                   [&](const Fault& a, const Fault& b) { return key(a) < key(b); });
}

void keep_first(std::vector<Fault>& faults) {
  constexpr std::size_t kept = 1'000;
  sort_by_place(faults);
  if (faults.size() <= kept) return;
  const auto more = faults.size() - kept;
  faults.resize(kept);
  faults.push_back({faults.back().place, "and " + std::to_string(more) + " more faults"});
}

std::string render(const std::vector<Fault>& faults, std::string_view file) {
  auto sorted = faults;
  sort_by_place(sorted);
  std::string text;
  for (const auto& fault : sorted) text += to_string(fault, file) + "\n";
  return text;
}

} // namespace troupe::plan
