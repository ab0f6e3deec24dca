// What both stores ask of a text before they keep it: a Postgres text is UTF-8 without NUL, and an
// index key has a bound.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "runtime/ports/job_store.hpp"
#include "runtime/result.hpp"

namespace troupe::store {

/// Valid UTF-8 (no surrogates, no overlong forms) without NUL.
bool is_storable(std::string_view text);
/// `text` with U+FFFD for every byte that keeps it from being storable.
std::string storable(std::string text);

/// invalid_input: names the field and what is wrong with it.
Result<> check(const ports::NewJob& job);
Result<> check(const ports::NewRun& run);
Result<> check(const ports::AlertBatch& batch);
Result<> check(const ports::InboxRow& row);
Result<> check_document(std::string_view hash, std::string_view kind, std::string_view body);

/// sha256 of the parts, each with its length before it, so that no two lists give the same text.
std::string identity(std::initializer_list<std::string_view> parts);
/// What an alert's signal in the inbox is called, and its body: {"name":"firing","body":<alert>}.
std::string alert_identity(const ports::AlertBatch& batch, const ports::AlertEvent& event);
std::string signal_id(const std::string& alert_identity);
std::string signal_body(const ports::AlertEvent& event);

} // namespace troupe::store
