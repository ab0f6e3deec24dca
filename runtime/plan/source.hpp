// YAML or JSON text as one tree with places, so that every fault can name where it stands.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/result.hpp"

namespace troupe::plan {

/// Where a value stands: line and column (in characters, from 1) in YAML; in JSON, whose parser
/// knows no lines, a JSON Pointer. A JSON text that cannot be read at all has a line and a column
/// too.
struct Place {
  std::uint32_t line = 0; // 0: JSON
  std::uint32_t column = 0;
  std::string pointer;     // "/steps/0/retry"
  std::uint32_t order = 0; // in JSON: counts the values of the file, to sort faults by
};

struct Fault {
  Place place;
  std::string message; // what was wrong, what was expected, what to do
};

/// "plan.yaml:12:5: unknown key `retrys`; did you mean `retry`?" / "plan.json:/steps/0: ..."
std::string to_string(const Fault& fault, std::string_view file);

struct SourceNode {
  enum class Type : std::uint8_t { null, boolean, number, string, list, map };
  Type type = Type::null;
  Place place;
  std::string scalar;            // text of a string; JSON spelling of a boolean or number
  std::vector<SourceNode> items; // of a list
  std::vector<std::pair<std::string, SourceNode>> members; // of a map, in file order
  std::vector<Place> member_places;                        // of the keys, in the same order

  const SourceNode* find(std::string_view key) const; // nothing if absent or not a map
  JsonText to_json() const;
};

/// "a map", "a list", "text", "a number", "a boolean", "null": for the texts of faults.
std::string_view describe(SourceNode::Type type);

struct Source {
  std::string file;
  bool is_json = false;
  SourceNode root;
};

/// `faults` is empty on success. A text that cannot be read at all (syntax, size, depth, bytes that
/// are not UTF-8 text) has one fault and an empty root. Duplicate keys, merge keys, tags and the
/// like leave the rest of the tree in place, so that its other faults can be named in one go.
struct SourceResult {
  Source source;
  std::vector<Fault> faults;
};

/// JSON if the file name ends in .json or the text begins with `{`; YAML with the scalars of YAML
/// 1.2's core schema otherwise. Limits: limits::plan_bytes_max (also for what aliases add) and
/// limits::json_depth_max.
SourceResult read_source(std::string file, std::string_view text);

/// Orders faults as their places stand in the file.
void sort_by_place(std::vector<Fault>& faults);

/// Keeps the first thousand faults, in file order, and says how many more there are: a text of
/// nothing but faults would be answered with one many times its size.
void keep_first(std::vector<Fault>& faults);

/// Every fault on a line of its own, in file order; "" when there is none.
std::string render(const std::vector<Fault>& faults, std::string_view file);

} // namespace troupe::plan
