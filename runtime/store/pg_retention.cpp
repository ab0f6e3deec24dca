#include "runtime/store/pg_retention.hpp"

#include "runtime/artifact_limits.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement retain_batch{
    "retain_batch",
    "SELECT archived, purged, more FROM retain($1::text[], $2::timestamptz[], $3::timestamptz[],"
    "                                          $4::timestamptz, $5::integer)"};

constexpr PgStatement drop_batch{
    "drop_artifacts",
    "SELECT dropped, more FROM drop_artifacts($1::timestamptz, $2::integer, $3::integer)"};

} // namespace

void PgRetention::retain(std::vector<RetentionRule> rules, Instant now, std::uint32_t limit,
                         std::function<void(Result<RetentionReport>)> done) {
  upkeep_.call<RetentionReport>(
      std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<RetentionReport> {
        auto teams = PgArray::of_texts(), archive = PgArray::of_instants(),
             purge = PgArray::of_instants();
        for (const auto& rule : rules) {
          teams.add(std::string_view{storable(rule.team)});
          archive.add(now - rule.archive_after);
          purge.add(rule.purge_after ? now - *rule.purge_after : Instant{}); // none is that old
        }
        PgParams params;
        params.array(teams).array(archive).array(purge).instant(now);
        params.number(static_cast<std::int32_t>(limit));
        const auto answer = connection.run(retain_batch, params, deadline);
        if (!answer.ok()) return *answer.fault;
        PgParams drop;
        drop.instant(now - limits::artifact_upload_idle_max);
        drop.number(static_cast<std::int32_t>(limit));
        drop.number(static_cast<std::int32_t>(limits::artifact_pieces_dropped_max));
        const auto dropped = connection.run(drop_batch, drop, deadline);
        if (!dropped.ok()) return *dropped.fault;
        const auto& rows = answer.rows;
        return RetentionReport{static_cast<std::uint32_t>(rows.integer(0, 0)),
                               static_cast<std::uint32_t>(rows.integer(0, 1)),
                               static_cast<std::uint32_t>(dropped.rows.integer(0, 0)),
                               rows.boolean(0, 2) || dropped.rows.boolean(0, 1)};
      });
}

} // namespace troupe::store
