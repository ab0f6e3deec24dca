#include "runtime/plan/inputs.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "runtime/limits.hpp"
#include "runtime/plan/fields.hpp"
#include "runtime/plan/json_value.hpp"
#include "runtime/plan/language.hpp"
#include "runtime/plan/parse.hpp"
#include "runtime/plan/suggestion.hpp"

namespace troupe::plan {
namespace {

namespace json = boost::json;

const std::vector<std::pair<std::string, std::string>> input_types{
    {"string", "string"},   {"number", "number"}, {"integer", "integer"},
    {"boolean", "boolean"}, {"object", "object"}, {"array", "array"}};

bool is_integer(const json::value& value) {
  if (value.is_int64() || value.is_uint64()) return true;
  return value.is_double() && value.get_double() == std::floor(value.get_double());
}

bool has_type(const json::value& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return is_integer(value);
  if (type == "boolean") return value.is_bool();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return true; // any
}

std::string with_article(std::string_view type) {
  const bool vowel = type.find_first_of("aeiou") == 0;
  return (vowel ? "an " : "a ") + std::string{type};
}

Input read_input(const SourceNode& node, const std::string& name, std::vector<Fault>& faults) {
  Input input;
  const auto what = is_name(name) ? "input `" + name + "`" : "this input";
  Fields fields{node, what, faults};
  input.type = fields.choice("type", input_types).value_or("");
  input.description = fields.text("description").value_or("");
  const auto* default_value = fields.find("default");
  const auto required = fields.boolean("required");
  input.required = required.value_or(default_value == nullptr);
  if (default_value != nullptr) {
    input.default_value = default_value->to_json();
    const auto& text = input.default_value.text;
    if (input.required)
      fields.fault(fields.place_of("required"),
                   "a required input has no use for a `default`; drop one of the two");
    if (!has_type(parse_json(input.default_value), input.type))
      fields.fault(default_value->place, "the default of " + what + " must be " +
                                             with_article(input.type) + ", not " +
                                             std::string{describe(default_value->type)});
    if (text.find("${{") != text.npos)
      fields.fault(default_value->place, "a default is taken as it is; it cannot hold a template");
  }
  fields.refuse_unknown();
  return input;
}

std::vector<std::string> names_of(const Plan& plan) {
  std::vector<std::string> names;
  for (const auto& [name, input] : plan.inputs) names.push_back(name);
  return names;
}

/// What is wrong with one input; "" when nothing is.
std::string input_fault(const std::string& name, const Input& input, const json::value* given) {
  if (given == nullptr)
    return input.required ? "input `" + name + "` is missing; the plan requires " +
                                (input.type.empty() ? "it" : with_article(input.type))
                          : "";
  if (given->is_null() && !input.required) return "";
  if (has_type(*given, input.type)) return "";
  return "input `" + name + "` must be " + with_article(input.type) + ", not " +
         std::string{describe(*given)};
}

std::string input_faults(const Plan& plan, const json::object& given) {
  std::string faults;
  std::size_t count = 0;
  const auto names = names_of(plan);
  const auto add = [&](const std::string& fault) {
    if (!fault.empty()) faults += (count++ == 0 ? "" : "\n") + fault;
  };
  for (const auto& [name, input] : plan.inputs)
    add(input_fault(name, input, given.if_contains(name)));
  for (const auto& member : given) {
    const std::string name{member.key().data(), member.key().size()};
    if (plan.inputs.count(name) == 0)
      add("the plan has no input `" + name + "`" +
          (count < suggestions_max ? did_you_mean(name, names) : ""));
  }
  return faults;
}

} // namespace

std::map<std::string, Input> read_inputs(const SourceNode& node, std::vector<Fault>& faults) {
  std::map<std::string, Input> inputs;
  for (std::size_t i = 0; i < node.members.size(); ++i) {
    const auto& [name, value] = node.members[i];
    if (!is_name(name))
      faults.push_back({node.member_places[i],
                        "the name of an input begins with a letter or `_` and goes on with "
                        "letters, digits, `_` and `-`, 128 at most; `" +
                            name + "` does not"});
    inputs.emplace(name, read_input(value, name, faults));
  }
  return inputs;
}

void check_given_inputs(const Plan& plan, const SourceNode* given, const Place& place,
                        std::string_view key, std::vector<Fault>& faults) {
  for (const auto& [name, input] : plan.inputs)
    if (input.required && (given == nullptr || given->find(name) == nullptr))
      faults.push_back({place, "the plan asks for the input `" + name + "`; add it to `" +
                                   std::string{key} + "`"});
  if (given == nullptr) return;
  for (std::size_t i = 0; i < given->members.size(); ++i) {
    const auto& [name, value] = given->members[i];
    const auto input = plan.inputs.find(name);
    if (input == plan.inputs.end()) {
      faults.push_back({given->member_places[i], "the plan has no input `" + name + "`" +
                                                     did_you_mean(name, names_of(plan))});
      continue;
    }
    const auto text = value.to_json();
    if (text.text.find("${{") != std::string::npos) continue; // the run will tell
    const auto literal = parse_json(text);
    if (auto fault = input_fault(name, input->second, &literal); !fault.empty())
      faults.push_back({value.place, std::move(fault)});
  }
}

Result<JsonText> bind_inputs(const Plan& plan, const JsonText& inputs) {
  json::parse_options options;
  options.max_depth = limits::json_depth_max;
  json::error_code ec;
  const auto value = json::parse(inputs.text, ec, {}, options);
  if (ec)
    return make_error(ErrorClass::invalid_input, "the inputs are not JSON of at most " +
                                                     std::to_string(limits::json_depth_max) +
                                                     " levels: " + ec.message());
  if (!value.is_object())
    return make_error(ErrorClass::invalid_input,
                      "the inputs must be a map by name, not " + std::string{describe(value)});
  const auto& given = value.get_object();
  if (auto faults = input_faults(plan, given); !faults.empty())
    return make_error(ErrorClass::invalid_input, std::move(faults));

  std::string bound;
  for (const auto& [name, input] : plan.inputs) {
    const auto* own = given.if_contains(name);
    bound += bound.empty() ? "{" : ",";
    bound += json::serialize(json::string_view{name}) + ":";
    if (own != nullptr && !own->is_null())
      append_json(bound, *own);
    else
      bound += own != nullptr && input.required ? "null" : input.default_value.text;
  }
  bound += bound.empty() ? "{}" : "}";
  if (bound.size() > limits::payload_bytes_max)
    return make_error(ErrorClass::invalid_input,
                      "the inputs have " + std::to_string(bound.size()) + " bytes; at most " +
                          std::to_string(limits::payload_bytes_max) + " are taken");
  return JsonText{std::move(bound)};
}

} // namespace troupe::plan
