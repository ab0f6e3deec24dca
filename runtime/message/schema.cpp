#include "runtime/message/schema.hpp"

#include <tuple>

#include "runtime/message/shape.hpp"
#include "runtime/message/shape_codec.hpp"

namespace troupe::message {
namespace {

template <class T>
struct Part {
  std::string_view name; // among the definitions
};

/// What types are made of. One that is missing here does not compile.
constexpr std::tuple parts{Part<Error>{"error"},
                           Part<ActivityKey>{"activity_key"},
                           Part<ActivityOutcome>{"activity_outcome"},
                           Part<RecordedActivity>{"recorded_activity"},
                           Part<RoleDefinition>{"role_definition"},
                           Part<ArtifactAccess>{"artifact_access"},
                           Part<ClosedKey>{"closed_key"}};

std::string reference(std::string_view name) {
  return std::string{R"({"$ref": "#/definitions/)"}.append(name) + "\"}";
}

template <class T>
std::string schema_of() {
  if constexpr (Shaped<T>) {
    return reference(std::get<Part<T>>(parts).name);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return R"({"type": "string"})";
  } else if constexpr (std::is_same_v<T, bool>) {
    return R"({"type": "boolean"})";
  } else if constexpr (std::is_unsigned_v<T> && sizeof(T) < 8) {
    return R"({"type": "integer", "minimum": 0, "maximum": )" +
           std::to_string(std::numeric_limits<T>::max()) + "}";
  } else if constexpr (std::is_unsigned_v<T>) {
    return R"({"type": "integer", "minimum": 0})";
  } else if constexpr (std::is_same_v<T, JsonText> || std::is_same_v<T, std::optional<JsonText>>) {
    return "{}";
  } else if constexpr (std::is_same_v<T, Instant>) {
    return reference("time");
  } else if constexpr (is_id<T>) {
    return reference("uuid");
  } else if constexpr (std::is_same_v<T, Priority>) {
    return reference("priority");
  } else if constexpr (std::is_same_v<T, ErrorClass>) {
    return reference("error_class");
  } else if constexpr (is_optional<T>) {
    return R"({"anyOf": [)" + schema_of<typename T::value_type>() + R"(, {"type": "null"}]})";
  } else if constexpr (is_vector<T>) {
    return R"({"type": "array", "items": )" + schema_of<typename T::value_type>() + "}";
  } else {
    static_assert(unknown_type<T>, "say here how this type is described");
  }
}

// ---- objects

struct Members {
  std::string required, properties; // `"id", "sender"` and `"id": {..}`, a line each
  std::string_view indent;

  void add(std::string_view name, const std::string& schema, bool is_required) {
    if (is_required) ((required += required.empty() ? "\"" : ", \"") += name) += '"';
    properties.append(properties.empty() ? "" : ",\n").append(indent);
    append_quoted(properties, name);
    properties.append(": ").append(schema);
  }
};

template <class T>
void add_fields(Members& members) {
  const auto add = [&](const auto& field) {
    using Value = std::remove_cvref_t<decltype(std::invoke(field.access, std::declval<T&>()))>;
    members.add(field.name, schema_of<Value>(), field.is_required);
  };
  std::apply([&](const auto&... field) { (add(field), ...); }, shape<T>.fields);
}

void define(std::string& out, std::string_view name, const std::string& schema) {
  out += out.empty() ? "" : ",\n";
  out += "    ";
  append_quoted(out, name);
  out.append(": ").append(schema);
}

template <class T>
void define_object(std::string& out, std::string_view name) {
  Members members{"", "", "        "};
  add_fields<T>(members);
  std::string schema = R"({"type": "object")";
  if (!members.required.empty()) schema += R"(, "required": [)" + members.required + "]";
  if (!members.properties.empty())
    schema += ",\n      \"properties\": {\n" + members.properties + "\n      }";
  define(out, name, schema + "}");
}

template <class... Body>
void define_bodies(std::string& out, const std::variant<Body...>*) {
  (define_object<Body>(out, shape<Body>.type), ...);
}

template <class Names>
std::string one_of(const Names& names) {
  std::string out;
  for (const auto& name : names) {
    out += out.empty() ? "" : ", ";
    append_quoted(out, name);
  }
  return R"({"type": "string", "enum": [)" + out + "]}";
}

std::string definitions() {
  constexpr std::string_view uuid =
      R"({"type": "string", "description": "UUID; version 7 of whoever makes one",
      "pattern": "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"})";
  constexpr std::string_view time =
      R"({"type": "string", "description": "as in RFC 3339",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$"})";
  std::string out;
  define(out, "uuid", std::string{uuid});
  define(out, "time", std::string{time});
  std::vector<std::string_view> names;
  for (const auto priority : {Priority::low, Priority::normal, Priority::high, Priority::critical})
    names.push_back(to_string(priority));
  define(out, "priority", one_of(names));
  names.clear();
  for (const auto error_class : all_error_classes) names.push_back(to_string(error_class));
  define(out, "error_class", one_of(names));
  const auto define_part = [&]<class T>(const Part<T>& part) { define_object<T>(out, part.name); };
  std::apply([&](const auto&... part) { (define_part(part), ...); }, parts);
  define_bodies(out, static_cast<Body*>(nullptr));
  return out;
}

/// The content of each type is its definition.
std::string choices() {
  std::string out;
  for (const auto type : body_types) {
    out.append(out.empty() ? "" : ",\n")
        .append(R"(    {"if": {"properties": {"type": {"const": ")")
        .append(type)
        .append(R"("}}},)")
        .append("\n     ")
        .append(R"("then": {"properties": {"content": )")
        .append(reference(type))
        .append("}}}");
  }
  return out;
}

} // namespace

std::string message_schema() {
  Members envelope{"", "", "    "};
  envelope.add("v", R"({"const": 1})", true);
  envelope.add("type", one_of(body_types), true);
  add_fields<AgentMessage>(envelope);
  envelope.add("content", R"({"type": "object"})", true);
  std::string out = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "AgentMessage, version 1",
  "description": "Every message between nodes of Troupe; PROTOCOL.md says who sends which, when.",
  "type": "object",
)";
  out.append("  \"required\": [").append(envelope.required).append("],\n");
  out.append("  \"properties\": {\n").append(envelope.properties).append("\n  },\n");
  out.append("  \"allOf\": [\n").append(choices()).append("\n  ],\n");
  out.append("  \"definitions\": {\n").append(definitions()).append("\n  }\n}\n");
  return out;
}

} // namespace troupe::message
