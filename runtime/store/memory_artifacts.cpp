// The part of MemoryDatabase that keeps artifacts.
#include <algorithm>

#include "runtime/artifact/reference.hpp"
#include "runtime/sha256.hpp"
#include "runtime/store/artifact_pieces.hpp"
#include "runtime/store/memory_database.hpp"
#include "runtime/store/refusals.hpp"

namespace troupe::store {

using namespace ports;

bool MemoryDatabase::has_room_for_artifact(RunId run, std::uint64_t more) const {
  const auto found = artifact_refs_.find(run);
  if (found == artifact_refs_.end()) return true;
  for (const auto& [hash, at] : found->second) more += artifacts_.at(hash).bytes;
  return found->second.size() < limits::run_artifacts_max && more <= limits::run_artifact_bytes_max;
}

Result<bool> MemoryDatabase::put_artifact(const ArtifactPart& part) {
  const std::lock_guard lock{mutex_};
  if (const auto refs = artifact_refs_.find(part.run);
      refs != artifact_refs_.end() && refs->second.contains(part.hash))
    return true;
  if (!runs_.contains(part.run)) return no_such_run(part.run);
  if (!has_room_for_artifact(part.run, part.bytes)) return artifacts_are_full(part.run);
  const std::pair key{part.hash, part.uploader};
  auto& upload = uploads_.try_emplace(key, Upload{part.bytes, part.at, {}}).first->second;
  if (upload.bytes != part.bytes) return has_other_length(part.hash);
  upload.touched = part.at;
  auto place = part.from / limits::artifact_piece_bytes;
  for (const auto piece : split(part)) upload.pieces[place++] = piece;
  if (upload.pieces.size() < pieces_of(part.bytes)) return false;
  Sha256 hash;
  for (const auto& [at, piece] : upload.pieces) hash.add(piece);
  const auto whole = uploads_.extract(key);
  if (const auto is = hash.hex(); is != part.hash) return has_other_content(part.hash, is);
  artifacts_.try_emplace(part.hash,
                         Artifact{part.bytes, part.type, std::move(whole.mapped().pieces)});
  artifact_refs_[part.run][part.hash] = part.at;
  return true;
}

std::optional<ArtifactPiece> MemoryDatabase::read_artifact(RunId run, const std::string& hash,
                                                           std::uint64_t from) {
  const std::lock_guard lock{mutex_};
  const auto refs = artifact_refs_.find(run);
  if (refs == artifact_refs_.end() || !refs->second.contains(hash)) return std::nullopt;
  const auto& artifact = artifacts_.at(hash);
  const auto piece = artifact.pieces.find(from / limits::artifact_piece_bytes);
  if (piece == artifact.pieces.end()) return std::nullopt;
  return ArtifactPiece{artifact.bytes, artifact.type, piece->second};
}

std::vector<ArtifactRow> MemoryDatabase::list_artifacts(RunId run, const std::string& after,
                                                        std::size_t limit) {
  const std::lock_guard lock{mutex_};
  std::vector<ArtifactRow> rows;
  const auto refs = artifact_refs_.find(run);
  if (refs == artifact_refs_.end()) return rows;
  for (auto at = refs->second.upper_bound(after); at != refs->second.end(); ++at) {
    if (rows.size() == limit) break;
    const auto& artifact = artifacts_.at(at->first);
    rows.push_back({at->first, artifact.bytes, artifact.type, at->second});
  }
  return rows;
}

void MemoryDatabase::refer(RunId run, RunId from, const std::string& text, Instant now) {
  const std::lock_guard lock{mutex_};
  refer_locked(run, from, text, now);
}

void MemoryDatabase::refer_locked(RunId run, RunId from, const std::string& text, Instant now) {
  const auto known = artifact_refs_.find(from);
  if (!runs_.contains(run) || known == artifact_refs_.end()) return;
  for (const auto& hash : artifact::hashes_in(text))
    if (known->second.contains(hash)) artifact_refs_[run].try_emplace(hash, now);
}

std::string MemoryDatabase::token_key() {
  const std::lock_guard lock{mutex_};
  if (token_key_.empty()) {
    SystemEntropy entropy;
    for (int i = 0; i < 4; ++i) token_key_ += std::to_string(entropy.next()) + '.';
  }
  return token_key_;
}

std::uint32_t MemoryDatabase::drop_artifacts(Instant now, std::uint32_t limit) {
  std::erase_if(uploads_, [&](const auto& upload) {
    return upload.second.touched < now - limits::artifact_upload_idle_max;
  });
  std::erase_if(artifact_refs_, [&](const auto& refs) { return !runs_.contains(refs.first); });
  std::uint32_t dropped = 0;
  std::erase_if(artifacts_, [&](const auto& artifact) {
    const bool referred = std::ranges::any_of(
        artifact_refs_, [&](const auto& refs) { return refs.second.contains(artifact.first); });
    return !referred && dropped < limit && ++dropped > 0;
  });
  return dropped;
}

} // namespace troupe::store
