#include "runtime/agent/runbook_scope.hpp"

namespace troupe::agent {
namespace {

std::string fault_of_id(const std::vector<std::string>& path, const std::set<std::string>& known,
                        std::string_view what) {
  if (path.size() < 2 || known.contains(path[1])) return "";
  std::string text = "`" + path[0] + "." + path[1] + "` names no " + std::string{what};
  if (known.empty()) return text + "; there is none so far";
  text += "; there is";
  std::string_view comma = " ";
  for (const auto& id : known) text += std::string{comma} + id, comma = ", ";
  return text;
}

} // namespace

VisibleRoots VisibleRoots::with_result() const {
  auto more = *this;
  more.result_ = true;
  return more;
}

VisibleRoots VisibleRoots::with_item() const {
  auto more = *this;
  more.item_ = true;
  return more;
}

VisibleRoots VisibleRoots::with_found() const {
  auto more = *this;
  more.found_ = true;
  return more;
}

std::string VisibleRoots::fault_of(const std::vector<std::string>& path) const {
  if (path.empty()) return "";
  const auto& root = path.front();
  if (root == "task" || root == "context") return "";
  if (root == "checks")
    return why_no_checks_.empty() ? fault_of_id(path, checks_, "check above") : why_no_checks_;
  if (root == "acts") return fault_of_id(path, acts_, "act above in this rule");
  if (root == "verified") return fault_of_id(path, verified_, "verify above in this rule");
  if (root == "result")
    return result_ ? "" : "`result` is there only in `until`, and in what comes after a `verify`";
  if (root == "item") return item_ ? "" : "`item` is there only in `where`";
  if (root == "found") return found_ ? "" : "`found` is there only in the `until` beside a `find`";
  return "`" + root +
         "` is no root here; templates start from task, context, checks, acts, verified, result";
}

} // namespace troupe::agent
