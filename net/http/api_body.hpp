// Bodies of requests as JSON, checked: each fault is one invalid_input that names the place.
// Private to net/http.
#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

#include "runtime/result.hpp"

namespace boost::json {
class object;
class value;
} // namespace boost::json

namespace troupe::http {

Error invalid(std::string text);                                   // invalid_input
std::string joined(std::initializer_list<std::string_view> words); // "a, b"
bool is_blank(std::string_view body);                              // nothing but white space

Result<boost::json::value> parse_body(std::string_view body);
/// An object that has none but the known keys.
Result<boost::json::object> parse_object(std::string_view body,
                                         std::initializer_list<std::string_view> known);

/// Fills `text` if the key is there.
Result<> read_text(const boost::json::object& object, std::string_view key, std::string& text);
/// The key has to be there.
Result<bool> read_flag(const boost::json::object& object, std::string_view key);

} // namespace troupe::http
