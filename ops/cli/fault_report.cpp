#include "ops/cli/fault_report.hpp"

#include <boost/json.hpp>

namespace troupe::cli {

namespace json = boost::json;

void FaultReport::add(const std::string& file, const plan::Fault& fault) {
  faults_.push_back({file, fault});
}

void FaultReport::add(const std::string& file, const std::string& message) {
  faults_.push_back({file, {{}, message}, false});
}

void FaultReport::add_good(const std::string& file, const std::string& remark) {
  good_.emplace_back(file, remark);
}

void FaultReport::add_remark(const std::string& remark) { remarks_.push_back(remark); }

std::string FaultReport::text() const {
  std::string result;
  for (const Entry& entry : faults_)
    result += (entry.placed ? plan::to_string(entry.fault, entry.file)
                            : entry.file + ": " + entry.fault.message) +
              "\n";
  for (const auto& [file, remark] : good_)
    result += file + ": ok" + (remark.empty() ? "" : ", " + remark) + "\n";
  for (const std::string& remark : remarks_) result += "note: " + remark + "\n";
  return result;
}

std::string FaultReport::json() const {
  json::array faults, good, remarks;
  for (const Entry& entry : faults_) {
    json::object fault{{"file", entry.file}, {"message", entry.fault.message}};
    if (entry.fault.place.line > 0) {
      fault["line"] = entry.fault.place.line;
      fault["column"] = entry.fault.place.column;
    }
    if (!entry.fault.place.pointer.empty()) fault["pointer"] = entry.fault.place.pointer;
    faults.push_back(fault);
  }
  for (const auto& [file, remark] : good_) good.emplace_back(file);
  for (const std::string& remark : remarks_) remarks.emplace_back(remark);
  return json::serialize(json::object{
             {"ok", faults_.empty()}, {"faults", faults}, {"good", good}, {"remarks", remarks}}) +
         "\n";
}

} // namespace troupe::cli
