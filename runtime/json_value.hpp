// Parsing what JsonText carries, where its parts are needed. Boost.JSON's value is only declared
// here.
#pragma once
#include <optional>
#include <string_view>

namespace boost::json {
class value;
}

namespace troupe {

/// Nothing if `text` is not one JSON value, or nests deeper than a document of ours may:
/// sixteen times limits::json_depth_max, because rows and views hold checked values in values
/// (Boost's own default of 32 is less than one value may nest).
std::optional<boost::json::value> read_json(std::string_view text);

} // namespace troupe
