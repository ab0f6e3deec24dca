// Who has leased what of the permits, in memory: what schema/*_permits.sql does in Postgres. Every
// `now` is of the database's own clock.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/ports/permits.hpp"

namespace troupe::store {

class PermitLedger {
 public:
  /// `stands`: whether an incarnation has joined and is not fenced.
  ports::PermitAnswer exchange(const ports::PermitAsk& ask,
                               const std::function<bool(IncarnationId)>& stands, Millis now);
  /// `name_of` a holder.
  std::vector<ports::LimitRow> list(const std::function<std::string(IncarnationId)>& name_of,
                                    Millis now) const;

 private:
  struct Key {
    ports::Limit limit;
    double tokens = 0;
    Millis filled{};
    double tokens_at(Millis now) const;
  };
  struct Use {
    std::uint32_t held = 0, waiting = 0;
  };
  struct Claim {
    std::vector<std::string> keys;
    std::uint32_t count = 0;
    message::Priority priority{};
    Millis since{};
  };
  struct Holder {
    std::uint64_t turn = 0;
    Millis seen{};
    std::optional<Millis> gone;
    std::map<std::string, Use> uses;
    std::vector<Claim> claims;
  };
  struct Left; // of the keys while claims are judged
  struct Rival;

  void note_gone(const std::function<bool(IncarnationId)>& stands, Millis now);
  void take_in(Holder& me, const ports::PermitAsk& ask, Millis now);
  std::uint32_t in_use(const std::string& key) const;
  bool claims_count(const Holder& holder, Millis now) const;
  std::vector<Rival> rivals(const ports::PermitAsk& ask, Millis now) const;

  std::map<std::string, Key> keys_;
  std::map<IncarnationId, Holder> holders_;
};

} // namespace troupe::store
