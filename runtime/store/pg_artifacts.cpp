#include "runtime/store/pg_artifacts.hpp"

#include <algorithm>

#include "runtime/sha256.hpp"
#include "runtime/store/artifact_pieces.hpp"
#include "runtime/store/refusals.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using namespace ports;

namespace {

constexpr PgStatement put_piece{
    "put_artifact_piece",
    "SELECT outcome, upload, pieces FROM put_artifact_piece($1::text, $2::text, $3::uuid,"
    " $4::bigint, $5::text, $6::integer, $7::bytea, $8::timestamptz, $9::bigint, $10::bigint)"};

constexpr PgStatement read_upload{"read_artifact_upload",
                                  "SELECT encode(body, 'hex') FROM artifact_pieces WHERE upload = "
                                  "$1::bigint AND place = $2::integer"};

constexpr PgStatement drop_upload{
    "drop_artifact_upload",
    "UPDATE artifact_uploads SET state = 'loose' WHERE id = $1::bigint AND state = 'open'"};

constexpr PgStatement finish{
    "finish_artifact",
    "SELECT finish_artifact($1::bigint, $2::uuid, $3::timestamptz, $4::bigint, $5::bigint)"};

constexpr PgStatement read_piece{
    "read_artifact_piece",
    "SELECT a.bytes, a.type, encode(p.body, 'hex') FROM artifact_refs r JOIN artifacts a USING "
    "(hash)"
    " JOIN artifact_pieces p ON p.upload = a.upload AND p.place = $3::integer"
    " WHERE r.run = $1::uuid AND r.hash = $2::text"};

constexpr PgStatement list_rows{
    "list_artifacts",
    "SELECT r.hash, a.bytes, a.type, " TROUPE_MILLIS("r.at") " FROM artifact_refs r"
    " JOIN artifacts a USING (hash) WHERE r.run = $1::uuid AND r.hash > $2::text"
    " ORDER BY r.hash LIMIT $3::integer"};

constexpr PgStatement refer_to{"refer_to_artifacts",
                               "SELECT refer_to_artifacts($1::uuid, ARRAY[$2::uuid], $3::text,"
                               " $4::timestamptz)"};

constexpr PgStatement read_key{
    "artifact_token_key",
    "SELECT encode(value, 'hex') FROM secrets WHERE name = 'artifact_tokens'"};

std::string from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  return bytes;
}

/// One try of putting a part.
class Putting {
 public:
  Putting(const ArtifactPart& part, PgConnection& connection, Deadline deadline)
      : part_{part}, connection_{connection}, deadline_{deadline} {}

  PgAttempt<bool> run() {
    auto place = static_cast<std::int32_t>(part_.from / limits::artifact_piece_bytes);
    for (const auto piece : split(part_)) {
      const auto answer = keep(place++, piece);
      if (!answer.ok()) return *answer.fault;
      const auto outcome = answer.rows.text(0, 0);
      if (outcome == "known") return true;
      if (outcome != "kept") return refusal(outcome);
      upload_ = static_cast<std::uint64_t>(answer.rows.integer(0, 1));
      pieces_ = static_cast<std::uint64_t>(answer.rows.integer(0, 2));
    }
    if (pieces_ < pieces_of(part_.bytes)) return false;
    return check_whole();
  }

 private:
  PgAnswer keep(std::int32_t place, std::string_view piece) {
    PgParams params;
    params.text(part_.hash).text(part_.uploader).id(part_.run).integer(part_.bytes);
    params.text(part_.type).number(place).text(piece).instant(part_.at);
    params.integer(limits::run_artifacts_max).integer(limits::run_artifact_bytes_max);
    return connection_.run(put_piece, params, deadline_);
  }

  Error refusal(std::string_view outcome) const {
    if (outcome == "no_run") return no_such_run(part_.run);
    if (outcome == "full") return artifacts_are_full(part_.run);
    if (outcome == "other") return has_other_length(part_.hash);
    return was_dropped(part_.hash);
  }

