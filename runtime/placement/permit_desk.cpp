#include "runtime/placement/permit_desk.hpp"

#include <algorithm>
#include <limits>

#include "runtime/permit_limits.hpp"

namespace troupe::placement {
namespace {

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

std::string in_words(const ports::Rate& rate) {
  return std::to_string(rate.count) + " in " + format_duration(rate.per);
}

} // namespace

PermitDesk::Key& PermitDesk::key(const std::string& name) {
  const auto [found, fresh] = keys_.try_emplace(name);
  if (fresh) {
    found->second.limit = *rules_.find(name);
    if (const auto& rate = found->second.limit.rate) found->second.tokens_left = rate->count;
  }
  return found->second;
}

void PermitDesk::wait(const LimitedKeys& keys) {
  if (keys.empty()) return;
  for (const auto& name : keys) ++key(name).waiting;
  ++waiting_;
  changed_ = true;
}

void PermitDesk::leave(const LimitedKeys& keys) {
  if (keys.empty()) return;
  for (const auto& name : keys) --key(name).waiting;
  --waiting_;
}

bool PermitDesk::has(const LimitedKeys& keys) const {
  return std::all_of(keys.begin(), keys.end(), [this](const auto& name) {
    const auto found = keys_.find(name);
    if (found == keys_.end()) return false;
    const auto& key = found->second;
    return (!key.limit.concurrency || key.spare > 0) && (!key.limit.rate || key.tokens > 0);
  });
}

void PermitDesk::take(RunId run, const std::string& step, const LimitedKeys& keys) {
  if (keys.empty()) return;
  for (const auto& name : keys) {
    auto& taken = key(name);
    ++taken.used;
    for (auto* at_hand : {taken.limit.concurrency ? &taken.spare : nullptr,
                          taken.limit.rate ? &taken.tokens : nullptr})
      if (at_hand != nullptr) --*at_hand, --at_hand_;
  }
  attempts_[{run, step}].push_back(keys);
}

void PermitDesk::count(RunId run, const std::string& step, const LimitedKeys& keys) {
  if (keys.empty()) return;
  for (const auto& name : keys) {
    auto& used = key(name);
    ++used.used;
    used.unsaid = asks_ + 1;
  }
  attempts_[{run, step}].push_back(keys);
  changed_ = true;
}

void PermitDesk::release(RunId run, const std::string& step) {
  if (attempts_.empty()) return;
  const auto found = attempts_.find({run, step});
  if (found == attempts_.end()) return;
  give_back(found->second.front());
  found->second.erase(found->second.begin());
  if (found->second.empty()) attempts_.erase(found);
}

void PermitDesk::release(RunId run) {
  auto at = attempts_.lower_bound({run, std::string{}});
  while (at != attempts_.end() && at->first.first == run) {
    for (const auto& keys : at->second) give_back(keys);
    at = attempts_.erase(at);
  }
}

/// It may stay for somebody here if nobody elsewhere wants it, and if there are not more in use
/// than there may be.
void PermitDesk::give_back(const LimitedKeys& keys) {
  for (const auto& name : keys) {
    auto& back = key(name);
    --back.used;
    if (!back.limit.concurrency) continue;
    const bool over = back.used + back.spare + back.others >= *back.limit.concurrency;
    if (over || back.contended || back.unsaid > 0)
      changed_ = true;
    else
      hand_out(back.spare, 1);
  }
}

std::string PermitDesk::why_not(const LimitedKeys& keys) const {
  for (const auto& name : keys) {
    const auto found = keys_.find(name);
    if (found == keys_.end()) continue;
    const auto& key = found->second;
    const auto waiting = ", " + std::to_string(key.waiting + key.others_wait) + " wait";
    const auto in_use = key.used + key.spare + key.others;
    const auto& [concurrency, rate] = key.limit;
    if (concurrency && key.spare == 0 && in_use >= *concurrency)
      return "limit " + name + ": " + std::to_string(in_use) + " of " +
             std::to_string(*concurrency) + " in use" + waiting;
    if (rate && key.tokens == 0 && key.tokens_left < 1)
      return "limit " + name + ": no more than " + in_words(*rate) + waiting;
  }
  return "limit " + (keys.empty() ? "" : keys.front()) + ": a permit is asked for";
}

void PermitDesk::hand_out(std::uint32_t& at_hand, std::uint32_t count) {
  at_hand += count;
  at_hand_ += count;
}

std::optional<Millis> PermitDesk::due() const {
  if (rules_.empty() || asking_) return std::nullopt;
  if (changed_ || at_hand_ > 0 || !asked_at_) return not_before_;
  if (keys_.empty()) return std::nullopt;
  const auto interval = stirred_       ? limits::permit_stir_interval
                        : waiting_ > 0 ? limits::permit_poll_interval
                                       : limits::permit_refresh_interval;
  return std::max(not_before_, *asked_at_ + interval);
}

/// How many more could start, as far as this node knows.
std::int64_t PermitDesk::room(const Key& key, Millis now) const {
  std::int64_t room = unbounded;
  const auto& [concurrency, rate] = key.limit;
  if (concurrency) room = std::int64_t{*concurrency} - key.used - key.others;
  if (rate) {
    const double gained = key.heard ? static_cast<double>((now - *key.heard).count()) *
                                          rate->count / static_cast<double>(rate->per.count())
                                    : 0;
    room = std::min(room, static_cast<std::int64_t>(key.tokens_left + gained) + key.tokens);
  }
  return room;
}

PermitDesk::Asking PermitDesk::begin_ask(IncarnationId holder, Millis now) {
  Asking asking{*this};
  turn_ = std::max(turn_ + 1, static_cast<std::uint64_t>(now.count()));
  asking.ask_.holder = holder;
  asking.ask_.turn = turn_;
  for (auto& [name, key] : keys_) {
    asking.places_[name] = asking.ask_.keys.size();
    asking.room_.push_back(room(key, now));
    asking.ask_.keys.push_back({name, key.limit, key.used, key.waiting, key.tokens});
    key.spare = key.tokens = 0;
  }
  ++asks_;
  asked_at_ = now;
  asking_ = true;
  changed_ = stirred_ = false;
  at_hand_ = 0;
  return asking;
}

bool PermitDesk::Asking::is_hopeless(const LimitedKeys& keys, message::Priority priority) const {
  if (!claims_.contains({priority, keys}) && claims_.size() < limits::permit_claims_max)
    return false;
  return std::any_of(keys.begin(), keys.end(),
                     [this](const auto& name) { return room_[places_.find(name)->second] <= 0; });
}

bool PermitDesk::Asking::claim(const LimitedKeys& keys, message::Priority priority, Millis waited) {
  const auto known = claims_.find({priority, keys});
  if (known == claims_.end() && claims_.size() >= limits::permit_claims_max) return false;
  const auto place = known == claims_.end() ? ask_.claims.size() : known->second;
  if (known == claims_.end()) {
    auto& claim = ask_.claims.emplace_back();
    for (const auto& name : keys) claim.keys.push_back(places_.find(name)->second);
    claim.priority = priority;
    claims_[{priority, keys}] = place;
  }
  auto& claim = ask_.claims[place];
  ++claim.count;
  claim.waited = std::max(claim.waited, waited);
  const auto has_room = [this](std::size_t key) { return room_[key] > 0; };
  if (!std::all_of(claim.keys.begin(), claim.keys.end(), has_room)) return false;
  for (const auto key : claim.keys)
    if (room_[key] != unbounded) --room_[key];
  return true;
}

ports::PermitAsk PermitDesk::finish_ask(Asking asking) {
  sent_ = std::move(asking.ask_);
  return sent_;
}

void PermitDesk::answered(const Result<ports::PermitAnswer>& answer, Millis now) {
  asking_ = false;
  if (!answer || !answer->taken) {
    changed_ = true;
    not_before_ = now + (answer ? limits::permit_poll_interval : limits::permit_retry_interval);
    return;
  }
  std::vector<std::uint32_t> granted(sent_.keys.size());
  for (std::size_t i = 0; i < sent_.claims.size(); ++i)
    for (const auto place : sent_.claims[i].keys) granted[place] += answer->granted[i];
  for (std::size_t i = 0; i < sent_.keys.size(); ++i) {
    const auto found = keys_.find(sent_.keys[i].key);
    if (found == keys_.end()) continue;
    auto& key = found->second;
    const auto& said = answer->keys[i];
    const auto mine = sent_.keys[i].held + granted[i];
    if (key.limit.concurrency) hand_out(key.spare, granted[i]);
    if (key.limit.rate) hand_out(key.tokens, granted[i]);
    key.others = said.in_use - std::min(mine, said.in_use);
    const auto still = sent_.keys[i].waiting - std::min(sent_.keys[i].waiting, granted[i]);
    key.others_wait = said.waiting - std::min(still, said.waiting);
    key.contended = said.contended;
    key.tokens_left = said.tokens;
    key.heard = now;
    if (key.unsaid <= asks_) key.unsaid = 0;
  }
  forget_unused();
}

void PermitDesk::forget_leases() {
  for (auto& [name, key] : keys_) key.spare = key.tokens = 0;
  at_hand_ = 0;
  changed_ = !rules_.empty();
}

/// The store has been told that they are not used any more.
void PermitDesk::forget_unused() {
  for (const auto& said : sent_.keys) {
    const auto found = keys_.find(said.key);
    if (found == keys_.end() || said.held + said.waiting > 0) continue;
    const auto& key = found->second;
    if (key.used + key.spare + key.tokens + key.waiting == 0) keys_.erase(found);
  }
}

} // namespace troupe::placement
