#include "runtime/store/texts.hpp"

#include <algorithm>
#include <array>

#include "runtime/hash.hpp"
#include "runtime/limits.hpp"
#include "runtime/utf8.hpp"

namespace troupe::store {
namespace {

/// Bytes at the start of `text` that are storable.
std::size_t storable_prefix(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const auto length = text[at] == '\0' ? std::size_t{0} : utf8_character(text.substr(at));
    if (length == 0) break;
    at += length;
  }
  return at;
}

// As the CHECK of the table has them.
constexpr std::array<std::string_view, 9> inbox_kinds = {
    "signal", "cancel", "approval", "kill", "pause", "resume", "skip_wait", "resolve", "child"};

struct Field {
  std::string_view name, value;
  bool key = false; // part of an index: bounded
};

Result<> check_fields(std::initializer_list<Field> fields) {
  for (const auto& [name, value, key] : fields) {
    if (key && value.size() > limits::store_key_bytes_max)
      return make_error(ErrorClass::invalid_input,
                        std::string{name} + ": " + std::to_string(value.size()) +
                            " bytes; at most " + std::to_string(limits::store_key_bytes_max));
    const auto at = storable_prefix(value);
    if (at != value.size())
      return make_error(ErrorClass::invalid_input,
                        std::string{name} + ": byte " + std::to_string(at) +
                            (value[at] == 0 ? " is NUL, which no text may hold" : " is not UTF-8"));
  }
  return {};
}

} // namespace

bool is_storable(std::string_view text) { return storable_prefix(text) == text.size(); }

std::string storable(std::string text) {
  std::string_view rest = text;
  auto good = storable_prefix(rest);
  if (good == rest.size()) return text;
  std::string out;
  for (; !rest.empty(); good = storable_prefix(rest)) {
    out += rest.substr(0, good);
    rest.remove_prefix(good);
    if (rest.empty()) break;
    out += "\xef\xbf\xbd";
    rest.remove_prefix(1);
  }
  return out;
}

Result<> check(const ports::NewJob& job) {
  return check_fields({{"idempotency_key", job.idempotency_key, true},
                       {"request_digest", job.request_digest, true},
                       {"team", job.team, true},
                       {"title", job.title},
                       {"source", job.source},
                       {"bundle", job.bundle},
                       {"inputs", job.inputs.text},
                       {"labels", to_json(job.labels)},
                       {"the run's first append", job.body}});
}

Result<> check(const ports::NewRun& run) {
  return check_fields({{"bundle", run.bundle}, {"the run's first append", run.body}});
}

Result<> check(const ports::AlertBatch& batch) {
  if (auto fault = check_fields({{"receiver", batch.receiver}, {"groupKey", batch.group_key}});
      !fault)
    return fault;
  for (const auto& event : batch.events) {
    if (event.status != "firing" && event.status != "resolved")
      return make_error(ErrorClass::invalid_input,
                        "status: expected firing or resolved, got \"" + event.status + '"');
    if (auto fault = check_fields({{"fingerprint", event.fingerprint, true},
                                   {"startsAt", event.starts_at},
                                   {"alert", event.body.text}});
        !fault)
      return fault;
  }
  return batch.job_if_needed ? check(*batch.job_if_needed) : Result<>{};
}

Result<> check(const ports::InboxRow& row) {
  if (std::ranges::find(inbox_kinds, row.kind) == inbox_kinds.end())
    return make_error(ErrorClass::invalid_input, "kind: unknown, \"" + row.kind + '"');
  return check_fields({{"id", row.id, true}, {"body", row.body.text}});
}

Result<> check_document(std::string_view hash, std::string_view kind, std::string_view body) {
  if (hash != sha256_hex(body))
    return make_error(ErrorClass::invalid_input,
                      "hash: " + std::string{hash} + " is not the sha256 of the document");
  return check_fields({{"kind", kind}, {"document", body}});
}

std::string identity(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const auto part : parts) (text += std::to_string(part.size()) + ':') += part;
  return sha256_hex(text);
}

std::string alert_identity(const ports::AlertBatch& batch, const ports::AlertEvent& event) {
  return identity(
      {batch.receiver, batch.group_key, event.fingerprint, event.status, event.starts_at});
}

std::string signal_id(const std::string& alert_identity) { return "alert:" + alert_identity; }

std::string signal_body(const ports::AlertEvent& event) {
  return R"({"name":")" + event.status + R"(","body":)" + event.body.text + '}';
}

} // namespace troupe::store
