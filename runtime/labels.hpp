// Labels of jobs: what people search them by.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/result.hpp"

namespace troupe {

using Labels = std::map<std::string, std::string>;

/// invalid_input: a name that is not 1 to limits::label_name_bytes_max letters, digits, `_`, `-`,
/// `.` or `/`.
Result<> check_label_name(std::string_view name);
/// invalid_input: more than limits::labels_max, a name as above, a value that is longer than
/// limits::label_value_bytes_max or holds a control character.
Result<> check_labels(const Labels& labels);
/// "team=web": the name ends at the first `=`. invalid_input as above, or there is no `=`.
Result<std::pair<std::string, std::string>> parse_label(std::string_view text);
/// Adds what parse_label reads. invalid_input as above, or the name has another value already.
Result<> add_label(Labels& labels, std::string_view text);
/// What comes from outside, made to fit: cut between characters, control characters to spaces.
std::string fitting_label_value(std::string_view text);

/// {"a":"b"}, in the order of names.
std::string to_json(const Labels& labels);
/// What to_json wrote; empty if it is something else.
Labels read_labels(std::string_view json);

} // namespace troupe
