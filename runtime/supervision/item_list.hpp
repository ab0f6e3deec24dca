// What a foreach goes over or collects, where it is too large for the journal: an artifact
// (ARCHITECTURE.md, "Lists of a foreach"). Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/artifact/whole.hpp"
#include "runtime/supervision/run_machine.hpp"

namespace troupe::supervision {

/// Nothing: it is no list.
std::optional<std::vector<JsonText>> read_items(std::string_view list);

/// The items that `read` brought. The error says what is wrong with the artifact, and what helps.
Result<std::vector<JsonText>> items_of(const ArtifactRead& read);
/// budget_exceeded: more than can be gone over.
Result<> check_count(std::size_t items);

/// Something in there can be taken back, for which its items are needed even when it has ended.
bool holds_undo(const plan::Node& node);

/// What to tell the machine once the store has answered. Nothing: it could not be reached, and is
/// to be asked again.
std::optional<Stimulus> told(const StoreArtifact& asked, const Result<>& answer);
std::optional<Stimulus> told(const ReadArtifact& asked, const Result<artifact::Content>& answer);

} // namespace troupe::supervision
