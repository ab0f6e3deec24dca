#include "ops/cli/view/approval.hpp"

#include <boost/json.hpp>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/table.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

std::string fact(const char* name, const std::string& value, const Style& style) {
  if (value.empty()) return "";
  return "  " + paint(pad(name, 12), Tint::dim, style.colour) + value + "\n";
}

} // namespace

std::string render_approval(const json::value& approval, const Style& style, Instant now) {
  const json::value& subject = member(approval, "subject");
  const std::string message = text(subject, "message");
  std::string result = paint(text(approval, "step"), Tint::bold, style.colour) +
                       " asks for approval by role " + text(approval, "role") + "\n";
  if (!message.empty()) result += "\n  " + message + "\n\n";
  result += fact("run", text(approval, "run"), style);
  result += fact("asked by", text(approval, "requested_by"), style);
  if (subject.is_object())
    for (const auto& [name, value] : subject.as_object())
      if (name != "message" && name != "run" && name != "step" && name != "role")
        result += fact(std::string{name}.c_str(), text(value), style);
  std::string expires = text(approval, "expires_at");
  if (const auto at = instant(approval, "expires_at")) expires += " (in " + brief(*at - now) + ")";
  result += fact("expires", expires, style);
  return result + fact("digest", text(approval, "digest"), style);
}

std::string render_approvals(const json::value& answer, const Style& style, Instant now) {
  std::vector<std::vector<Cell>> rows;
  for (const json::value& one : list(answer, "approvals")) {
    const auto expires = instant(one, "expires_at");
    rows.push_back({{text(one, "run")},
                    {text(one, "step")},
                    {text(one, "role")},
                    {expires ? "in " + brief(*expires - now) : "", Tint::yellow},
                    {text(member(one, "subject"), "message")}});
  }
  return render_table({"RUN", "STEP", "ROLE", "EXPIRES", "MESSAGE"}, rows, style,
                      "nothing waits for approval");
}

} // namespace troupe::view
