// Many jobs, and the people around them: who submits, who gives a signal, who says whether a call
// of unknown outcome happened (and looks it up in the ledger).
#pragma once
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "runtime/ports/http_client.hpp"
#include "tests/chaos/audit.hpp"
#include "tests/support/sql.hpp"

namespace troupe::chaos {

/// Works in a thread of its own until it is destroyed. Everything it is refused it tries again, at
/// another node: an orchestrator may be dead, and Postgres too.
class Workload {
 public:
  struct Places {
    std::vector<std::string> urls; // of the API of each orchestrator
    std::string database;
    std::filesystem::path ledger;
  };
  Workload(Places places, std::uint64_t seed);
  ~Workload();

  /// Submits nothing more; people go on.
  void close() { open_ = false; }
  /// All that was accepted has ended, for all that Postgres says.
  bool is_over() const { return over_; }
  /// Accepted, and of those, ended.
  std::pair<unsigned, unsigned> progress() const { return {accepted_, ended_}; }
  /// What was accepted: run, plan, expected. To be called when the thread has no more to do.
  std::vector<RunRecord> accepted() const;

 private:
  struct Task { // a request that has to succeed
    std::string path, body, key;
    Instant due;
    RunRecord job; // of a submission
  };

  void run();
  void submit_some();
  void look_around(support::Sql& sql);
  void resolve_unknown(const std::string& run, const support::Sql::Rows& rows);
  void do_due();
  bool send(Task& task);
  void accept(const Task& task, const std::string& body);
  Instant soon(Millis most);

  const Places places_;
  std::mt19937_64 dice_;
  std::unique_ptr<ports::HttpClient> http_;
  std::vector<Task> tasks_;
  std::map<std::string, bool> resolved_; // by key in the ledger and count of unknowns
  unsigned submitted_ = 0;
  std::size_t turn_ = 0;
  std::vector<RunRecord> jobs_; // accepted
  mutable std::mutex jobs_lock_;
  std::atomic<unsigned> accepted_{0}, ended_{0};
  std::atomic<bool> open_{true}, over_{false}, stop_{false};
  std::thread thread_;
};

} // namespace troupe::chaos
