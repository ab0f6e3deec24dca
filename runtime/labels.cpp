#include "runtime/labels.hpp"

#include <algorithm>

#include "runtime/intake_limits.hpp"
#include "runtime/message/json_reader.hpp"
#include "runtime/message/json_writer.hpp"

namespace troupe {
namespace {

Error wrong(std::string text) { return make_error(ErrorClass::invalid_input, std::move(text)); }

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/';
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

Result<> check_label(std::string_view name, std::string_view value) {
  if (auto checked = check_label_name(name); !checked) return checked;
  const auto label = "the label `" + std::string{name} + "`";
  if (value.size() > limits::label_value_bytes_max)
    return wrong(label + " has " + std::to_string(value.size()) + " bytes; at most " +
                 std::to_string(limits::label_value_bytes_max));
  if (std::ranges::any_of(value, is_control)) return wrong(label + " holds a control character");
  return {};
}

} // namespace

Result<> check_label_name(std::string_view name) {
  if (!name.empty() && name.size() <= limits::label_name_bytes_max &&
      std::ranges::all_of(name, is_name_char))
    return {};
  return wrong("the name of a label must be 1 to " + std::to_string(limits::label_name_bytes_max) +
               " letters, digits, `_`, `-`, `.` or `/`; not `" + std::string{name} + "`");
}

Result<> check_labels(const Labels& labels) {
  if (labels.size() > limits::labels_max)
    return wrong("there are " + std::to_string(labels.size()) + " labels; at most " +
                 std::to_string(limits::labels_max));
  for (const auto& [name, value] : labels)
    if (auto checked = check_label(name, value); !checked) return checked;
  return {};
}

Result<std::pair<std::string, std::string>> parse_label(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos)
    return wrong("`" + std::string{text} + "` is no label; expected name=value, such as env=prod");
  std::pair label{std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
  if (auto checked = check_label(label.first, label.second); !checked) return checked.error();
  return label;
}

Result<> add_label(Labels& labels, std::string_view text) {
  auto label = parse_label(text);
  if (!label) return label.error();
  const auto [known, fresh] = labels.insert(*label);
  if (fresh || known->second == label->second) return {};
  return wrong("`" + label->first + "` cannot be both `" + known->second + "` and `" +
               label->second + "`");
}

std::string fitting_label_value(std::string_view text) {
  auto end = std::min(text.size(), limits::label_value_bytes_max);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
    --end;
  std::string value{text.substr(0, end)};
  std::ranges::replace_if(value, is_control, ' ');
  return value;
}

std::string to_json(const Labels& labels) {
  std::string out = "{";
  for (const auto& [name, value] : labels) {
    if (out.size() > 1) out += ',';
    message::append_string(out, name);
    out += ':';
    message::append_string(out, value);
  }
  return out += '}';
}

Labels read_labels(std::string_view json) {
  Labels labels;
  message::JsonReader in{json};
  const bool read = in.read_object(
      [&](std::string_view name) { return in.read_string(labels[std::string{name}]); });
  return read && in.at_end() ? labels : Labels{};
}

} // namespace troupe
