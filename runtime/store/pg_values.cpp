#include "runtime/store/pg_values.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <limits>

namespace troupe::store {
namespace {

// network byte order
template <class N>
void append_number(std::string& out, N value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> shift & 0xff);
}

/// Postgres counts microseconds from 2000-01-01; its infinity is the highest number.
std::uint64_t micros(Instant at) {
  if (at == Instant::max()) return std::numeric_limits<std::int64_t>::max();
  constexpr Instant epoch{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
  return static_cast<std::uint64_t>(std::chrono::microseconds{at - epoch}.count());
}

} // namespace

void PgArray::add(std::string_view text) {
  append_number(elements_, static_cast<std::uint32_t>(text.size()));
  elements_ += text;
  ++count_;
}

void PgArray::add(std::uint64_t integer) {
  append_number(elements_, std::uint32_t{8});
  append_number(elements_, integer);
  ++count_;
}

void PgArray::add(Instant at) { add(micros(at)); }

// dimensions, "has NULLs", type of the elements; then, unless it is empty, length and lower bound
std::string PgArray::bytes() const {
  std::string out;
  out.reserve(elements_.size() + 20);
  append_number(out, std::uint32_t{count_ > 0});
  append_number(out, std::uint32_t{0});
  append_number(out, element_type_);
  if (count_ == 0) return out;
  append_number(out, count_);
  append_number(out, std::uint32_t{1});
  return out += elements_;
}

PgParams& PgParams::put(std::string value) {
  values_.push_back(std::move(value));
  nulls_.push_back(false);
  return *this;
}

PgParams& PgParams::null() {
  put({});
  nulls_.back() = true;
  return *this;
}

PgParams& PgParams::integer(std::uint64_t value) {
  std::string bytes;
  append_number(bytes, value);
  return put(std::move(bytes));
}

PgParams& PgParams::number(std::int32_t value) {
  std::string bytes;
  append_number(bytes, static_cast<std::uint32_t>(value));
  return put(std::move(bytes));
}

PgParams& PgParams::instant(Instant value) { return integer(micros(value)); }

PgRows::PgRows(pg_result* taken) : result_{taken, &PQclear} {}

std::size_t PgRows::size() const {
  return result_ ? static_cast<std::size_t>(PQntuples(result_.get())) : 0;
}

bool PgRows::is_null(std::size_t row, int column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

std::string_view PgRows::text(std::size_t row, int column) const {
  const int at = static_cast<int>(row);
  return {PQgetvalue(result_.get(), at, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
}

std::int64_t PgRows::integer(std::size_t row, int column) const {
  const auto digits = text(row, column);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

} // namespace troupe::store
