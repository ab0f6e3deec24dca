// What a tool was given or said, for the eye of a person: no JSON, and not all of it.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>

namespace troupe::view {

/// {"ok":false,"status":null,"detail":"cannot connect"} -> "ok=false  cannot connect"
/// {"alerts":[..],"total":1,"truncated":false} -> "alerts=1 total=1"; of a list, how many there are
/// At most 60 columns; "" when there is nothing to tell.
std::string value_words(const boost::json::value& value);

} // namespace troupe::view
