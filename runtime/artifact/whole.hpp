// A whole artifact through the port, part after part.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "runtime/artifact/reference.hpp"
#include "runtime/ports/artifacts.hpp"

namespace troupe::artifact {

using Content = std::shared_ptr<const std::string>;

/// Artifacts::put and Artifacts::read, wherever they lead; `done` as there.
using PutPart = std::function<void(ports::ArtifactPart part, ports::Artifacts::Done<bool> done)>;
using ReadPiece =
    std::function<void(RunId run, std::string hash, std::uint64_t from,
                       ports::Artifacts::Done<std::optional<ports::ArtifactPiece>> done)>;

/// Stores what `run` itself, not one of its attempts, made. Safe to repeat. Errors as of
/// Artifacts::put.
void put_whole(const PutPart& put, RunId run, const Reference& what, Content content, Instant at,
               std::function<void(Result<>)> done);

/// Null: the run refers to no such artifact. invalid_input: it is larger than `bytes_max`. Other
/// errors as of Artifacts::read.
void read_whole(const ReadPiece& read, RunId run, const std::string& hash, std::uint64_t bytes_max,
                std::function<void(Result<Content>)> done);

} // namespace troupe::artifact
