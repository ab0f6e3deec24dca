#include "runtime/store/pg_membership.hpp"

#include "runtime/log.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;
using namespace std::chrono_literals;

namespace {

// A renewal that comes later than this is no use: the node must have stopped granting by then.
constexpr Millis renew_timeout = limits::lease_period - limits::lease_margin;
constexpr Millis peers_timeout = 1s;
constexpr Millis fence_timeout = 10s; // several lock time-outs and a termination

constexpr PgStatement join_nodes{
    "join_nodes",
    "WITH old AS ("
    "  DELETE FROM nodes n WHERE n.fenced AND n.started_at < now() - interval '1 hour'"
    "     AND NOT EXISTS (SELECT FROM runs r WHERE r.owner = n.incarnation))"
    " INSERT INTO nodes (incarnation, name, version, session)"
    " VALUES ($1::uuid, $2::text, $3::text, $4::text)"
    " ON CONFLICT (incarnation) DO UPDATE"
    "    SET name = excluded.name, version = excluded.version, session = excluded.session"
    "  WHERE NOT nodes.fenced RETURNING true"};

constexpr PgStatement renew_lease{"renew_lease",
                                  "UPDATE nodes SET beat = beat + 1, bus_up = $2::boolean"
                                  " WHERE incarnation = $1::uuid AND NOT fenced RETURNING beat"};

constexpr PgStatement select_peers{
    "select_peers", "SELECT incarnation, name, beat, bus_up, fenced FROM nodes ORDER BY 1"};

constexpr PgStatement delete_node{"delete_node", "DELETE FROM nodes WHERE incarnation = $1::uuid"};

constexpr PgStatement fence_node{
    "fence_node",
    "UPDATE nodes SET fenced = true"
    " WHERE incarnation = $1::uuid AND beat = $2::bigint AND NOT fenced RETURNING true"};

constexpr PgStatement look_at_node{
    "look_at_node", "SELECT fenced, beat = $2::bigint FROM nodes WHERE incarnation = $1::uuid"};

constexpr PgStatement fence_node_by_force{"fence_node_by_force",
                                          "SELECT fence_by_force($1::uuid, $2::bigint)"};

PgAttempt<bool> try_fence(PgConnection& connection, IncarnationId incarnation, std::uint64_t beat,
                          Deadline deadline) {
  const auto node_and_beat = PgParams{}.id(incarnation).integer(beat);
  const auto fenced = connection.run(fence_node, node_and_beat, deadline);
  const bool blocked = !fenced.ok() && fenced.fault->sqlstate == "55P03"; // lock_timeout
  if (!fenced.ok() && !blocked) return *fenced.fault;
  if (fenced.ok() && !fenced.rows.empty()) return true;

  const auto now = connection.run(look_at_node, node_and_beat, deadline);
  if (!now.ok()) return *now.fault;
  if (now.rows.empty() || now.rows.boolean(0, 0)) return true; // left, or fenced by another
  if (!now.rows.boolean(0, 1)) return false;
  if (!blocked) return PgFault{PgFault::Kind::busy, "", "the node's row changed meanwhile"};

  log::warn("store.fence_by_force", {{"incarnation", incarnation}});
  const auto forced = connection.run(fence_node_by_force, node_and_beat, deadline);
  if (!forced.ok()) return *forced.fault;
  if (forced.rows.boolean(0, 0)) return true;
  return PgFault{PgFault::Kind::busy, "", "the node's row changed meanwhile"};
}

} // namespace

void PgMembership::join(NodeRegistration node, Done<Unit> done) {
  lease_.call<Unit>(
      std::move(done),
      [this, node = std::move(node)](auto& connection, auto deadline) -> PgAttempt<Unit> {
        PgParams params;
        params.id(node.incarnation).text(storable(node.name)).text(storable(node.version));
        const auto answer = connection.run(join_nodes, params.text(session_), deadline);
        if (!answer.ok()) return *answer.fault;
        if (answer.rows.empty()) return is_fenced(node.incarnation);
        return Unit{};
      });
}

void PgMembership::renew(IncarnationId incarnation, bool bus_up, Done<bool> done) {
  lease_.call<bool>(std::move(done),
                    [=](auto& connection, auto deadline) -> PgAttempt<bool> {
                      const auto answer = connection.run(
                          renew_lease, PgParams{}.id(incarnation).boolean(bus_up), deadline);
                      if (!answer.ok()) return *answer.fault;
                      return !answer.rows.empty();
                    },
                    {.timeout = renew_timeout});
}

void PgMembership::peers(Done<std::vector<PeerRow>> done) {
  using Peers = std::vector<PeerRow>;
  watch_.call<Peers>(
      std::move(done),
      [](auto& connection, auto deadline) -> PgAttempt<Peers> {
        const auto answer = connection.run(select_peers, {}, deadline);
        if (!answer.ok()) return *answer.fault;
        Peers peers;
        const auto& rows = answer.rows;
        for (std::size_t i = 0; i < rows.size(); ++i)
          peers.push_back({rows.template id<IncarnationId>(i, 0), std::string{rows.text(i, 1)},
                           static_cast<std::uint64_t>(rows.integer(i, 2)), rows.boolean(i, 3),
                           rows.boolean(i, 4)});
        return peers;
      },
      {.timeout = peers_timeout, .again = false});
}

void PgMembership::fence(IncarnationId incarnation, std::uint64_t seen_beat, Done<bool> done) {
  watch_.call<bool>(std::move(done),
                    [=](auto& connection, auto deadline) {
                      return try_fence(connection, incarnation, seen_beat, deadline);
                    },
                    {.timeout = fence_timeout});
}

void PgMembership::leave(IncarnationId incarnation, Done<Unit> done) {
  lease_.call<Unit>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Unit> {
    const auto answer = connection.run(delete_node, PgParams{}.id(incarnation), deadline);
    if (!answer.ok()) return *answer.fault;
    return Unit{}; // its runs lose their owner with it: ON DELETE SET NULL
  });
}

} // namespace troupe::store
