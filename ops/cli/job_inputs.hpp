// The inputs of a job, as a person writes them on a command line.
#pragma once
#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "runtime/labels.hpp"
#include "runtime/plan/plan.hpp"

namespace troupe::cli {

/// Of name=value texts. Failure usage: one that is none, or a name with two values.
Labels make_labels(const std::vector<std::string>& texts);
/// "&label=name%3Dvalue" of each. Failure usage: likewise.
std::string label_query(const std::vector<std::string>& texts);

/// "name=value". A value for an input that `plan` declares as text is taken as it is; for any other
/// declared type it must be JSON; for an undeclared one it is JSON if it reads as JSON, else text.
/// Failure usage: no `=`; bad_data: not of the declared type.
void add_input(boost::json::object& inputs, const std::string& assignment, const plan::Plan& plan);

/// Failure bad_data with line and column: not a JSON object.
boost::json::object parse_inputs_file(const std::string& text, const std::string& file);
/// Those of a JSON file (empty: none; `-`: standard input), and over them the assignments.
/// Failure no_input: the file cannot be read; and as of parse_inputs_file and add_input.
boost::json::object read_inputs(const std::string& file,
                                const std::vector<std::string>& assignments,
                                const plan::Plan& plan);

/// Parses one JSON document. Failure bad_data: "body.json:3:14: syntax error".
boost::json::value parse_json_input(const std::string& text, const std::string& file);

} // namespace troupe::cli
