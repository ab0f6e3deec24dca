// What a suite found: figures under stable names, and exactly what they are figures of.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ops/cli/view/terminal.hpp"

namespace troupe::bench {

struct Figure {
  std::string name; // "durable_steps_per_s", in JSON
  double value = 0;
  std::string words; // for people
  int digits = 0;    // after the point
};

class Report {
 public:
  Report(std::string suite, std::string measured)
      : suite_{std::move(suite)}, measured_{std::move(measured)} {}

  void add(std::string name, double value, std::string words, int digits = 0);
  /// `name`_p50_ms, _p99_ms, _p999_ms.
  void add_latencies(const std::string& name, std::vector<double> milliseconds,
                     const std::string& words, int digits = 2);

  std::string json() const;                         // one line
  std::string text(const view::Style& style) const; // for people

 private:
  std::string suite_, measured_;
  std::vector<Figure> figures_;
};

/// What a thousand of them cost, if `number` cost so much; of none as if it were one.
double per_thousand(double cost, std::size_t number);

/// The value that so large a share of them does not exceed; 0 of none.
double percentile(std::vector<double> values, double share);

} // namespace troupe::bench
