// Faults of several files, for people and for programs.
#pragma once
#include <string>
#include <vector>

#include "runtime/plan/source.hpp"

namespace troupe::cli {

class FaultReport {
 public:
  void add(const std::string& file, const plan::Fault& fault);
  void add(const std::string& file, const std::string& message); // without a place
  void add_good(const std::string& file, const std::string& remark = "");
  void add_remark(const std::string& remark); // worth reading, no fault

  bool empty() const { return faults_.empty(); }

  /// "plan.yaml:12:5: unknown key .." a line; then the files that are good.
  std::string text() const;
  /// {"ok":false,"faults":[{"file","line","column","pointer","message"}],"good":[..],"remarks":[..]}
  std::string json() const;

 private:
  struct Entry {
    std::string file;
    plan::Fault fault;
    bool placed = true;
  };
  std::vector<Entry> faults_;
  std::vector<std::pair<std::string, std::string>> good_;
  std::vector<std::string> remarks_;
};

} // namespace troupe::cli
