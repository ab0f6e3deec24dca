#include "ops/cli/view/fork.hpp"

#include <boost/json.hpp>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/table.hpp"
#include "ops/cli/view/value_words.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

std::string paths(const json::value& fork, const char* name) {
  std::string result;
  for (const json::value& path : list(fork, name))
    result += (result.empty() ? "" : ", ") + text(path);
  return result.empty() ? "nothing" : result;
}

} // namespace

std::string render_fork(const json::value& fork, const Style& style) {
  std::string result = "keeps  " + paths(fork, "kept") + "\nagain  " + paths(fork, "again") + "\n";
  std::vector<std::vector<Cell>> rows;
  for (const json::value& one : list(fork, "repeats"))
    rows.push_back({{text(one, "step")},
                    {text(one, "tool")},
                    {text(one, "effect")},
                    {text(one, "state") + (truth(one, "undone") ? ", undone" : ""),
                     text(one, "state") == "unknown" ? Tint::red : Tint::none},
                    {value_words(member(one, "arguments")), Tint::dim}});
  if (!rows.empty())
    result += "\nEffects that happen once more:\n" +
              render_table({"STEP", "TOOL", "EFFECT", "WAS", "ARGUMENTS"}, rows, style, "");
  if (const std::string run = text(fork, "run"); !run.empty())
    result += "run " + run + " started; follow it: troupe runs watch " + run + "\n";
  return result;
}

} // namespace troupe::view
