#include "runtime/json_value.hpp"

#include <boost/json.hpp>

#include "runtime/limits.hpp"

namespace troupe {

std::optional<boost::json::value> read_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 16 * limits::json_depth_max;
  boost::json::error_code error;
  auto value = boost::json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return std::nullopt;
  return value;
}

} // namespace troupe
