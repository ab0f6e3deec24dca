// What travels to and from Postgres: parameters in its binary format (no escaping, any byte), rows
// in its text format.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/clock.hpp"
#include "runtime/ids.hpp"

struct pg_result;

namespace troupe::store {

/// An array parameter, element by element. Instant::max() is Postgres's infinity, here and below.
class PgArray {
 public:
  static PgArray of_texts() { return PgArray{25}; }
  static PgArray of_uuids() { return PgArray{2950}; }
  static PgArray of_integers() { return PgArray{20}; } // bigint
  static PgArray of_instants() { return PgArray{1184}; }

  void add(std::string_view text);
  void add(std::uint64_t integer);
  void add(Instant at);
  template <class Tag>
  void add(const Id<Tag>& id) {
    add(std::string_view{reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }

  /// The whole array as Postgres reads it.
  std::string bytes() const;

 private:
  explicit PgArray(std::uint32_t element_type) : element_type_{element_type} {}

  std::uint32_t element_type_;
  std::uint32_t count_ = 0;
  std::string elements_;
};

/// The parameters $1, $2, ... in order. Texts must be storable (texts.hpp).
class PgParams {
 public:
  PgParams& text(std::string_view value) { return put(std::string{value}); }
  PgParams& integer(std::uint64_t value); // bigint
  PgParams& number(std::int32_t value);   // integer
  PgParams& boolean(bool value) { return put(std::string(1, value ? '\1' : '\0')); }
  PgParams& instant(Instant value);
  PgParams& jsonb(std::string_view json) { return put('\1' + std::string{json}); } // version 1
  PgParams& array(const PgArray& value) { return put(value.bytes()); }
  PgParams& null();
  template <class Tag>
  PgParams& id(const Id<Tag>& value) {
    return put(std::string{reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size()});
  }

  const std::vector<std::string>& values() const { return values_; }
  bool is_null(std::size_t i) const { return nulls_[i]; }

 private:
  PgParams& put(std::string value);

  std::vector<std::string> values_;
  std::vector<bool> nulls_;
};

/// The rows of one answer. Borrowed texts live as long as it.
class PgRows {
 public:
  PgRows() = default;
  explicit PgRows(pg_result* taken); // takes it over

  std::size_t size() const;
  bool empty() const { return size() == 0; }
  bool is_null(std::size_t row, int column) const;
  std::string_view text(std::size_t row, int column) const; // empty for NULL
  std::int64_t integer(std::size_t row, int column) const;
  bool boolean(std::size_t row, int column) const { return text(row, column) == "t"; }
  /// Of a column that holds milliseconds since 1970 (TROUPE_MILLIS).
  Instant instant(std::size_t row, int column) const {
    return Instant{Millis{integer(row, column)}};
  }
  template <class IdType>
  IdType id(std::size_t row, int column) const {
    return parse_id<IdType>(text(row, column)).value_or(IdType{});
  }
  /// The ids in the text of an array: {a,b}.
  template <class IdType>
  std::vector<IdType> ids(std::size_t row, int column) const {
    std::vector<IdType> out;
    auto rest = text(row, column);
    for (; rest.size() > 36; rest.remove_prefix(37))
      if (const auto id = parse_id<IdType>(rest.substr(1, 36))) out.push_back(*id);
    return out;
  }

 private:
  std::shared_ptr<pg_result> result_;
};

/// How a statement selects a timestamptz so that PgRows::instant reads it: to the millisecond.
#define TROUPE_MILLIS(column) "(extract(epoch FROM " column ") * 1000)::bigint"

} // namespace troupe::store
