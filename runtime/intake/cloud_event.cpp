#include "runtime/intake/cloud_event.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "runtime/ascii.hpp"
#include "runtime/base64.hpp"
#include "runtime/clock.hpp"
#include "runtime/hash.hpp"
#include "runtime/intake_limits.hpp"
#include "runtime/json_value.hpp"
#include "runtime/percent.hpp"
#include "runtime/utf8.hpp"

namespace troupe::intake {
namespace {

namespace json = boost::json;

Error fault(std::string what) {
  return make_error(ErrorClass::invalid_input,
                    std::move(what) +
                        R"(; a CloudEvent 1.0 looks like {"specversion":"1.0","id":"..",)"
                        R"("source":"/ci/main","type":"build.finished","data":{..}})");
}

/// "application/json; charset=utf-8" -> "application/json"
std::string media_type(std::string_view text) {
  auto type = lower(text.substr(0, text.find(';')));
  while (!type.empty() && type.back() == ' ') type.pop_back();
  return type;
}

bool is_json(std::string_view type) {
  return type == "application/json" || type == "text/json" || type.ends_with("+json");
}

/// Attribute names of the specification, section 3.1; it only wishes them to be short.
bool is_attribute_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::event_attribute_bytes_max &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

/// What has been read, before it is known to be a CloudEvent.
class Draft {
 public:
  Result<CloudEvent> finish() &&;
  json::object members;

