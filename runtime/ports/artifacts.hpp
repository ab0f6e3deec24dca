// Port: what is too large for a message, by its hash. Postgres and memory, one conformance suite.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runtime/artifact/token.hpp"
#include "runtime/artifact_limits.hpp"
#include "runtime/clock.hpp"
#include "runtime/ids.hpp"
#include "runtime/result.hpp"

namespace troupe::ports {

struct ArtifactRow {
  std::string hash; // sha256, 64 hex digits
  std::uint64_t bytes = 0;
  std::string type; // "application/json": as whoever stored it first said
  Instant at{};     // since when its run refers to it
};

/// Some pieces of an artifact on its way in.
struct ArtifactPart {
  RunId run;            // that will refer to it
  std::string uploader; // parts of one artifact by one uploader belong together: "<run>/<attempt>"
  std::string hash;     // of the whole
  std::string type;
  std::uint64_t bytes = 0; // of the whole
  std::uint64_t from = 0;  // a multiple of limits::artifact_piece_bytes
  std::string body;        // whole pieces, or as far as the end
  Instant at{};
};

struct ArtifactPiece {
  std::uint64_t bytes = 0; // of the whole
  std::string type;
  std::string body;
};

/// An artifact is kept while a run refers to it. A run refers to what was stored for it, to what it
/// begins with and is told (NewJob::parent, NewRun, `refer`) out of what another run refers
/// to: who knows a hash alone reads nothing by it. An artifact is named as "sha256:<hash>". All
/// calls: never block, `done` runs exactly once on a thread of the store. Errors of every call as
/// those of JobStore.
class Artifacts {
 public:
  template <class T>
  using Done = std::function<void(Result<T>)>;

  virtual ~Artifacts() = default;

  /// Keeps the part, in any order, also again; with the last one the whole is checked. True: it is
  /// there, and the run refers to it; false: parts are missing. invalid_input: the content has
  /// another hash (then what has come is dropped), the part does not fit the artifact, or there is
  /// no such run. budget_exceeded: a bound of runtime/artifact_limits.hpp.
  virtual void put(ArtifactPart part, Done<bool> done) = 0;
  /// The piece that begins at `from`, a multiple of limits::artifact_piece_bytes. Nothing: the run
  /// refers to no such artifact, or it ends before `from` (an empty one has one, empty piece).
  virtual void read(RunId run, std::string hash, std::uint64_t from,
                    Done<std::optional<ArtifactPiece>> done) = 0;
  /// What the run refers to, in the order of the hashes: at most `limit` beyond `after` (empty:
  /// from the first).
  virtual void list(RunId run, std::string after, std::uint32_t limit,
                    Done<std::vector<ArtifactRow>> done) = 0;
  /// From now on the run refers to every artifact that `text` names and `from` refers to. Nothing
  /// happens if either is gone.
  virtual void refer(RunId run, RunId from, std::string text, Instant now, Done<Unit> done) = 0;
  /// The secret of the cluster under which tokens are signed; the same for every node.
  virtual void token_key(Done<std::string> done) = 0;
};

/// What net/http may ask about artifacts; actors/artifact_desk answers.
class ArtifactDesk {
 public:
  using Done = std::function<void(Result<artifact::Token>)>;

  virtual ~ArtifactDesk() = default;

  /// Whose token this is. Never blocks; `done` runs once, maybe within this call. denied: it is no
  /// token of this cluster, or its time is over; effect_conflict: its attempt has ended or was
  /// superseded; internal: the store cannot be reached.
  virtual void executor(const std::string& token, Done done) = 0;
  /// Thread-safe; lives as long as this.
  virtual Artifacts& artifacts() = 0;
};

} // namespace troupe::ports
