// Paths into the results of other steps: `steps.<id>.{state, output, error.class}`.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/plan/outline.hpp"

namespace troupe::plan {

using Path = std::vector<std::string>;

/// The first `count` parts of a path, quoted: "`steps.a.output`".
std::string written(const Path& path, std::size_t count);

/// A set of entries of the outline.
class EntrySet {
 public:
  explicit EntrySet(std::size_t size) : words_((size + 63) / 64) {}
  void add(std::size_t index) { words_[index / 64] |= std::uint64_t{1} << index % 64; }
  bool has(std::size_t index) const { return words_[index / 64] >> index % 64 & 1; }
  void add_all(const EntrySet& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }

 private:
  std::vector<std::uint64_t> words_;
};

/// Judges paths that begin with `steps`, as `reader` reads them, who may read `readable`.
struct StepPath {
  const Outline& outline;
  std::size_t reader;
  const EntrySet& readable;
  const std::vector<Fault>& faults; // so far: after many of them nothing is suggested any more

  /// "" when it can be read.
  std::string fault(const Path& path) const;

 private:
  std::string reach_fault(std::size_t step) const;
  std::string part_fault(const Path& path, std::size_t step) const;
  std::string output_fault(const Path& path, const Node& step) const;
  std::string child_fault(const std::string& key, const std::vector<const Node*>& children,
                          const std::string& whose) const;
  std::string output_path(std::size_t group, std::size_t step) const;
};

} // namespace troupe::plan
