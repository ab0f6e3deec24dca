// On a terminal: one line that says which part of a suite runs now.
#pragma once
#include <string>

namespace troupe::bench {

class PartLine {
 public:
  /// Says nothing unless `wanted` and standard error is a terminal.
  explicit PartLine(bool wanted);
  ~PartLine(); // erases it
  PartLine(const PartLine&) = delete;
  PartLine& operator=(const PartLine&) = delete;

  void show(const std::string& part);

 private:
  bool live_;
};

} // namespace troupe::bench
