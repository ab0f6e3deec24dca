// Dead letters on Postgres (schema/*_dead_letters.sql).
#pragma once
#include "runtime/ports/dead_letters.hpp"
#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

class PgDeadLetters final : public ports::DeadLetters {
 public:
  explicit PgDeadLetters(PgWorker& worker) : worker_{worker} {}

  void put(ports::DeadLetter letter, Done<Unit> done) override;
  void list(std::uint32_t limit, std::uint64_t before,
            Done<std::vector<ports::DeadLetter>> done) override;
  void get(std::string id, Done<std::optional<ports::DeadLetter>> done) override;
  void remove(std::string id, Done<bool> done) override;

 private:
  PgWorker& worker_;
};

} // namespace troupe::store
