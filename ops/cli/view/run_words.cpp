#include "ops/cli/view/run_words.hpp"

#include <boost/json.hpp>

#include "ops/cli/view/json_reading.hpp"
#include "ops/cli/view/value_words.hpp"

namespace troupe::view {

namespace json = boost::json;

namespace {

struct Look {
  std::string_view state;
  const char* unicode;
  const char* ascii;
  Tint tint;
  bool over;
};

constexpr Look looks[] = {
    {"pending", "·", ".", Tint::dim, false},     {"ready", "○", "o", Tint::cyan, false},
    {"running", "●", "*", Tint::blue, false},    {"waiting", "◷", "~", Tint::yellow, false},
    {"stopping", "◌", "_", Tint::yellow, false}, {"restarting", "↻", "@", Tint::yellow, false},
    {"completed", "✔", "+", Tint::green, true},  {"skipped", "↷", "/", Tint::dim, true},
    {"failed", "✘", "x", Tint::red, true},       {"cancelled", "⊘", "-", Tint::yellow, true},
    {"blocked", "▪", "#", Tint::dim, true},      {"needs_person", "!", "!", Tint::red, true},
};

const Look& look_of(std::string_view state) {
  static constexpr Look unknown{"", "?", "?", Tint::none, false};
  for (const Look& look : looks)
    if (look.state == state) return look;
  return unknown;
}

} // namespace

bool is_over(std::string_view state) { return look_of(state).over; }

std::string state_glyph(std::string_view state, bool unicode, unsigned frame) {
  static constexpr const char* turning[] = {"◐", "◓", "◑", "◒"};
  static constexpr const char* turning_ascii[] = {"*", "+", "*", "-"};
  if (state == "running" && frame > 0)
    return unicode ? turning[frame % 4] : turning_ascii[frame % 4];
  return unicode ? look_of(state).unicode : look_of(state).ascii;
}

Tint state_tint(std::string_view state) { return look_of(state).tint; }

std::string activity_line(const json::value& activity, bool unicode, bool colour) {
  std::string state = text(activity, "state");
  std::string line = paint(unicode ? "↳ " : "> ", Tint::dim, colour) + text(activity, "tool");
  if (truth(activity, "undo")) line += " (undo)";
  if (state == "reserved") return line + "  " + paint("running", Tint::blue, colour);
  if (!member(activity, "duration_ms").is_null())
    line += "  " + paint(brief(Millis{number(activity, "duration_ms")}), Tint::dim, colour);
  if (state == "unknown") return line + "  " + paint("outcome unknown", Tint::red, colour);
  std::string error = error_text(member(activity, "error"));
  return error.empty() ? line : line + "  " + paint(error, Tint::red, colour);
}

std::string ended_attempt_line(const json::value& attempt, bool unicode, bool colour) {
  std::string state = text(attempt, "state");
  if (state != "failed" && state != "lost" && state != "cancelled") return "";
  std::string glyph = state == "lost" ? (unicode ? "↯" : "!") : state_glyph(state, unicode, 0);
  std::string error = error_text(member(attempt, "error"));
  std::string line = glyph + " try on " + text(attempt, "node") + " " +
                     (state == "lost" ? "was lost with its node" : state);
  if (!error.empty()) line += ": " + error;
  return paint(line, state == "failed" ? Tint::red : Tint::yellow, colour);
}

namespace {

/// "2026-11-20T18:46:51.123Z" -> "18:46:51.123"
std::string time_of_day(const std::string& at) { return at.size() >= 23 ? at.substr(11, 12) : at; }

std::string attempt_words(const json::value& event) { return "attempt " + text(event, "attempt"); }

/// {"output":..} or {"error":{..}}, as a tool call ended.
std::string outcome_words(const json::value& outcome) {
  std::string error = error_text(member(outcome, "error"));
  if (!error.empty()) return " failed: " + error;
  std::string words = value_words(member(outcome, "output"));
  return words.empty() ? " done" : "  " + words;
}

std::string by_words(const json::value& event) {
  const std::string by = text(event, "by");
  return by.empty() ? "" : " by " + by;
}

/// Of groups, waits, people and child runs.
std::string operating_words(const json::value& event, std::string_view type) {
  const auto reason = [&](const char* key) {
    const std::string words = text(event, key);
    return words.empty() ? "" : ": " + words;
  };
  const std::string error = error_text(member(event, "error"));
  if (type == "step.stopping") return "stops: " + error;
  if (type == "attempt.stopping") return attempt_words(event) + " is asked to stop";
  if (type == "attempt.stopped") return attempt_words(event) + " has stopped";
  if (type == "step.fallback") return "falls back to role " + text(event, "role");
  if (type == "group.expanded") {
    const bool aside = !text(event, "artifact").empty(); // too large for the journal
    return (aside ? text(event, "count") : std::to_string(list(event, "items").size())) + " items";
  }
  if (type == "group.chosen") return "case " + text(event, "label");
  if (type == "group.restarting")
    return "restarts " + std::to_string(list(event, "victims").size()) + " because " +
           text(event, "child") + " failed: " + error;
  if (type == "group.restarted") return "has restarted";
  if (type == "group.escalated")
    return "does not restart " + text(event, "child") + reason("reason");
  if (type == "run.undoing") return "what was done is taken back" + reason("reason");
  if (type == "step.waiting") {
    const std::string until = time_of_day(text(event, "until"));
    return until.empty() ? "waits" : "waits until " + until;
  }
  if (type == "wait.skipped") return "run now";
  if (type == "signal.taken") return "takes its signal";
  if (type == "approval.requested")
    return "asks role " + text(event, "role") + " for approval until " +
           time_of_day(text(event, "expires_at"));
  if (type == "approval.decided")
    return (truth(event, "approved") ? "approved" : "denied") + by_words(event) + reason("reason");
  if (type == "child.started")
    return "child run " + text(event, "run") + ", plan " + text(event, "plan");
  if (type == "child.ended") return "child run " + text(event, "state") + reason("reason");
  if (type == "run.paused") return "run paused" + by_words(event);
  if (type == "run.resumed") return "run resumed" + by_words(event);
  if (type == "run.kill_requested") return "kill asked for" + reason("reason");
  if (type == "activity.resolved")
    return text(event, "tool") + (truth(event, "happened") ? " happened" : " did not happen") +
           ", says " + text(event, "by");
  return "";
}

/// What an event says, without its time and step; "" for nothing.
std::string event_words(const json::value& event, std::string_view type) {
  auto error = [&] { return error_text(member(event, "error")); };
  auto ended = [&](const std::string& words) {
    return words + (error().empty() ? "" : ": " + error());
  };
  if (type == "run.created") return "run created, plan " + text(event, "plan");
  if (type == "run.adopted")
    return "run adopted by " + text(event, "node") + ", epoch " + text(event, "epoch");
  if (type == "step.skipped") return "skipped";
  if (type == "step.blocked") return "blocked by " + text(event, "need");
  if (type == "attempt.assigned") return attempt_words(event) + " on " + text(event, "node");
  if (type == "attempt.failed") {
    std::string retry = time_of_day(text(event, "retry_at"));
    return ended(attempt_words(event) + " failed" +
                 (retry.empty() ? "" : ", next try at " + retry));
  }
  if (type == "attempt.lost")
    return attempt_words(event) + " lost with node " + text(event, "node");
  if (type == "step.completed" || type == "group.completed") return "completed";
  if (type == "step.failed" || type == "group.failed") return ended("failed");
  if (type == "activity.recorded" || type == "activity.settled")
    return text(event, "tool") + outcome_words(member(event, "outcome"));
  if (type == "activity.unknown") return text(event, "tool") + ": outcome unknown";
  if (type == "attempt.returned")
    return attempt_words(event) + " was not taken: " + text(event, "reason");
  if (type == "step.cancelled") return "cancelled";
  if (type == "activity.reserved")
    return text(event, "tool") + " begins  " + value_words(member(event, "arguments"));
  if (type == "signal.received") return "signal " + text(event, "name");
  if (type == "run.cancel_requested") return ended("cancel asked for: " + text(event, "reason"));
  if (type == "run.finished") {
    std::string reason = text(event, "reason");
    return "run " + text(event, "state") + (reason.empty() ? "" : ": " + reason);
  }
  if (const auto words = operating_words(event, type); !words.empty()) return words;
  if (type == "step.ready" || type == "attempt.progressed") return "";
  return std::string{type}; // of a newer server
}

} // namespace

std::string event_line(const json::value& event) {
  std::string words = event_words(event, text(event, "type"));
  if (words.empty()) return "";
  std::string at = time_of_day(text(event, "at"));
  std::string type = text(event, "type");
  std::string step = text(
      event, type == "group.restarting" || type == "group.restarted" || type == "group.escalated"
                 ? "group"
                 : "step");
  if (step.empty() && (type.starts_with("group.") || type.starts_with("step."))) step = "(plan)";
  return at + "  " + (step.empty() ? "" : pad(step, 18) + "  ") + words;
}

} // namespace troupe::view
