// What the readers of YAML and JSON share: they report what they see, in file order; this makes the
// tree, and finds what their libraries let through (duplicate keys, NUL, depth).
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/plan/source.hpp"

namespace troupe::plan {

class SourceBuilder {
 public:
  explicit SourceBuilder(std::vector<Fault>& faults) : faults_{faults} {}

  bool in_map() const { return !open_.empty() && open_.back().node.type == SourceNode::Type::map; }
  /// The next thing is a key. Requires in_map() for true.
  bool expects_key() const { return in_map() && !open_.back().has_key; }
  std::size_t depth() const { return open_.size(); }
  /// Of the key whose value comes next. Requires in_map() && !expects_key().
  const Place& key_place() const { return open_.back().node.member_places.back(); }

  void key(std::string text, Place place);
  /// A scalar, or a whole subtree. Returns it where it now stands, valid until the next call.
  const SourceNode& add(SourceNode node);
  /// Begins a list or a map. False, with a fault, if it would stand deeper than
  /// limits::json_depth_max: stop reading.
  bool open(SourceNode::Type type, Place place);
  const SourceNode& close(); // as add()

  SourceNode take_root() { return std::move(root_); }

 private:
  struct Open {
    SourceNode node;
    bool has_key = false;
    std::unordered_map<std::string, Place> seen; // keys of a map
  };

  const SourceNode& attach(SourceNode node);

  std::vector<Fault>& faults_;
  std::vector<Open> open_;
  SourceNode root_;
};

/// "the document nests deeper than 64 levels"
Fault depth_fault(Place place);

/// Both add their faults to `out` and leave the root empty when the text cannot be read.
void read_yaml(std::string_view text, SourceResult& out);
void read_json(std::string_view text, SourceResult& out);

} // namespace troupe::plan
