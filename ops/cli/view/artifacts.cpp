#include "ops/cli/view/artifacts.hpp"

#include <boost/json.hpp>
#include <cstdio>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/table.hpp"

namespace troupe::view {

std::string size_words(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  const bool large = bytes >= 1024 * 1024;
  char words[32];
  std::snprintf(words, sizeof words, "%.1f %s",
                static_cast<double>(bytes) / (large ? 1024.0 * 1024.0 : 1024.0),
                large ? "MiB" : "KiB");
  return words;
}

std::string render_artifacts(const boost::json::value& answer, const Style& style) {
  std::vector<std::vector<Cell>> rows;
  for (const boost::json::value& row : list(answer, "artifacts"))
    rows.push_back({{text(row, "artifact")},
                    {size_words(static_cast<std::uint64_t>(number(row, "bytes")))},
                    {text(row, "type")},
                    {text(row, "at"), Tint::dim}});
  return render_table({"ARTIFACT", "SIZE", "TYPE", "SINCE"}, rows, style,
                      "no artifacts: nothing in this run was too large for a message");
}

} // namespace troupe::view
