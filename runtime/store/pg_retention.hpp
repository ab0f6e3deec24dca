// Archiving and purging on Postgres (schema/006_retention.sql).
#pragma once
#include "runtime/ports/retention.hpp"
#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

class PgRetention final : public ports::Retention {
 public:
  explicit PgRetention(PgWorker& upkeep) : upkeep_{upkeep} {}
  void retain(std::vector<ports::RetentionRule> rules, Instant now, std::uint32_t limit,
              std::function<void(Result<ports::RetentionReport>)> done) override;

 private:
  PgWorker& upkeep_;
};

} // namespace troupe::store