 private:
  std::optional<Error> check_attribute(std::string_view name, const json::value& value) const;
  std::optional<Error> check_required() const;
};

std::optional<Error> Draft::check_attribute(std::string_view name, const json::value& value) const {
  if (name == "data" || name == "data_base64") return std::nullopt;
  const auto quoted = '`' + clean_utf8(name.substr(0, 40)) + '`';
  if (!is_attribute_name(name))
    return fault("the name of the attribute " + quoted +
                 " must be lower-case letters and digits, " +
                 std::to_string(limits::event_attribute_bytes_max) + " at most");
  if (value.is_structured() || value.is_double())
    return fault("the attribute " + quoted + " must be a string, an integer or a boolean");
  if (value.is_string() && !is_utf8(value.get_string()))
    return fault("the attribute " + quoted + " is not UTF-8");
  return std::nullopt;
}

std::optional<Error> Draft::check_required() const {
  for (const auto* name : {"specversion", "id", "source", "type"}) {
    const auto* value = members.if_contains(name);
    if (value == nullptr || !value->is_string() || value->get_string().empty())
      return fault("the attribute `" + std::string{name} + "` is missing or no text");
  }
  if (const auto& version = members.at("specversion").get_string(); version != "1.0")
    return fault("`specversion` is \"" + clean_utf8(version.subview(0, 20)) +
                 "\"; 1.0 is understood");
  for (const auto* name : {"subject", "time", "datacontenttype", "dataschema"}) {
    const auto* value = members.if_contains(name);
    if (value != nullptr && (!value->is_string() || value->get_string().empty()))
      return fault("the attribute `" + std::string{name} + "` must be a text that is not empty");
  }
  return std::nullopt;
}

Result<CloudEvent> Draft::finish() && {
  // An attribute of null is one that is not there (JSON event format, section 2.2).
  for (auto at = members.begin(); at != members.end();)
    at = at->value().is_null() && at->key() != "data" ? members.erase(at) : std::next(at);
  if (auto missing = check_required()) return *missing;
  for (const auto& [name, value] : members)
    if (auto wrong = check_attribute(name, value)) return *wrong;
  if (const auto* time = members.if_contains("time");
      time != nullptr && !parse_iso8601(std::string_view{time->get_string()}))
    return fault("`time` must be as RFC 3339 has it: 2026-11-20T18:46:51Z");
  if (members.contains("data") && members.contains("data_base64"))
    return fault("there are `data` and `data_base64`; there may be one of them");
  const auto text = [&](const char* name) {
    const auto* value = members.if_contains(name);
    return value == nullptr ? std::string{} : std::string{value->get_string()};
  };
  CloudEvent event{text("id"), text("source"), text("type"), text("subject"), {}};
  for (const auto* part : {&event.id, &event.source, &event.type, &event.subject})
    if (part->size() > limits::event_text_bytes_max)
      return fault("`id`, `source`, `type` and `subject` have " +
                   std::to_string(limits::event_text_bytes_max) + " bytes at most");
  JsonText body{json::serialize(members)};
  if (!read_json(body.text)) return fault("a number in it is beyond what can be kept");
  event.body = JsonText{canonical(body)};
  return event;
}

Result<CloudEvent> structured(std::string_view payload) {
  auto value = read_json(payload);
  if (!value || !value->is_object()) return fault("the payload is not a JSON object");
  return Draft{std::move(value->get_object())}.finish();
}

void put_data(json::object& members, std::string_view type, std::string_view payload) {
  if (payload.empty()) return;
  if (is_json(type))
    if (auto value = read_json(payload)) {
      members["data"] = std::move(*value);
      return;
    }
  if (is_utf8(payload) && payload.find('\0') == payload.npos)
    members["data"] = payload;
  else
    members["data_base64"] = base64_encode(payload);
}

Result<CloudEvent> binary(const Injected& injected) {
  Draft draft;
  for (const auto& [key, value] : injected.headers) {
    const auto name = lower(key);
    if (!name.starts_with("ce-")) continue;
    const auto decoded = percent_decode(value);
    if (!decoded) return fault("the header `" + name + "` is not percent-encoded UTF-8");
    draft.members[std::string_view{name}.substr(3)] = *decoded;
  }
  for (const auto* name : {"data", "data_base64"})
    if (draft.members.contains(name))
      return fault("the header `ce-" + std::string{name} +
                   "` is no attribute; data is the payload");
  if (const auto* type = injected.header("content-type");
      type != nullptr && !draft.members.contains("datacontenttype"))
    draft.members["datacontenttype"] = *type;
  const auto* declared = draft.members.if_contains("datacontenttype");
  const auto type =
      declared == nullptr ? "application/json" : media_type(declared->get_string().subview());
  if (is_json(type) && !injected.payload.empty() && !read_json(injected.payload))
    return fault("the payload is not JSON, which `datacontenttype` says");
  put_data(draft.members, type, injected.payload);
  return std::move(draft).finish();
}

/// Without a word of CloudEvents: `nats pub troupe.main.in.ci.me '{"built":true}'`.
Result<CloudEvent> bare(const Injected& injected, json::value data) {
  const auto* id = injected.header("nats-msg-id");
  Draft draft;
  draft.members = {{"specversion", "1.0"},
                   {"id", id != nullptr ? *id : injected.place},
                   {"source", '/' + injected.channel + '/' + injected.sender},
                   {"type", injected.channel},
                   {"datacontenttype", "application/json"},
                   {"data", std::move(data)}};
  return std::move(draft).finish();
}

} // namespace

Result<CloudEvent> read_cloud_event(const Injected& injected) {
  const auto* content = injected.header("content-type");
  const auto type = content == nullptr ? std::string{} : media_type(*content);
  if (type == "application/cloudevents+json") return structured(injected.payload);
  if (type.starts_with("application/cloudevents"))
    return fault("events of the type " + clean_utf8(type) +
                 " are not understood; send one event as "
                 "application/cloudevents+json");
  const bool named =
      std::any_of(injected.headers.begin(), injected.headers.end(),
                  [](const auto& header) { return lower(header.first).starts_with("ce-"); });
  if (named) return binary(injected);
  auto value = read_json(injected.payload);
  if (!value) return fault("the payload is not JSON, and no header says what it is");
  if (value->is_object() && value->get_object().contains("specversion"))
    return Draft{std::move(value->get_object())}.finish();
  return bare(injected, std::move(*value));
}

} // namespace troupe::intake
