#include "runtime/config/retention.hpp"

#include "runtime/plan/fields.hpp"

namespace troupe::config {
namespace {

using namespace std::chrono_literals;

/// An append whose answer was lost must find its key: so a journal stays for a while in any case.
constexpr Millis archive_least = 1h;

void read_rule(plan::Fields& fields, ports::RetentionRule& rule) {
  if (const auto after = fields.duration("archive_after")) {
    rule.archive_after = *after;
    if (*after < archive_least)
      fields.fault(fields.find("archive_after")->place, "`archive_after` must be 1h or more");
  }
  if (const auto* after = fields.find("purge_after")) {
    if (after->type == plan::SourceNode::Type::string && after->scalar == "never")
      rule.purge_after.reset();
    else if (const auto time = fields.duration("purge_after"))
      rule.purge_after = *time;
  }
  if (rule.purge_after && *rule.purge_after < rule.archive_after)
    fields.fault(fields.place_of("purge_after"),
                 "`purge_after` (" + format_duration(*rule.purge_after) +
                     ") must not be shorter than `archive_after` (" +
                     format_duration(rule.archive_after) + "), or `never`");
}

} // namespace

std::vector<ports::RetentionRule> default_retention() {
  return {{.team = "", .archive_after = 7 * 24h, .purge_after = std::nullopt}};
}

std::vector<ports::RetentionRule> read_retention(const plan::SourceNode& node,
                                                 std::vector<plan::Fault>& faults) {
  auto rules = default_retention();
  plan::Fields fields{node, "`retention`", faults};
  read_rule(fields, rules.front());
  if (const auto* teams = fields.map("teams"))
    for (const auto& [team, value] : teams->members) {
      plan::Fields own{value, "`retention` of team `" + team + "`", faults};
      auto rule = rules.front();
      rule.team = team;
      read_rule(own, rule);
      own.refuse_unknown();
      rules.push_back(std::move(rule));
    }
  fields.refuse_unknown();
  return rules;
}

} // namespace troupe::config
