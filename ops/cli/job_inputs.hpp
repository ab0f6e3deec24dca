// The inputs of a job, as a person writes them on a command line.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "runtime/plan/plan.hpp"

namespace troupe::cli {

/// {"name":"value"} of name=value texts. Failure usage: one that is none, or a name with two
/// values.
boost::json::object make_labels(const std::vector<std::string>& texts);
/// "&label=name%3Dvalue" of each. Failure usage: likewise.
std::string label_query(const std::vector<std::string>& texts);

/// "name=value". A value for an input that `plan` declares as text is taken as it is; for any other
/// declared type it must be JSON; for an undeclared one it is JSON if it reads as JSON, else text.
/// Failure usage: no `=`; bad_data: not of the declared type.
void add_input(boost::json::object& inputs, const std::string& assignment, const plan::Plan& plan);

/// Failure bad_data with line and column: not a JSON object.
boost::json::object parse_inputs_file(const std::string& text, const std::string& file);

/// Parses one JSON document. Failure bad_data: "body.json:3:14: syntax error".
boost::json::value parse_json_input(const std::string& text, const std::string& file);

} // namespace troupe::cli
