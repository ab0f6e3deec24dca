// Metrics for Prometheus. prometheus-cpp stands behind this page.
#pragma once
#include <memory>
#include <string>

#include "runtime/ports/metrics.hpp"

namespace troupe::telemetry {

class PrometheusMetrics final : public ports::Metrics {
 public:
  PrometheusMetrics();
  ~PrometheusMetrics() override;

  void add(const ports::Counter& counter, ports::MetricLabels labels, double amount) override;
  void set(const ports::Gauge& gauge, ports::MetricLabels labels, double value) override;
  void observe(const ports::Histogram& histogram, ports::MetricLabels labels,
               double value) override;

  /// Everything so far, in the text format 0.0.4. Thread-safe.
  std::string render() const;
  static constexpr const char* content_type = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

} // namespace troupe::telemetry
