#include "runtime/store/permit_ledger.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

#include "runtime/permit_limits.hpp"

namespace troupe::store {

using namespace ports;

double PermitLedger::Key::tokens_at(Millis now) const {
  if (!limit.rate) return 0;
  const auto gained = static_cast<double>(std::max(now - filled, Millis{0}).count()) *
                      limit.rate->count / static_cast<double>(limit.rate->per.count());
  return std::min<double>(limit.rate->count, tokens + gained);
}

/// A claim that takes part: of the one who asks, or of another node.
struct PermitLedger::Rival {
  Claim claim;
  IncarnationId holder;
  std::size_t place = 0; // among the holder's
  bool mine = false;
};

struct PermitLedger::Left {
  std::int64_t permits = std::numeric_limits<std::int64_t>::max();
  std::int64_t tokens = std::numeric_limits<std::int64_t>::max();
  std::uint32_t won = 0; // by the one who asks
};

PermitAnswer PermitLedger::exchange(const PermitAsk& ask,
                                    const std::function<bool(IncarnationId)>& stands, Millis now) {
  if (!stands(ask.holder)) return {};
  auto& me = holders_[ask.holder];
  if (me.turn >= ask.turn) return {};
  me.turn = ask.turn;
  me.seen = now;
  note_gone(stands, now);
  take_in(me, ask, now);

  PermitAnswer answer{true, std::vector<std::uint32_t>(ask.claims.size()), {}};
  std::map<std::string, Left> left;
  for (const auto& rival : rivals(ask, now)) {
    std::int64_t most = rival.claim.count;
    for (const auto& name : rival.claim.keys) {
      auto [entry, fresh] = left.try_emplace(name);
      if (const auto key = keys_.find(name); fresh && key != keys_.end()) {
        const auto& limit = key->second.limit;
        if (limit.concurrency)
          entry->second.permits = std::int64_t{*limit.concurrency} - in_use(name);
        if (limit.rate) entry->second.tokens = std::llround(std::floor(key->second.tokens_at(now)));
      }
      most = std::min({most, entry->second.permits, entry->second.tokens});
    }
    if (most <= 0) continue;
    for (const auto& name : rival.claim.keys) {
      auto& key = left[name];
      key.permits -= most;
      key.tokens -= most;
      if (rival.mine) key.won += static_cast<std::uint32_t>(most);
    }
    if (!rival.mine) continue;
    answer.granted[rival.place] = static_cast<std::uint32_t>(most);
    me.claims[rival.place].count -= static_cast<std::uint32_t>(most);
  }
  for (const auto& [name, key] : left) {
    if (key.won == 0) continue;
    auto& use = me.uses[name];
    use.held += key.won;
    use.waiting -= std::min(use.waiting, key.won);
    if (keys_[name].limit.rate) keys_[name].tokens -= key.won;
  }
  std::erase_if(me.claims, [](const Claim& claim) { return claim.count == 0; });

  for (const auto& use : ask.keys) {
    KeyState state;
    state.in_use = in_use(use.key);
    state.tokens = static_cast<std::uint32_t>(std::max(0.0, keys_[use.key].tokens_at(now)));
    for (const auto& [id, holder] : holders_) {
      if (const auto found = holder.uses.find(use.key); !holder.gone && found != holder.uses.end())
        state.waiting += found->second.waiting;
      if (id == ask.holder || !claims_count(holder, now)) continue;
      for (const auto& claim : holder.claims)
        state.contended |= std::ranges::find(claim.keys, use.key) != claim.keys.end();
    }
    answer.keys.push_back(state);
  }
  return answer;
}

void PermitLedger::note_gone(const std::function<bool(IncarnationId)>& stands, Millis now) {
  for (auto& [id, holder] : holders_)
    if (!holder.gone && !stands(id)) holder.gone = now;
  std::erase_if(holders_, [&](const auto& item) {
    return item.second.gone && now - *item.second.gone > limits::permit_grace;
  });
}

void PermitLedger::take_in(Holder& me, const PermitAsk& ask, Millis now) {
  me.uses.clear();
  me.claims.clear();
  for (const auto& use : ask.keys) {
    const auto [found, fresh] = keys_.try_emplace(use.key);
    auto& key = found->second;
    const double tokens = fresh ? (use.limit.rate ? use.limit.rate->count : 0) : key.tokens_at(now);
    key.limit = use.limit;
    key.filled = now;
    key.tokens = use.limit.rate ? std::min<double>(use.limit.rate->count, tokens + use.unused) : 0;
    if (use.held + use.waiting > 0) me.uses[use.key] = {use.held, use.waiting};
  }
  for (const auto& claim : ask.claims) {
    auto& kept = me.claims.emplace_back();
    for (const auto place : claim.keys) kept.keys.push_back(ask.keys[place].key);
    kept.count = claim.count;
    kept.priority = claim.priority;
    kept.since = now - claim.waited;
  }
}

std::uint32_t PermitLedger::in_use(const std::string& key) const {
  std::uint32_t sum = 0;
  for (const auto& [id, holder] : holders_)
    if (const auto use = holder.uses.find(key); use != holder.uses.end()) sum += use->second.held;
  return sum;
}

bool PermitLedger::claims_count(const Holder& holder, Millis now) const {
  return !holder.gone && now - holder.seen < limits::permit_claim_lasts;
}

/// All that compete with what is asked for, best first.
std::vector<PermitLedger::Rival> PermitLedger::rivals(const PermitAsk& ask, Millis now) const {
  std::set<std::string> wanted;
  for (const auto& use : ask.keys) wanted.insert(use.key);
  std::vector<Rival> all;
  for (const auto& [id, holder] : holders_) {
    if (!claims_count(holder, now)) continue;
    const bool mine = id == ask.holder;
    for (std::size_t place = 0; place < holder.claims.size(); ++place) {
      const auto& claim = holder.claims[place];
      const bool competes =
          mine || std::ranges::any_of(claim.keys, [&](auto& key) { return wanted.contains(key); });
      if (competes) all.push_back({claim, id, place, mine});
    }
  }
  std::ranges::sort(all, [](const Rival& a, const Rival& b) {
    return std::tuple{b.claim.priority, a.claim.since, a.holder, a.place} <
           std::tuple{a.claim.priority, b.claim.since, b.holder, b.place};
  });
  return all;
}

std::vector<LimitRow> PermitLedger::list(const std::function<std::string(IncarnationId)>& name_of,
                                         Millis now) const {
  std::vector<LimitRow> rows;
  for (const auto& [name, key] : keys_) {
    LimitRow row{name, key.limit, static_cast<std::uint32_t>(key.tokens_at(now)), {}};
    for (const auto& [id, holder] : holders_)
      if (const auto use = holder.uses.find(name); use != holder.uses.end())
        row.nodes.push_back({name_of(id), use->second.held, use->second.waiting});
    std::ranges::sort(row.nodes, {}, &LimitRow::Node::node);
    const bool short_of_tokens = key.limit.rate && key.tokens_at(now) < key.limit.rate->count;
    if (!row.nodes.empty() || short_of_tokens) rows.push_back(std::move(row));
  }
  return rows;
}

} // namespace troupe::store
