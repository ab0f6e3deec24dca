#include "runtime/supervision/run_driver.hpp"

#include <algorithm>
#include <iterator>

#include "runtime/supervision/parking.hpp"
#include "runtime/supervision/snapshot.hpp"

namespace troupe::supervision {
namespace {

constexpr std::size_t stimuli_per_decision_max = 64;
constexpr std::size_t stimuli_max = 10'000;

} // namespace

void RunDriver::begin(RunState state, Adopt owner) {
  owner_ = std::move(owner);
  kept_before_ = state.next_seq;
  machine_ = std::make_unique<RunMachine>(std::move(state), entropy_, inline_bytes_max_);
  for (const auto& list : machine_->missing()) {
    missing_.insert(list.step);
    port_.perform(list);
  }
}

void RunDriver::inbox_read(std::vector<ports::InboxRow> rows, Instant now) {
  if (!machine_) return;
  if (!std::exchange(adopted_, true)) {
    Adopt adopt = owner_;
    if (!rules_.adopt_on_takeover && state().epoch > 0) adopt.incarnation = state().owner;
    stimuli_.push_front(std::move(adopt));
  }
  if (rules_.inbox_row_applied_once)
    std::erase_if(rows, [&](const auto& row) { return row.place <= inbox_after_; });
  for (const auto& row : rows) inbox_after_ = std::max(inbox_after_, row.place);
  if (!rows.empty()) stimuli_.push_back(InboxRead{std::move(rows)});
  pump(now);
}

void RunDriver::receive(message::AgentMessage message, ReplyAddress reply_to, Instant now) {
  if (stimuli_.size() >= stimuli_max) return;
  if (!rules_.settle_judged_by_grant && machine_ &&
      std::holds_alternative<message::ActivitySettle>(message.body) &&
      message.context.epoch < state().epoch)
    return;
  const ReplyToken token = ++last_token_;
  if (!reply_to.subject.empty() || !reply_to.node.empty()) replies_[token] = std::move(reply_to);
  happen(Received{token, std::move(message)}, now);
}

void RunDriver::happen(Stimulus stimulus, Instant now) {
  const auto* read = std::get_if<ArtifactRead>(&stimulus);
  if (read != nullptr && missing_.erase(read->step) > 0)
    machine_->bring(*read);
  else
    stimuli_.push_back(std::move(stimulus));
  pump(now);
}

// ---- deciding

bool RunDriver::may_decide() const {
  return adopted_ && missing_.empty() && !busy_ && !left_ && !parking_ && !handing_over_;
}

void RunDriver::pump(Instant now) {
  if (!may_decide()) return;
  if (stimuli_.empty()) return park_if_idle(now);
  busy_ = true;
  const auto end = stimuli_.begin() +
                   static_cast<std::ptrdiff_t>(std::min(stimuli_.size(), stimuli_per_decision_max));
  const std::vector<Stimulus> batch{std::make_move_iterator(stimuli_.begin()),
                                    std::make_move_iterator(end)};
  stimuli_.erase(stimuli_.begin(), end);
  for (const auto& stimulus : batch)
    if (const auto* received = std::get_if<Received>(&stimulus))
      batch_tokens_.push_back(received->reply);
  decided_at_ = now;
  decision_ = machine_->decide(batch, decided_at_, port_.steady());
  place_or_append(now);
}

void RunDriver::offered(placement::Placement placement, Instant now) {
  offers_.push_back(std::move(placement));
  take_offers(now);
}

void RunDriver::take_offers(Instant now) {
  if (!may_decide() || offers_.empty()) return;
  busy_ = true;
  decided_at_ = now;
  decision_ = {};
  machine_->place(std::exchange(offers_, {}), decided_at_, decision_);
  place_or_append(now);
}

void RunDriver::place_or_append(Instant now) {
  if (decision_.wanted.empty()) return append(now);
  placing_ = true;
  port_.place(std::exchange(decision_.wanted, {}));
}

void RunDriver::placed(const std::vector<placement::Placement>& placements, Instant now) {
  if (!std::exchange(placing_, false)) return;
  machine_->place(placements, decided_at_, decision_);
  place_or_append(now);
}

void RunDriver::append(Instant now) {
  auto& applied = decision_.inbox_applied; // leave the inbox with the next append, whichever it is
  inbox_applied_.insert(inbox_applied_.end(), applied.begin(), applied.end());
  if (decision_.events.empty()) return perform(now);
  ports::Append append;
  append.run = id_;
  append.seq = machine_->take_seq();
  append.id = entropy_.make_id<AppendId>(decided_at_);
  append.owner = owner_.incarnation;
  append.at = decided_at_;
  append.body = encode(decision_.events);
  append.inbox_applied = std::exchange(inbox_applied_, {});
  append.end = decision_.end;
  appending_ = append.id;
  if (!rules_.append_before_performing) perform_effects();
  port_.append(std::move(append));
}

void RunDriver::appended(AppendId id, ports::AppendOutcome outcome, Instant now) {
  if (left_ || id != appending_) return;
  appending_ = {};
  switch (outcome) {
    case ports::AppendOutcome::durable: keep_if_due(id); return perform(now);
    case ports::AppendOutcome::ownership_lost: return leave(RunExit::ownership_lost);
    case ports::AppendOutcome::inbox_waiting: // it may not end past a signal it has not seen
      return leave(RunExit::fold_again);
  }
}

/// Here the state is what a fold of the journal would give: nothing is decided meanwhile.
void RunDriver::keep_if_due(AppendId last) {
  if (decision_.end || !snapshot_due(state(), kept_before_, snapshot_rows_)) return;
  kept_before_ = state().next_seq;
  port_.keep(make_snapshot(state(), last));
}

/// A run that only waits, and long enough, gives up its owner.
void RunDriver::park_if_idle(Instant now) {
  const auto rest = machine_->rest(now);
  if (!rest.resting || !offers_.empty() || !worth_parking(rest.until, now)) return;
  parking_ = true;
  port_.park(rest.until);
}

void RunDriver::not_parked(Instant now) {
  parking_ = false;
  take_offers(now);
  pump(now);
}

void RunDriver::hand_over() {
  if (std::exchange(handing_over_, true) || left_) return;
  if (!busy_) leave_handed_over();
}

/// Whoever waits for an answer turns to the next owner at once.
void RunDriver::leave_handed_over() {
  for (const auto& stimulus : stimuli_) {
    const auto* received = std::get_if<Received>(&stimulus);
    if (received == nullptr) continue;
    const auto to = replies_.find(received->reply);
    if (to == replies_.end()) continue;
    auto context = received->message.context;
    context.epoch = 0; // says nothing about whose turn it is
    port_.answer(to->second, std::move(context), message::NotHere{"this node is draining"});
  }
  leave(RunExit::handed_over);
}

void RunDriver::leave(RunExit exit) {
  if (!std::exchange(left_, true)) port_.leave(exit);
}

// ---- performing, once durable

void RunDriver::perform(Instant now) {
  for (const auto& event : decision_.events) port_.committed(event);
  perform_effects();
  decision_ = {};
  for (const auto token : batch_tokens_) replies_.erase(token);
  batch_tokens_.clear();
  busy_ = false;
  if (left_) return;
  if (handing_over_) return leave_handed_over();
  for (const auto& path : std::exchange(refolds_, {})) refold(path, now);
  take_offers(now);
  pump(now);
}

void RunDriver::perform_effects() {
  const auto effects = std::exchange(decision_.effects, {});
  cancel_by_node(effects);
  for (const auto& effect : effects) perform(effect);
}

void RunDriver::cancel_by_node(const std::vector<Effect>& effects) {
  struct Cancelled {
    const CancelAttempt* first = nullptr;
    std::vector<AttemptNumber> attempts;
  };
  std::map<std::pair<IncarnationId, std::string>, Cancelled> nodes; // and why
  for (const auto& effect : effects) {
    const auto* cancel = std::get_if<CancelAttempt>(&effect);
    if (cancel == nullptr) continue;
    auto& node = nodes[{cancel->incarnation, cancel->reason}];
    if (node.first == nullptr) node.first = cancel;
    node.attempts.push_back(cancel->attempt);
  }
  for (auto& [key, node] : nodes) {
    const auto& [first, attempts] = node;
    const auto count = attempts.size();
    message::Outgoing out{"ctl",
                          first->node,
                          first->node + "/agent_host@" + to_string(first->incarnation),
                          {},
                          message::TaskCancel{first->reason, {}}};
    out.context.run = id_;
    out.context.epoch = state().epoch;
    if (count == 1) {
      out.context.step = first->step;
      out.context.attempt = first->attempt;
    } else {
      std::get<message::TaskCancel>(out.body).attempts = attempts;
    }
    port_.cancel(std::move(out), count);
  }
}

void RunDriver::perform(const Effect& effect) {
  if (const auto* ask = std::get_if<AskStatus>(&effect);
      ask != nullptr && !rules_.ask_before_dispatching_again)
    return stimuli_.push_back(AttemptNotThere{ask->attempt});
  if (const auto* put = std::get_if<StoreArtifact>(&effect);
      put != nullptr && !rules_.list_stored_before_it_is_named)
    return stimuli_.push_back(ArtifactStored{put->step, put->what, {}});
  if (const auto* answer = std::get_if<Reply>(&effect)) return reply(*answer);
  if (std::holds_alternative<EndRun>(effect)) return leave(RunExit::finished);
  port_.perform(effect);
}

void RunDriver::reply(const Reply& reply) {
  const auto to = replies_.find(reply.reply);
  if (to == replies_.end()) return;
  if (std::holds_alternative<message::ActivityGranted>(reply.body) && !port_.may_grant()) return;
  message::Context context{id_, reply.step, 0, reply.attempt, machine_->state().epoch};
  if (!to->second.subject.empty()) return port_.answer(to->second, std::move(context), reply.body);
  const auto& node = to->second.node;
  if (std::holds_alternative<message::TaskAcknowledged>(reply.body))
    port_.notify({"task", node, node + "/agent_host", std::move(context), reply.body});
}

// ---- supervising

void RunDriver::child_crashed(const std::string& path, Instant now) {
  auto& crashes = crashes_[path];
  std::erase_if(crashes, [&](Instant at) { return at < now - std::chrono::minutes{1}; });
  crashes.push_back(now);
  if (!machine_) return;
  if (crashes.size() > limits::crashes_per_minute_max) return happen(StepCrashed{path}, now);
  if (busy_)
    refolds_.push_back(path); // what is decided but not yet durable is not there to be refolded
  else
    refold(path, now);
}

void RunDriver::refold(const std::string& path, Instant now) {
  for (const auto& effect : machine_->refold(path, now)) perform(effect);
}

} // namespace troupe::supervision
