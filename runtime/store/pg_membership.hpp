// Leases on Postgres. Renewal has a connection of its own; watching and fencing peers another, so
// that fencing somebody does not cost one's own lease.
#pragma once
#include <string>

#include "runtime/ports/membership.hpp"
#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

class PgMembership final : public ports::Membership {
 public:
  /// `session`: every connection of this store is named "<session>/<part>".
  PgMembership(PgWorker& lease, PgWorker& watch, std::string session)
      : lease_{lease}, watch_{watch}, session_{std::move(session)} {}

  void join(ports::NodeRegistration node, Done<Unit> done) override;
  void renew(IncarnationId incarnation, bool bus_up, Done<bool> done) override;
  void peers(Done<std::vector<ports::PeerRow>> done) override;
  void fence(IncarnationId incarnation, std::uint64_t seen_beat, Done<bool> done) override;
  void leave(IncarnationId incarnation, Done<Unit> done) override;

 private:
  PgWorker& lease_;
  PgWorker& watch_;
  const std::string session_;
};

} // namespace troupe::store
