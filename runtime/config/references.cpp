#include "runtime/config/references.hpp"

#include <cstdlib>

#include "runtime/config/files.hpp"
#include "runtime/plan/source_text.hpp"

namespace troupe::config {
namespace {

constexpr std::size_t secret_bytes_max = 64 * 1024;
constexpr std::string_view remedy = "; write ${env:NAME}, ${file:PATH}, or $${ for a plain ${";

/// What stands between `${` and `}`, as its value. The text of an error never holds a value.
Result<std::string> look_up(std::string_view reference, std::string_view file) {
  const auto wrong = [](std::string text) {
    return make_error(ErrorClass::invalid_input, std::move(text));
  };
  const auto quoted = "`${" + std::string{reference} + "}`";
  std::string value;
  if (reference.starts_with("env:") && reference.size() > 4) {
    const std::string name{reference.substr(4)};
    const char* found = std::getenv(name.c_str());
    if (found == nullptr) return wrong("the environment variable `" + name + "` is not set");
    value = found;
  } else if (reference.starts_with("file:") && reference.size() > 5) {
    const auto path = resolve(file, reference.substr(5));
    auto content = read_file(path, secret_bytes_max);
    if (!content.ok()) return wrong("`" + path + "` " + content.error().message);
    value = *std::move(content);
    if (value.ends_with('\n')) value.pop_back();
    if (value.ends_with('\r')) value.pop_back();
  } else {
    return wrong(quoted + " is no reference" + std::string{remedy});
  }
  if (plan::text_fault(value)) return wrong("the value of " + quoted + " is not UTF-8 text");
  return value;
}

/// `text` with its references filled in; the first one that cannot be is the fault.
Result<std::string> fill(std::string_view text, std::string_view file) {
  std::string out;
  while (!text.empty()) {
    const auto dollar = text.find('$');
    out += text.substr(0, dollar);
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      out += "${";
      text.remove_prefix(3);
    } else if (!text.starts_with("${") || text.starts_with("${{")) {
      out += '$';
      text.remove_prefix(1);
    } else {
      const auto end = text.find('}');
      if (end == std::string_view::npos)
        return make_error(ErrorClass::invalid_input, "`${` without its `}`" + std::string{remedy});
      auto value = look_up(text.substr(2, end - 2), file);
      if (!value.ok()) return value;
      out += *value;
      text.remove_prefix(end + 1);
    }
  }
  return out;
}

void fill_node(plan::SourceNode& node, std::string_view file, std::vector<plan::Fault>& faults) {
  if (node.type == plan::SourceNode::Type::string) {
    auto filled = fill(node.scalar, file);
    if (filled.ok())
      node.scalar = *std::move(filled);
    else
      faults.push_back({node.place, filled.error().message});
  }
  for (auto& item : node.items) fill_node(item, file, faults);
  for (auto& [key, value] : node.members) fill_node(value, file, faults);
}

} // namespace

std::vector<plan::Fault> fill_references(plan::Source& source) {
  std::vector<plan::Fault> faults;
  fill_node(source.root, source.file, faults);
  return faults;
}

} // namespace troupe::config