  PgAttempt<bool> check_whole() {
    Sha256 hash;
    for (std::uint64_t place = 0; place < pieces_; ++place) {
      PgParams params;
      params.integer(upload_).number(static_cast<std::int32_t>(place));
      const auto answer = connection_.run(read_upload, params, deadline_);
      if (!answer.ok()) return *answer.fault;
      if (answer.rows.empty()) return was_dropped(part_.hash);
      hash.add(from_hex(answer.rows.text(0, 0)));
    }
    if (const auto is = hash.hex(); is != part_.hash) {
      PgParams params;
      params.integer(upload_);
      const auto answer = connection_.run(drop_upload, params, deadline_);
      if (!answer.ok()) return *answer.fault;
      return has_other_content(part_.hash, is);
    }
    PgParams params;
    params.integer(upload_).id(part_.run).instant(part_.at);
    params.integer(limits::run_artifacts_max).integer(limits::run_artifact_bytes_max);
    const auto answer = connection_.run(finish, params, deadline_);
    if (!answer.ok()) return *answer.fault;
    const auto outcome = answer.rows.text(0, 0);
    if (outcome == "stored") return true;
    return refusal(outcome);
  }

  const ArtifactPart& part_;
  PgConnection& connection_;
  const Deadline deadline_;
  std::uint64_t upload_ = 0, pieces_ = 0;
};

} // namespace

void PgArtifacts::put(ArtifactPart part, Done<bool> done) {
  writes_.call<bool>(std::move(done),
                     [part = std::move(part)](auto& connection, auto deadline) -> PgAttempt<bool> {
                       if (const auto fit = check(part); !fit) return fit.error();
                       return Putting{part, connection, deadline}.run();
                     },
                     {.timeout = limits::artifact_check_timeout});
}

void PgArtifacts::read(RunId run, std::string hash, std::uint64_t from,
                       Done<std::optional<ArtifactPiece>> done) {
  using Piece = std::optional<ArtifactPiece>;
  reads_.call<Piece>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Piece> {
    PgParams params;
    params.id(run).text(storable(hash));
    params.number(static_cast<std::int32_t>(from / limits::artifact_piece_bytes));
    const auto answer = connection.run(read_piece, params, deadline);
    if (!answer.ok()) return *answer.fault;
    const auto& rows = answer.rows;
    if (rows.empty()) return Piece{};
    return Piece{{static_cast<std::uint64_t>(rows.integer(0, 0)), std::string{rows.text(0, 1)},
                  from_hex(rows.text(0, 2))}};
  });
}

void PgArtifacts::list(RunId run, std::string after, std::uint32_t limit,
                       Done<std::vector<ArtifactRow>> done) {
  using Rows = std::vector<ArtifactRow>;
  reads_.call<Rows>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Rows> {
    PgParams params;
    params.id(run).text(storable(after));
    params.number(static_cast<std::int32_t>(std::min<std::size_t>(limit, limits::list_rows_max)));
    const auto answer = connection.run(list_rows, params, deadline);
    if (!answer.ok()) return *answer.fault;
    Rows rows;
    for (std::size_t i = 0; i < answer.rows.size(); ++i)
      rows.push_back({std::string{answer.rows.text(i, 0)},
                      static_cast<std::uint64_t>(answer.rows.integer(i, 1)),
                      std::string{answer.rows.text(i, 2)}, answer.rows.instant(i, 3)});
    return rows;
  });
}

void PgArtifacts::refer(RunId run, RunId from, std::string text, Instant now, Done<Unit> done) {
  writes_.call<Unit>(std::move(done), [=](auto& connection, auto deadline) -> PgAttempt<Unit> {
    PgParams params;
    params.id(run).id(from).text(storable(text)).instant(now);
    const auto answer = connection.run(refer_to, params, deadline);
    if (!answer.ok()) return *answer.fault;
    return Unit{};
  });
}

void PgArtifacts::token_key(Done<std::string> done) {
  using Key = std::string;
  reads_.call<Key>(std::move(done), [](auto& connection, auto deadline) -> PgAttempt<Key> {
    const auto answer = connection.run(read_key, {}, deadline);
    if (!answer.ok()) return *answer.fault;
    return Key{answer.rows.text(0, 0)};
  });
}

} // namespace troupe::store
