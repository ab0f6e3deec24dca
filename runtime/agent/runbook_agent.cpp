#include "runtime/agent/runbook_agent.hpp"

#include <boost/json.hpp>
#include <map>
#include <utility>

#include "runtime/agent/excerpt.hpp"
#include "runtime/plan/json_value.hpp"

namespace troupe::agent {
namespace {

namespace json = boost::json;
using plan::Scope;

/// Results by id, in the order they came: one root of the scope. Ids are plain words.
class Bindings {
 public:
  void add(const std::string& id, const JsonText& value) {
    text_ += (text_.empty() ? "\"" : ",\"") + id + "\":" + value.text;
  }
  JsonText as_object() const { return JsonText{"{" + text_ + "}"}; }

 private:
  std::string text_;
};

JsonText tolerated(const Error& error) {
  const json::value described{
      {"class", json::string_view{to_string(error.error_class)}},
      {"message", error.message},
  };
  return JsonText{json::serialize(json::object{{"ok", false}, {"error", described}})};
}

/// The text a template came to: that of a string, the JSON of anything else.
std::string plain_text(const JsonText& value) {
  const auto parsed = plan::parse_json(value);
  return parsed.is_string() ? std::string{parsed.get_string()} : value.text;
}

class RunbookAgent final : public Agent {
 public:
  RunbookAgent(Runbook runbook, const Task& task)
      : book_{std::move(runbook)},
        scope_{JsonText{R"({"task":)" + task.task.text + R"(,"context":)" + task.context.text +
                        R"(,"checks":{},"acts":{},"verified":{},"result":null})"}} {}

  std::vector<Action> on(const Event& event, Instant now) override {
    std::visit(Overloaded{
                   [&](const Started&) { start(now); },
                   [&](const ToolAnswered& answer) { answered(answer, now); },
                   [&](const TimerFired& fired) { timer_fired(fired); },
               },
               event);
    return std::exchange(actions_, {});
  }

 private:
  enum class Phase : std::uint8_t { idle, checking, acting, verifying, over };

  void start(Instant now) {
    if (phase_ != Phase::idle) return;
    phase_ = Phase::checking;
    if (book_.parallel)
      for (std::size_t i = 0; i < book_.checks.size() && phase_ == Phase::checking; ++i)
        if (const auto* use = std::get_if<ToolUse>(&book_.checks[i]))
          call(use->tool, use->with, i, "check `" + use->id + "`");
    if (phase_ == Phase::checking && pending_.empty()) next_check(now);
  }

  void answered(const ToolAnswered& answer, Instant now) {
    const auto pending = pending_.find(answer.call);
    if (pending == pending_.end() || phase_ == Phase::over) return;
    const auto index = pending->second;
    pending_.erase(pending);
    switch (phase_) {
      case Phase::checking: return checked(index, answer.outcome, now);
      case Phase::acting: return acted(answer.outcome, now);
      case Phase::verifying: return polled(answer.outcome, now);
      case Phase::idle:
      case Phase::over: return;
    }
  }

  void timer_fired(const TimerFired& fired) {
    if (phase_ == Phase::verifying && fired.timer == timer_ && pending_.empty()) poll();
  }

  // ---- checks

  void checked(std::size_t index, const message::ActivityOutcome& outcome, Instant now) {
    answers_.insert_or_assign(index, outcome);
    if (pending_.empty()) next_check(now);
  }

  /// Takes the checks in file order, whatever the order of the answers: their bindings and the
  /// failure that counts are then the same in every replay.
  void next_check(Instant now) {
    for (; check_ < book_.checks.size(); ++check_) {
      const auto& check = book_.checks[check_];
      if (const auto* find = std::get_if<Find>(&check)) {
        const auto found = first_match(*find);
        if (!found.ok()) return fail(found.error(), "check `" + find->id + "`");
        bind("checks", checks_, find->id, *found);
        continue;
      }
      const auto& use = std::get<ToolUse>(check);
      const auto answer = answers_.find(check_);
      if (answer == answers_.end())
        return call(use.tool, use.with, check_, "check `" + use.id + "`");
      if (!take(use, answer->second, "checks", checks_, "check")) return;
    }
    choose_rule(now);
  }

  Result<JsonText> first_match(const Find& find) {
    const auto list = plan::evaluate(find.list, scope_);
    if (!list.ok()) return list.error();
    const auto items = plan::parse_json(*list);
    if (items.is_null()) return JsonText{};
    if (!items.is_array())
      return make_error(ErrorClass::invalid_input, "`" + find.list.text + "` is no list");
    for (const auto& item : items.get_array()) {
      JsonText text{""};
      plan::append_json(text.text, item);
      scope_.set("item", text);
      const auto matches = plan::evaluate_condition(find.where, scope_);
      if (!matches.ok()) return matches.error();
      if (*matches) return text;
    }
    return JsonText{};
  }

  // ---- the rule

  void choose_rule(Instant now) {
    for (const auto& rule : book_.rules) {
      if (rule.match) {
        const auto matches = plan::evaluate_condition(*rule.match, scope_);
        if (!matches.ok()) return fail(matches.error(), "rule `" + rule.id + "`, match");
        if (!*matches) continue;
      }
      rule_ = &rule;
      note("rule " + rule.id + " fired");
      phase_ = Phase::acting;
      return next_act(now);
    }
    fail(make_error(ErrorClass::task_failed, "no rule matches"), "");
  }

  std::string in_rule(const std::string& place) const {
    return "rule `" + rule_->id + "`, " + place;
  }

