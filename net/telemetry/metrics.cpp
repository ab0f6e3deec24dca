#include "net/telemetry/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <functional>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <unordered_map>

#include "runtime/limits.hpp"
#include "runtime/log.hpp"

namespace troupe::telemetry {
namespace {

/// Label values in order; one metric always has the same names.
std::string key_of(ports::MetricLabels labels) {
  std::string key;
  for (const auto& [name, value] : labels) (key += value) += '\0';
  return key;
}

prometheus::Labels to_labels(ports::MetricLabels labels) {
  prometheus::Labels made;
  for (const auto& [name, value] : labels) made.emplace(name, value);
  return made;
}

/// All metrics of one kind. `Metric` is prometheus::Counter and the like.
template <class Metric>
class Kind {
 public:
  using Make = std::function<prometheus::Family<Metric>&()>;
  using Add = std::function<Metric&(prometheus::Family<Metric>&, const prometheus::Labels&)>;

  /// The series, made at first use; null if it cannot be or there are too many.
  Metric* find(std::string_view name, ports::MetricLabels labels, const Make& make,
               const Add& add) {
    const auto key = key_of(labels);
    {
      const std::shared_lock lock{mutex_};
      const auto entry = entries_.find(std::string{name});
      if (entry != entries_.end()) {
        const auto series = entry->second.series.find(key);
        if (series != entry->second.series.end()) return series->second;
        if (entry->second.refused) return nullptr;
      }
    }
    return make_series(std::string{name}, key, labels, make, add);
  }

 private:
  struct Entry {
    prometheus::Family<Metric>* family = nullptr;
    std::unordered_map<std::string, Metric*> series;
    bool refused = false; // said in the log
  };

  Metric* make_series(const std::string& name, const std::string& key, ports::MetricLabels labels,
                      const Make& make, const Add& add) {
    const std::unique_lock lock{mutex_};
    auto& entry = entries_[name];
    if (entry.refused) return nullptr;
    try {
      if (entry.series.size() >= limits::metric_series_max)
        throw std::invalid_argument{"too many combinations of label values"};
      if (!entry.family) entry.family = &make();
      return entry.series.emplace(key, &add(*entry.family, to_labels(labels))).first->second;
    } catch (const std::invalid_argument& e) {
      entry.refused = true;
      log::error("metrics.refused", {{"metric", name}, {"reason", e.what()}});
      return nullptr;
    }
  }

  std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
};

template <class Builder>
auto& build(Builder builder, std::string_view name, std::string_view help,
            prometheus::Registry& registry) {
  return builder.Name(std::string{name}).Help(std::string{help}).Register(registry);
}

} // namespace

struct PrometheusMetrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Throw};
  Kind<prometheus::Counter> counters;
  Kind<prometheus::Gauge> gauges;
  Kind<prometheus::Histogram> histograms;
};

PrometheusMetrics::PrometheusMetrics() : impl_{std::make_unique<Impl>()} {}
PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::add(const ports::Counter& counter, ports::MetricLabels labels,
                            double amount) {
  auto* series = impl_->counters.find(
      counter.name, labels,
      [&]() -> auto& {
        return build(prometheus::BuildCounter(), counter.name, counter.help, impl_->registry);
      },
      [](auto& family, const auto& with) -> auto& { return family.Add(with); });
  if (series) series->Increment(amount);
}

void PrometheusMetrics::set(const ports::Gauge& gauge, ports::MetricLabels labels, double value) {
  auto* series = impl_->gauges.find(
      gauge.name, labels,
      [&]() -> auto& {
        return build(prometheus::BuildGauge(), gauge.name, gauge.help, impl_->registry);
      },
      [](auto& family, const auto& with) -> auto& { return family.Add(with); });
  if (series) series->Set(value);
}

void PrometheusMetrics::observe(const ports::Histogram& histogram, ports::MetricLabels labels,
                                double value) {
  auto* series = impl_->histograms.find(
      histogram.name, labels,
      [&]() -> auto& {
        return build(prometheus::BuildHistogram(), histogram.name, histogram.help, impl_->registry);
      },
      [&](auto& family, const auto& with) -> auto& {
        return family.Add(with, prometheus::Histogram::BucketBoundaries{histogram.bounds.begin(),
                                                                        histogram.bounds.end()});
      });
  if (series) series->Observe(value);
}

std::string PrometheusMetrics::render() const {
  std::ostringstream text;
  prometheus::TextSerializer{}.Serialize(text, impl_->registry.Collect());
  return std::move(text).str();
}

} // namespace troupe::telemetry
