// Keyed limits on Postgres (schema/*_permits.sql).
#pragma once
#include "runtime/ports/permits.hpp"
#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

class PgPermits final : public ports::Permits {
 public:
  explicit PgPermits(PgWorker& worker) : worker_{worker} {}

  void exchange(ports::PermitAsk ask, Done<ports::PermitAnswer> done) override;
  void list(Done<std::vector<ports::LimitRow>> done) override;

 private:
  PgWorker& worker_;
};

} // namespace troupe::store
