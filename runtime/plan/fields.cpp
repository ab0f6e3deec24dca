#include "runtime/plan/fields.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

std::string quoted(std::string_view key) { return "`" + std::string{key} + "`"; }

std::string shortest(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

} // namespace

Fields::Fields(const SourceNode& node, std::string what, std::vector<Fault>& faults)
    : node_{&node}, what_{std::move(what)}, faults_{&faults} {
  if (!is_map())
    fault(node.place, what_ + " must be a map, not " + std::string{describe(node.type)});
}

bool Fields::knows(std::string_view key) const {
  return std::find(known_.begin(), known_.end(), key) != known_.end();
}

void Fields::know(std::string_view key) {
  if (!knows(key)) known_.emplace_back(key);
}

const SourceNode* Fields::find(std::string_view key) {
  know(key);
  return node_->find(key);
}

const Place& Fields::place_of(std::string_view key) const {
  for (std::size_t i = 0; i < node_->members.size(); ++i)
    if (node_->members[i].first == key) return node_->member_places[i];
  return node_->place;
}

void Fields::fault(const Place& place, std::string message) {
  faults_->push_back({place, std::move(message)});
}

const SourceNode* Fields::typed(std::string_view key, SourceNode::Type type,
                                std::string_view expected) {
  const auto* value = find(key);
  if (value == nullptr || value->type == type) return value;
  fault(value->place, quoted(key) + " must be " + std::string{expected} + ", not " +
                          std::string{describe(value->type)});
  return nullptr;
}

std::optional<std::string> Fields::text(std::string_view key) {
  const auto* value = typed(key, SourceNode::Type::string, "text");
  if (value == nullptr) return std::nullopt;
  return value->scalar;
}

std::optional<std::string> Fields::filled_text(std::string_view key) {
  auto value = text(key);
  if (!value || !value->empty()) return value;
  fault(place_of(key), quoted(key) + " must not be empty");
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view key) {
  const auto* value = typed(key, SourceNode::Type::boolean, "true or false");
  if (value == nullptr) return std::nullopt;
  return value->scalar == "true";
}

std::optional<std::int64_t> Fields::integer(std::string_view key, std::int64_t min,
                                            std::int64_t max) {
  const auto range = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  const auto* value = typed(key, SourceNode::Type::number, range);
  if (value == nullptr) return std::nullopt;
  std::int64_t number = 0;
  const auto* end = value->scalar.data() + value->scalar.size();
  const auto [rest, ec] = std::from_chars(value->scalar.data(), end, number);
  if (ec == std::errc{} && rest == end && number >= min && number <= max) return number;
  fault(value->place, quoted(key) + " must be " + range + ", not " + value->scalar);
  return std::nullopt;
}

std::optional<double> Fields::number(std::string_view key, double min, double max) {
  const auto range = "a number from " + shortest(min) + " to " + shortest(max);
  const auto* value = typed(key, SourceNode::Type::number, range);
  if (value == nullptr) return std::nullopt;
  double number = 0;
  std::from_chars(value->scalar.data(), value->scalar.data() + value->scalar.size(), number);
  if (number >= min && number <= max) return number;
  fault(value->place, quoted(key) + " must be " + range + ", not " + value->scalar);
  return std::nullopt;
}

std::optional<Millis> Fields::duration(std::string_view key) {
  constexpr std::string_view expected = "a duration such as 30s, 10m or 1h30m";
  const auto* value = typed(key, SourceNode::Type::string, expected);
  if (value == nullptr) return std::nullopt;
  const auto duration = parse_duration(value->scalar);
  if (!duration)
    fault(value->place,
          quoted(key) + " must be " + std::string{expected} + ", not " + quoted(value->scalar));
  return duration;
}

const SourceNode* Fields::list(std::string_view key) {
  return typed(key, SourceNode::Type::list, "a list");
}

const SourceNode* Fields::map(std::string_view key) {
  return typed(key, SourceNode::Type::map, "a map");
}

std::vector<std::string> Fields::texts(std::string_view key) {
  std::vector<std::string> values;
  const auto* items = typed(key, SourceNode::Type::list, "a list of texts");
  if (items == nullptr) return values;
  for (const auto& item : items->items) {
    if (item.type == SourceNode::Type::string)
      values.push_back(item.scalar);
    else
      fault(item.place, quoted(key) + " must hold texts, not " + std::string{describe(item.type)});
  }
  return values;
}

std::optional<std::size_t> Fields::choose(std::string_view key,
                                          const std::vector<std::string>& words) {
  const auto* value = typed(key, SourceNode::Type::string, one_of(words));
  if (value == nullptr) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), value->scalar);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  fault(value->place, quoted(key) + " must be " + one_of(words) + ", not " + quoted(value->scalar) +
                          did_you_mean(value->scalar, words));
  return std::nullopt;
}

std::optional<message::Priority> Fields::priority(std::string_view key) {
  using message::Priority;
  static const std::vector<std::pair<std::string, Priority>> words{
      {"low", Priority::low},
      {"normal", Priority::normal},
      {"high", Priority::high},
      {"critical", Priority::critical}};
  return choice(key, words);
}

bool Fields::require(std::string_view key, std::string_view remedy) {
  if (has(key)) return true;
  if (is_map())
    fault(node_->place, quoted(key) + " is missing from " + what_ + "; " + std::string{remedy});
  return false;
}

void Fields::refuse_unknown() {
  for (std::size_t i = 0; i < node_->members.size(); ++i) {
    const auto& key = node_->members[i].first;
    if (!knows(key))
      fault(node_->member_places[i],
            "unknown key " + quoted(key) + " in " + what_ + did_you_mean(key, known_));
  }
}

} // namespace troupe::plan
