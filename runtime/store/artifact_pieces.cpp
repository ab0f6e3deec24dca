#include "runtime/store/artifact_pieces.hpp"

#include <algorithm>

#include "runtime/artifact/reference.hpp"
#include "runtime/store/texts.hpp"

namespace troupe::store {

using artifact::name_of;
using limits::artifact_piece_bytes;

namespace {

Error invalid(std::string text) { return make_error(ErrorClass::invalid_input, std::move(text)); }

} // namespace

std::uint64_t pieces_of(std::uint64_t bytes) {
  return std::max<std::uint64_t>(1, (bytes + artifact_piece_bytes - 1) / artifact_piece_bytes);
}

std::vector<std::string_view> split(const ports::ArtifactPart& part) {
  std::vector<std::string_view> pieces;
  std::string_view rest = part.body;
  do {
    pieces.push_back(rest.substr(0, artifact_piece_bytes));
    rest.remove_prefix(pieces.back().size());
  } while (!rest.empty());
  return pieces;
}

Result<> check(const ports::ArtifactPart& part) {
  if (!artifact::parse_name(name_of(part.hash)))
    return invalid("the hash of an artifact must be 64 hex digits, in lower case");
  if (part.bytes > limits::artifact_bytes_max)
    return make_error(ErrorClass::budget_exceeded,
                      "an artifact of " + std::to_string(part.bytes) + " bytes is too large; " +
                          std::to_string(limits::artifact_bytes_max) + " are allowed");
  const auto end = part.from + part.body.size();
  const bool begins = part.from % artifact_piece_bytes == 0 && part.from <= part.bytes;
  const bool ends =
      end == part.bytes || (end < part.bytes && end % artifact_piece_bytes == 0 && end > part.from);
  if (!begins || !ends)
    return invalid("bytes " + std::to_string(part.from) + " to " + std::to_string(end) +
                   " are no part of an artifact of " + std::to_string(part.bytes) +
                   " bytes: a part begins and ends at a multiple of " +
                   std::to_string(artifact_piece_bytes) + ", or at the end");
  if (!is_storable(part.type) || part.type.size() > limits::store_key_bytes_max ||
      !is_storable(part.uploader) || part.uploader.size() > limits::store_key_bytes_max)
    return invalid("the type of an artifact must be a short text");
  return {};
}

Error has_other_length(const std::string& hash) {
  return invalid("an earlier part of " + name_of(hash) + " said another length");
}

Error has_other_content(const std::string& hash, const std::string& is) {
  return invalid("what came as " + name_of(hash) + " is " + name_of(is) +
                 "; it was dropped: send it again from the start");
}

Error artifacts_are_full(RunId run) {
  return make_error(ErrorClass::budget_exceeded,
                    "run " + to_string(run) + " has as many artifacts as it may have: " +
                        std::to_string(limits::run_artifacts_max) + ", or " +
                        std::to_string(limits::run_artifact_bytes_max) + " bytes");
}

Error was_dropped(const std::string& hash) {
  return make_error(ErrorClass::internal,
                    name_of(hash) + " was dropped while it came in; send it again");
}

} // namespace troupe::store
