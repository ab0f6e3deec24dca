// A value or an Error. Operating errors are values; bugs are assertions.
#pragma once
#include <cassert>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "runtime/error_class.hpp"

namespace troupe {

struct Error {
  ErrorClass error_class = ErrorClass::internal;
  std::string message; // one sentence for a person: what was wrong, where, what to do
  std::optional<std::uint32_t> retry_after_ms{}; // of rate_limited: what the other side asked for

  friend bool operator==(const Error&, const Error&) = default;
};

struct Unit {
  friend bool operator==(Unit, Unit) = default;
};

template <class T = Unit>
class [[nodiscard]] Result {
 public:
  Result() requires std::is_default_constructible_v<T> : value_{std::in_place_index<0>} {}
  Result(T value) : value_{std::in_place_index<0>, std::move(value)} {}
  Result(Error error) : value_{std::in_place_index<1>, std::move(error)} {}

  bool ok() const { return value_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires ok().
  T& value() & { return assert(ok()), std::get<0>(value_); }
  const T& value() const& { return assert(ok()), std::get<0>(value_); }
  T&& value() && { return assert(ok()), std::get<0>(std::move(value_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Requires !ok().
  const Error& error() const { return assert(!ok()), std::get<1>(value_); }

 private:
  std::variant<T, Error> value_;
};

inline Error make_error(ErrorClass error_class, std::string message) {
  return Error{error_class, std::move(message)};
}

template <class... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

} // namespace troupe
