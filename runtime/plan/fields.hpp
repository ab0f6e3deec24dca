// Reads one map of a source strictly: each key is asked for by name and type, and a key that nobody
// asked for is a fault. Plans, settings, teams and runbooks are all read through this.
//
//   Fields fields{node, "a retrier", faults};
//   policy.max_attempts = fields.integer("max_attempts", 1, 1000).value_or(3);
//   policy.interval = fields.duration("interval").value_or(1s);
//   fields.refuse_unknown();
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/message/agent_message.hpp"
#include "runtime/plan/source.hpp"

namespace troupe::plan {

class Fields {
 public:
  /// `what` names the map in the texts of faults: "the plan", "step `probe`". A node that is not a
  /// map is a fault, and is then read as an empty one.
  Fields(const SourceNode& node, std::string what, std::vector<Fault>& faults);

  const SourceNode& node() const { return *node_; }
  const std::string& what() const { return what_; }
  bool is_map() const { return node_->type == SourceNode::Type::map; }

  /// A value of any type; nothing if the key is absent. The key counts as known from now on.
  const SourceNode* find(std::string_view key);
  bool has(std::string_view key) { return find(key) != nullptr; }
  /// Where the key itself stands; the map if it is absent.
  const Place& place_of(std::string_view key) const;
  /// Known, although this reader has no use for it.
  void know(std::string_view key);

  /// Typed values; nothing if the key is absent, nothing and a fault if it is ill-typed.
  std::optional<std::string> text(std::string_view key);
  std::optional<std::string> filled_text(std::string_view key); // "" is a fault too
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<double> number(std::string_view key, double min, double max);
  std::optional<Millis> duration(std::string_view key); // "10m"
  const SourceNode* list(std::string_view key);
  const SourceNode* map(std::string_view key);
  std::vector<std::string> texts(std::string_view key); // a list of texts
  std::optional<message::Priority> priority(std::string_view key);
  template <class E>
  std::optional<E> choice(std::string_view key,
                          const std::vector<std::pair<std::string, E>>& choices);

  /// A fault if the key is absent: "`role` is missing from step `probe`; <remedy>".
  bool require(std::string_view key, std::string_view remedy);

  void fault(const Place& place, std::string message);
  /// Call it last: names every key that was not asked for.
  void refuse_unknown();

 private:
  const SourceNode* typed(std::string_view key, SourceNode::Type type, std::string_view expected);
  std::optional<std::size_t> choose(std::string_view key, const std::vector<std::string>& words);
  bool knows(std::string_view key) const;

  const SourceNode* node_;
  std::string what_;
  std::vector<Fault>* faults_;
  std::vector<std::string> known_;
};

template <class E>
std::optional<E> Fields::choice(std::string_view key,
                                const std::vector<std::pair<std::string, E>>& choices) {
  std::vector<std::string> words;
  for (const auto& [word, value] : choices) words.push_back(word);
  const auto chosen = choose(key, words);
  if (!chosen) return std::nullopt;
  return choices[*chosen].second;
}

} // namespace troupe::plan
