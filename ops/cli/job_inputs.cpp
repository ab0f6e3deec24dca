#include "ops/cli/job_inputs.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "ops/cli/api_client.hpp"
#include "ops/cli/exit_codes.hpp"
#include "ops/cli/files.hpp"

namespace troupe::cli {

namespace json = boost::json;

void add_input(json::object& inputs, const std::string& assignment, const plan::Plan& plan) {
  auto equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Failure{ExitCode::usage,
                  "--input " + assignment + ": expected name=value, for example service=web"};
  std::string name = assignment.substr(0, equals), value = assignment.substr(equals + 1);
  auto declared = plan.inputs.find(name);
  std::string type = declared == plan.inputs.end() ? "" : declared->second.type;
  if (type == "string") {
    inputs[name] = value;
    return;
  }
  json::error_code error;
  json::value parsed = json::parse(value, error);
  if (error && !type.empty())
    throw Failure{ExitCode::bad_data, "--input " + assignment + ": the plan declares `" + name +
                                          "` as " + type + ", and `" + value + "` is not that"};
  inputs[name] = error ? json::value(value) : parsed;
}

Labels make_labels(const std::vector<std::string>& texts) {
  Labels labels;
  for (const std::string& text : texts)
    if (const auto added = add_label(labels, text); !added)
      throw Failure{ExitCode::usage, "--label " + text + ": " + added.error().message};
  return labels;
}

std::string label_query(const std::vector<std::string>& texts) {
  std::string query;
  for (const auto& [name, value] : make_labels(texts))
    query += "&label=" + percent_encoded(name + '=' + value);
  return query;
}

json::value parse_json_input(const std::string& text, const std::string& file) {
  json::stream_parser parser;
  json::error_code error;
  std::size_t read = parser.write_some(text, error);
  if (!error && parser.done() && text.find_first_not_of(" \t\r\n", read) != std::string::npos)
    error = json::error::extra_data;
  if (!error) parser.finish(error);
  if (!error) return parser.release();
  std::string before = text.substr(0, std::min(read, text.size()));
  auto line = std::count(before.begin(), before.end(), '\n') + 1;
  auto column = before.size() - (before.rfind('\n') + 1) + 1; // npos + 1 is 0
  throw Failure{ExitCode::bad_data, file + ":" + std::to_string(line) + ":" +
                                        std::to_string(column) + ": not JSON: " + error.message()};
}

json::object parse_inputs_file(const std::string& text, const std::string& file) {
  json::value value = parse_json_input(text, file == "-" ? "stdin" : file);
  if (!value.is_object())
    throw Failure{ExitCode::bad_data,
                  file + ": the inputs must be one JSON object, {\"name\": value, ..}"};
  return value.as_object();
}

json::object read_inputs(const std::string& file, const std::vector<std::string>& assignments,
                         const plan::Plan& plan) {
  json::object inputs;
  if (!file.empty()) inputs = parse_inputs_file(read_input(file, "the inputs"), file);
  for (const std::string& assignment : assignments) add_input(inputs, assignment, plan);
  return inputs;
}

} // namespace troupe::cli
