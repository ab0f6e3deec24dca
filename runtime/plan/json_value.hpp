// JSON values as the language sees them: parsed, named, compared, written. Boost.JSON's value is
// only declared here.
#pragma once
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/json_text.hpp"

namespace boost::json {
class value;
}

namespace troupe::plan {

/// Requires valid JSON that nests no deeper than sixteen times limits::json_depth_max.
boost::json::value parse_json(const JsonText& text);

/// Appends the value as Boost.JSON writes it, except that 1.5 is 1.5 and not 1.5E0.
void append_json(std::string& out, const boost::json::value& value);

/// "null", "a boolean", "a number", "text", "a list", "a map"
std::string_view describe(const boost::json::value& value);

/// Exact for 64-bit integers and doubles alike, where long double has 64 bits of mantissa.
std::optional<long double> number_of(const boost::json::value& value);

/// Deep; numbers by what they stand for (1 == 1.0), anything else of different types is not equal.
bool equal(const boost::json::value& a, const boost::json::value& b);

/// Nothing if the two have no order: only numbers have one, and texts, by their bytes.
std::optional<std::partial_ordering> order(const boost::json::value& a,
                                           const boost::json::value& b);

} // namespace troupe::plan
