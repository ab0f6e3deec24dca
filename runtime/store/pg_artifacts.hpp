// Artifacts on Postgres (schema/*_artifacts.sql). Nothing here holds more than one piece.
#pragma once
#include "runtime/ports/artifacts.hpp"
#include "runtime/store/pg_worker.hpp"

namespace troupe::store {

class PgArtifacts final : public ports::Artifacts {
 public:
  /// Two threads: what is read does not wait for what comes in.
  PgArtifacts(PgWorker& writes, PgWorker& reads) : writes_{writes}, reads_{reads} {}

  void put(ports::ArtifactPart part, Done<bool> done) override;
  void read(RunId run, std::string hash, std::uint64_t from,
            Done<std::optional<ports::ArtifactPiece>> done) override;
  void list(RunId run, std::string after, std::uint32_t limit,
            Done<std::vector<ports::ArtifactRow>> done) override;
  void refer(RunId run, RunId from, std::string text, Instant now, Done<Unit> done) override;
  void token_key(Done<std::string> done) override;

 private:
  PgWorker& writes_;
  PgWorker& reads_;
};

} // namespace troupe::store