  void next_act(Instant now) {
    if (act_ < rule_->act.size()) {
      const auto& use = rule_->act[act_];
      return call(use.tool, use.with, act_, in_rule("act `" + use.id + "`"));
    }
    phase_ = Phase::verifying;
    next_verify(now);
  }

  void acted(const message::ActivityOutcome& outcome, Instant now) {
    if (!take(rule_->act[act_], outcome, "acts", acts_, "rule `" + rule_->id + "`, act")) return;
    ++act_;
    next_act(now);
  }

  // ---- verify

  void next_verify(Instant now) {
    if (verify_ == rule_->verify.size()) return finish();
    polls_ = 0;
    give_up_at_ = now + rule_->verify[verify_].within;
    poll();
  }

  std::string verify_place() const { return in_rule("verify by " + rule_->verify[verify_].tool); }

  void poll() {
    const auto& verify = rule_->verify[verify_];
    ++polls_;
    call(verify.tool, verify.with, verify_, verify_place());
  }

  /// A failed call is no answer to `until`: "no alert is left" must not hold because nobody could
  /// be asked.
  void polled(const message::ActivityOutcome& outcome, Instant now) {
    const auto& verify = rule_->verify[verify_];
    if (outcome.error && !retried_by_default(outcome.error->error_class))
      return fail(*outcome.error, verify_place());
    if (!outcome.error) {
      scope_.set("result", outcome.output);
      const auto met = holds(verify);
      if (!met.ok()) return fail(met.error(), verify_place() + ", until");
      if (*met) {
        note(verify.tool + ": `" + verify.until.text + "` holds after " + polls_text());
        if (!verify.id.empty()) bind("verified", verified_, verify.id, outcome.output);
        ++verify_;
        return next_verify(now);
      }
    }
    if (now + verify.every > give_up_at_) return fail(not_met(outcome), verify_place());
    actions_.emplace_back(SetTimer{++timer_, verify.every});
  }

  Result<bool> holds(const Verify& verify) {
    if (verify.find) {
      const auto found = first_match(*verify.find);
      if (!found.ok()) return found.error();
      scope_.set("found", *found);
    }
    return plan::evaluate_condition(verify.until, scope_);
  }

  std::string polls_text() const {
    return std::to_string(polls_) + (polls_ == 1 ? " poll" : " polls");
  }

  Error not_met(const message::ActivityOutcome& last) const {
    const auto& verify = rule_->verify[verify_];
    const auto seen =
        last.error ? std::string{to_string(last.error->error_class)} + ": " + last.error->message
                   : last.output.text;
    return make_error(ErrorClass::task_failed, "`" + verify.until.text + "` did not hold within " +
                                                   format_duration(verify.within) + " (" +
                                                   polls_text() + "); the last result was " +
                                                   excerpt(seen, 300));
  }

  // ---- the outcome

  void finish() {
    const auto outcome = plan::evaluate(rule_->fail ? *rule_->fail : rule_->output, scope_);
    if (!outcome.ok()) return fail(outcome.error(), in_rule(rule_->fail ? "fail" : "output"));
    if (rule_->fail)
      return fail(make_error(ErrorClass::task_failed, plain_text(*outcome)),
                  "rule `" + rule_->id + "`");
    end_with(Complete{*outcome});
  }

  void fail(const Error& error, const std::string& place) {
    end_with(Fail{{error.error_class,
                   "runbook `" + book_.name + "`" + (place.empty() ? "" : ", " + place) + ": " +
                       error.message,
                   error.retry_after_ms}});
  }

  void end_with(Action last) {
    phase_ = Phase::over;
    std::erase_if(actions_, [](const Action& a) { return std::holds_alternative<CallTool>(a); });
    actions_.push_back(std::move(last));
  }

  // ---- shared

  void call(const std::string& tool, const plan::Template& with, std::size_t index,
            const std::string& place) {
    auto arguments = plan::evaluate(with, scope_);
    if (!arguments.ok()) return fail(arguments.error(), place + ", with");
    pending_.emplace(++calls_, index);
    actions_.push_back(CallTool{calls_, tool, std::move(*arguments)});
  }

  /// Binds what came of a check or act. False: it failed, and so did the task.
  bool take(const ToolUse& use, const message::ActivityOutcome& outcome, std::string_view root,
            Bindings& bindings, const std::string& place) {
    if (outcome.error && !use.tolerate) {
      fail(*outcome.error, place + " `" + use.id + "` (" + use.tool + ")");
      return false;
    }
    bind(root, bindings, use.id, outcome.error ? tolerated(*outcome.error) : outcome.output);
    return true;
  }

  void bind(std::string_view root, Bindings& bindings, const std::string& id,
            const JsonText& value) {
    bindings.add(id, value);
    scope_.set(root, bindings.as_object());
  }

  void note(std::string text) { actions_.push_back(Report{std::move(text)}); }

  Runbook book_;
  Scope scope_;
  Phase phase_ = Phase::idle;
  std::vector<Action> actions_; // of the event in hand

  std::uint64_t calls_ = 0;
  std::map<std::uint64_t, std::size_t> pending_; // call -> index of its check, act or verify
  std::map<std::size_t, message::ActivityOutcome> answers_; // of checks, by index
  std::size_t check_ = 0;
  Bindings checks_, acts_, verified_;

  const Rule* rule_ = nullptr;
  std::size_t act_ = 0;
  std::size_t verify_ = 0;
  std::uint32_t polls_ = 0;
  std::uint64_t timer_ = 0;
  Instant give_up_at_{};
};

} // namespace

std::unique_ptr<Agent> make_runbook_agent(Runbook runbook, const Task& task) {
  return std::make_unique<RunbookAgent>(std::move(runbook), task);
}

} // namespace troupe::agent
