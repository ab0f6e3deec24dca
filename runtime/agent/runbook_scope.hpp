// What a template of a runbook may start from at the place where it stands.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::agent {

class VisibleRoots {
 public:
  void add_check(std::string id) { checks_.insert(std::move(id)); }
  void add_act(std::string id) { acts_.insert(std::move(id)); }
  void add_verified(std::string id) { verified_.insert(std::move(id)); }
  void forbid_checks(std::string why) { why_no_checks_ = std::move(why); }
  VisibleRoots with_result() const;
  VisibleRoots with_item() const;
  VisibleRoots with_found() const;

  /// What is wrong with a path as plan::paths_of gives it; empty when nothing is.
  std::string fault_of(const std::vector<std::string>& path) const;

 private:
  std::set<std::string> checks_, acts_, verified_;
  std::string why_no_checks_;
  bool result_ = false;
  bool item_ = false;
  bool found_ = false;
};

} // namespace troupe::agent
