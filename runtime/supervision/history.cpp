#include "runtime/supervision/history.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/supervision/event.hpp"

namespace troupe::supervision {
namespace {

/// Nearly every append holds none of them: those are not decoded a second time.
bool may_hold_news(std::string_view body) {
  constexpr std::array<std::string_view, 6> types = {
      R"("group.escalated")", R"("child.started")",        R"("run.paused")",
      R"("run.resumed")",     R"("run.cancel_requested")", R"("run.kill_requested")"};
  return std::any_of(types.begin(), types.end(),
                     [&](auto type) { return body.find(type) != body.npos; });
}

} // namespace

void History::note(const std::vector<ports::JournalRow>& rows) {
  for (const auto& row : rows) {
    if (!may_hold_news(row.body)) continue;
    const auto events = decode(row.body);
    if (!events) continue;
    for (const auto& event : *events)
      std::visit(Overloaded{[&](const GroupEscalated& e) {
                              escalations[e.group] = {e.child, e.reason, row.at};
                            },
                            [&](const ChildStarted& e) { children[e.step] = e.run; },
                            [&](const RunPaused& e) {
                              paused = Word{e.by, {}, row.at};
                            },
                            [&](const RunResumed&) { paused.reset(); },
                            [&](const CancelRequested& e) {
                              cancelled = Word{{}, e.reason, row.at};
                            },
                            [&](const KillRequested& e) {
                              killed = Word{{}, e.reason, row.at};
                            },
                            [](const auto&) {}},
                 event);
  }
}

} // namespace troupe::supervision
