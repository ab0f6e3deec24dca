#include "runtime/json_schema.hpp"

#define VALIJSON_USE_EXCEPTIONS 1 // it aborts otherwise

#include <algorithm>
#include <boost/json.hpp>
#include <optional>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "runtime/clock.hpp"
#include "runtime/json_value.hpp"

namespace troupe {
namespace {

namespace json = boost::json;

// std::regex walks a text recursively: a long one would exhaust the stack, so it is refused before.
constexpr std::size_t matched_bytes_max = 4096;

const json::value* member(const json::value* of, std::string_view key) {
  if (!of || !of->is_object()) return nullptr;
  return of->get_object().if_contains(json::string_view{key.data(), key.size()});
}

std::string text_of(const json::value* value) {
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

std::string place(const std::string& pointer) { return pointer.empty() ? "/" : pointer; }

/// The schema of a member or an item: `properties`, `additionalProperties` or `items`.
const json::value* schema_of(const json::value* schema, std::string_view key) {
  if (const auto* found = member(member(schema, "properties"), key)) return found;
  if (const auto* rest = member(schema, "additionalProperties"); rest && rest->is_object())
    return rest;
  const auto* items = member(schema, "items");
  return items && items->is_object() ? items : nullptr;
}

std::string type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "boolean";
    case json::kind::string: return "string";
    case json::kind::array: return "array";
    case json::kind::object: return "object";
    case json::kind::double_: return "number";
    default: return "integer";
  }
}

std::string joined(const json::value* list) {
  std::string out;
  if (!list || !list->is_array()) return text_of(list);
  for (const auto& item : list->get_array())
    (out += out.empty() ? "" : ", ") +=
        item.is_string() ? std::string{item.get_string()} : json::serialize(item);
  return out;
}

std::string known_keys(const json::value* schema) {
  std::string out;
  if (const auto* properties = member(schema, "properties"); properties && properties->is_object())
    for (const auto& property : properties->get_object())
      (out += out.empty() ? "" : ", ") += std::string{property.key()};
  return out.empty() ? "none" : out;
}

/// " (how long to wait)": what the schema says the value is for.
std::string purpose(const json::value* schema) {
  const auto text = text_of(member(schema, "description"));
  return text.empty() ? "" : " (" + text + ")";
}

/// Calls `visit(schema, value, pointer)` for every value whose schema is known, outermost first.
template <class Visit>
void walk(const json::value* schema, const json::value& value, const std::string& pointer,
          const Visit& visit) {
  if (!schema) return;
  visit(*schema, value, pointer);
  if (value.is_object())
    for (const auto& part : value.get_object())
      walk(schema_of(schema, part.key()), part.value(), pointer + '/' + escaped(part.key()), visit);
  if (value.is_array())
    for (std::size_t i = 0; i < value.get_array().size(); ++i)
      walk(schema_of(schema, ""), value.get_array()[i], pointer + '/' + std::to_string(i), visit);
}

using Faults = std::vector<std::string>;

Faults overlong_texts(const json::value& schema, const json::value& document) {
  Faults faults;
  walk(&schema, document, "", [&](const auto& rule, const auto& value, const auto& pointer) {
    if (value.is_string() && member(&rule, "pattern") &&
        value.get_string().size() > matched_bytes_max)
      faults.push_back(place(pointer) + ": longer than " + std::to_string(matched_bytes_max) +
                       " bytes; expected " + text_of(member(&rule, "pattern")) + purpose(&rule));
  });
  return faults;
}

Faults impossible_durations(const json::value& schema, const json::value& document) {
  Faults faults;
  walk(&schema, document, "", [&](const auto& rule, const auto& value, const auto& pointer) {
    if (value.is_string() && text_of(member(&rule, "pattern")) == duration_pattern &&
        !parse_duration(std::string_view{value.get_string()}))
      faults.push_back(place(pointer) +
                       ": expected a duration of at least 1ms, written like 250ms, 5s or 1h30m" +
                       purpose(&rule));
  });
  return faults;
}

/// One error of valijson, with what it points at.
struct Finding {
  std::string pointer;
  const json::value* schema = nullptr; // null where it cannot be told
  const json::value* value = nullptr;
  std::string description;
};

Finding locate(const valijson::ValidationResults::Error& error, const json::value& schema,
               const json::value& document) {
  Finding found{"", &schema, &document, error.description};
  for (std::size_t i = 1; i < error.context.size(); ++i) { // the first is "<root>"
    const auto& bracketed = error.context[i];              // "[key]"
    const auto key = bracketed.substr(1, bracketed.size() - 2);
    found.pointer += '/' + escaped(key);
    found.schema = schema_of(found.schema, key);
    if (found.value && found.value->is_array()) {
      const auto index = static_cast<std::size_t>(std::stoul(key));
      const auto& items = found.value->get_array();
      found.value = index < items.size() ? &items[index] : nullptr;
    } else {
      found.value = member(found.value, key);
    }
  }
  return found;
}

/// Errors that only repeat, one level up, what an inner error has said.
bool is_echo(std::string_view description) {
  for (const auto* text : {"Failed to validate against schema associated",
                           "Failed to validate against additional properties",
                           "Failed to validate item #", "Failed to validate against child schema"})
    if (description.starts_with(text)) return true;
  return false;
}

std::string wrong_type(const Finding& found) {
  return "expected " + joined(member(found.schema, "type")) +
         (found.value ? ", found " + type_of(*found.value) : "") + purpose(found.schema);
}

std::string missing_key(const Finding& found) {
  const auto first = found.description.find('\''), last = found.description.rfind('\'');
  const auto key = found.description.substr(first + 1, last - first - 1);
  return "`" + key + "` is missing" + purpose(schema_of(found.schema, key));
}

std::string pattern_unmet(const Finding& found) {
  const auto pattern = text_of(member(found.schema, "pattern"));
  return "expected " +
         (pattern == duration_pattern ? "a duration written like 250ms, 5s or 1h30m"
                                      : "a text that matches " + pattern) +
         purpose(found.schema);
}

void describe(const Finding& found, Faults& faults) {
  const std::string_view text = found.description;
  const auto say = [&](const std::string& what) {
    faults.push_back(place(found.pointer) + ": " + what);
  };
  if (text.starts_with("Value type not permitted")) return say(wrong_type(found));
  if (text.starts_with("Missing required property")) return say(missing_key(found));
  if (text.starts_with("Failed to match regex")) return say(pattern_unmet(found));
  if (text.starts_with("Failed to match against any enum"))
    return say("expected one of " + joined(member(found.schema, "enum")) + purpose(found.schema));
  if (!text.starts_with("Object contains a property")) // its text says what is expected
    return say(std::string{text.substr(0, text.find_last_not_of('.') + 1)} + purpose(found.schema));
  if (!found.value || !found.value->is_object()) return say("unknown key");
  for (const auto& part : found.value->get_object()) // valijson names the first one alone
    if (!schema_of(found.schema, part.key()))
      faults.push_back(found.pointer + '/' + escaped(part.key()) +
                       ": unknown key; known: " + known_keys(found.schema));
}

void compile(const json::value& schema, valijson::Schema& compiled) {
  valijson::SchemaParser{valijson::SchemaParser::kDraft7}.populateSchema(
      valijson::adapters::BoostJsonAdapter{schema}, compiled);
}

Faults validate(const json::value& schema, const json::value& document) {
  valijson::Schema compiled;
  compile(schema, compiled);
  valijson::ValidationResults results;
  // It keeps the regular expressions it has seen, whose making costs more than all the rest.
  thread_local valijson::Validator validator;
  if (validator.validate(compiled, valijson::adapters::BoostJsonAdapter{document}, &results))
    return impossible_durations(schema, document);

  Faults faults, echoes;
  for (const auto& error : results)
    describe(locate(error, schema, document), is_echo(error.description) ? echoes : faults);
  if (faults.empty()) faults = echoes;
  const auto durations = impossible_durations(schema, document);
  for (const auto& fault : durations) {
    const auto same_place = [&](const std::string& other) {
      return other.starts_with(fault.substr(0, fault.find(": ") + 2));
    };
    if (std::none_of(faults.begin(), faults.end(), same_place)) faults.push_back(fault);
  }
  std::sort(faults.begin(), faults.end());
  faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
  return faults;
}

} // namespace

std::vector<std::string> schema_faults(std::string_view schema, const JsonText& document) {
  const auto value = read_json(document.text);
  if (!value) return {"/: not JSON, or nested too deep"};
  try {
    const auto rules = json::parse(json::string_view{schema.data(), schema.size()});
    if (auto faults = overlong_texts(rules, *value); !faults.empty()) return faults;
    return validate(rules, *value);
  } catch (const std::exception& defect) {
    return {std::string{"/: cannot be checked, the schema itself is wrong: "} + defect.what()};
  }
}

std::string schema_defect(std::string_view schema) {
  try {
    valijson::Schema compiled;
    compile(json::parse(json::string_view{schema.data(), schema.size()}), compiled);
    return "";
  } catch (const std::exception& defect) {
    return defect.what();
  }
}

} // namespace troupe
