#include "runtime/plan/source_builder.hpp"

#include <cassert>

#include "runtime/limits.hpp"

namespace troupe::plan {
namespace {

std::string first_seen(const Place& place) {
  if (place.line == 0) return "";
  return "; it was first given at " + std::to_string(place.line) + ":" +
         std::to_string(place.column);
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

} // namespace

Fault depth_fault(Place place) {
  return {std::move(place), "the document nests deeper than " +
                                std::to_string(limits::json_depth_max) + " levels; flatten it"};
}

void SourceBuilder::key(std::string text, Place place) {
  assert(expects_key());
  auto& map = open_.back();
  if (has_nul(text)) faults_.push_back({place, "a key cannot contain the character NUL"});
  const auto [first, fresh] = map.seen.emplace(text, place);
  if (!fresh)
    faults_.push_back({place, "the key `" + text + "` stands twice in this map" +
                                  first_seen(first->second) + "; keep one"});
  map.node.members.emplace_back(std::move(text), SourceNode{});
  map.node.member_places.push_back(std::move(place));
  map.has_key = true;
}

const SourceNode& SourceBuilder::add(SourceNode node) {
  if (node.type == SourceNode::Type::string && has_nul(node.scalar))
    faults_.push_back({node.place, "a text cannot contain the character NUL"});
  return attach(std::move(node));
}

bool SourceBuilder::open(SourceNode::Type type, Place place) {
  if (open_.size() >= limits::json_depth_max) {
    faults_.push_back(depth_fault(std::move(place)));
    return false;
  }
  Open group;
  group.node.type = type;
  group.node.place = std::move(place);
  open_.push_back(std::move(group));
  return true;
}

const SourceNode& SourceBuilder::close() {
  auto node = std::move(open_.back().node);
  open_.pop_back();
  return attach(std::move(node));
}

const SourceNode& SourceBuilder::attach(SourceNode node) {
  if (open_.empty()) return root_ = std::move(node);
  auto& parent = open_.back();
  if (parent.node.type == SourceNode::Type::list)
    return parent.node.items.emplace_back(std::move(node));
  assert(parent.has_key);
  parent.has_key = false;
  return parent.node.members.back().second = std::move(node);
}

} // namespace troupe::plan
