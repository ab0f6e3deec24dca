// The real Prometheus and Alertmanager between the patient and Troupe.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "ops/cli/dev/data_folder.hpp"
#include "ops/cli/dev/process_supervisor.hpp"
#include "runtime/clock.hpp"
#include "runtime/ports/http_client.hpp"

namespace troupe::demo {

class Monitoring {
 public:
  /// Failure unavailable: one of the programs is not installed.
  Monitoring(const dev::DataFolder& folder, ports::HttpClient& http);

  /// Prometheus scrapes http://`patient`/metrics each second; Alertmanager posts to `webhook`.
  void start(dev::ProcessSupervisor& supervisor, const std::string& patient,
             const std::string& health_url, const std::string& webhook);

  bool ready() const;                          // both answer, and the patient has been scraped once
  std::optional<Instant> firing_since() const; // of the alert, as Alertmanager has it
  bool cleared() const;                        // Alertmanager holds no alert that fires

  std::string prometheus_url() const;
  std::string alertmanager_url() const;

 private:
  std::string get(const std::string& url) const; // "" unless 200

  const dev::DataFolder& folder_;
  ports::HttpClient& http_;
  std::string prometheus_, alertmanager_; // programs
  std::uint16_t prometheus_port_, alertmanager_port_;
};

} // namespace troupe::demo
