// Port: what is counted and measured. Real version: net/telemetry (the text format of Prometheus).
#pragma once
#include <array>
#include <initializer_list>
#include <span>
#include <string_view>
#include <utility>

namespace troupe::ports {

// A metric is a constant beside the code that feeds it:
//   inline constexpr ports::Counter tasks_assigned{"troupe_tasks_assigned_total", "Tasks sent
//   out"}; metrics.add(tasks_assigned, {{"role", role}});
// Names follow Prometheus: troupe_<what>_<unit>, counters end in _total, units are base units.

struct Counter {
  std::string_view name, help;
};
struct Gauge {
  std::string_view name, help;
};
struct Histogram {
  std::string_view name, help;
  std::span<const double> bounds; // of the buckets, ascending; +Inf is added
};

/// Bounds for what takes from a millisecond to half a minute, in seconds.
inline constexpr std::array latency_bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                              0.25,  0.5,    1.0,   2.5,  5.0,   10.0, 30.0};

/// Every call of a metric gives the same label names, in the same order. Values come from a small
/// set: never an id, never text from outside.
using MetricLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Thread-safe, never throws, never blocks for long. Beyond limits::metric_series_max combinations
/// of label values of one metric further ones are not counted, which is logged once.
class Metrics {
 public:
  virtual ~Metrics() = default;
  /// `amount` 0 makes the series appear before anything happened. Not negative.
  virtual void add(const Counter& counter, MetricLabels labels = {}, double amount = 1) = 0;
  virtual void set(const Gauge& gauge, MetricLabels labels, double value) = 0;
  virtual void observe(const Histogram& histogram, MetricLabels labels, double value) = 0;
};

/// Counts nothing.
class NoMetrics final : public Metrics {
 public:
  void add(const Counter&, MetricLabels, double) override {}
  void set(const Gauge&, MetricLabels, double) override {}
  void observe(const Histogram&, MetricLabels, double) override {}
};

} // namespace troupe::ports
