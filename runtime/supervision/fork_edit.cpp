// What a forked run executes: the same documents, or one step's `task` or `with` in other words.
#include <boost/json.hpp>

#include "runtime/hash.hpp"
#include "runtime/json_value.hpp"
#include "runtime/supervision/command.hpp"
#include "runtime/supervision/fork.hpp"

namespace troupe::supervision {
namespace {

namespace json = boost::json;

/// The source of the step with that id: ids are unique in a plan.
json::object* find_source(json::value& value, std::string_view id) {
  if (auto* list = value.if_array()) {
    for (auto& item : *list)
      if (auto* found = find_source(item, id)) return found;
    return nullptr;
  }
  auto* object = value.if_object();
  if (object == nullptr) return nullptr;
  if (const auto* own = object->if_contains("id");
      own != nullptr && own->is_string() && std::string_view{own->get_string()} == id)
    return object;
  for (auto& [key, member] : *object)
    if (key != "with" && key != "task" && key != "output" && key != "inputs")
      if (auto* found = find_source(member, id)) return found;
  return nullptr;
}

Result<> edit(json::object& step, const char* key, const JsonText& words, bool fits,
              const std::string& path) {
  if (!fits)
    return make_error(ErrorClass::invalid_input,
                      std::string{key} + ": step " + path + " has none to edit");
  auto value = read_json(words.text);
  if (!value) return make_error(ErrorClass::invalid_input, std::string{key} + ": not JSON");
  step[key] = std::move(*value);
  return {};
}

Result<> edit_step(json::object& source, const RunState& run, const ports::ForkRequest& request) {
  const auto step = find_step(run, request.from);
  if (!step) return step.error();
  const plan::Node& node = *(*step)->node;
  auto* found = node.id.empty() ? nullptr : find_source(source["plan"], node.id);
  if (found == nullptr)
    return make_error(ErrorClass::invalid_input, "step " + request.from + " has nothing to edit");
  if (request.task)
    if (auto done = edit(*found, "task", *request.task,
                         std::holds_alternative<plan::AgentStep>(node.kind), request.from);
        !done)
      return done;
  if (!request.with) return {};
  const bool has_with = std::holds_alternative<plan::ToolStep>(node.kind) ||
                        std::holds_alternative<plan::PlanStep>(node.kind);
  return edit(*found, "with", *request.with, has_with, request.from);
}

} // namespace

Result<EditedBundle> edit_bundle(const std::string& body, const RunState& run,
                                 const ports::ForkRequest& request) {
  EditedBundle out;
  out.bundle = {run.created.bundle, body};
  out.unpacked = run.bundle;
  if (!request.task && !request.with) return out;
  if (request.from.empty())
    return make_error(ErrorClass::invalid_input,
                      "from: missing; `task` and `with` are those of the step to begin from");
  auto source = read_json(body);
  if (!source || !source->is_object())
    return make_error(ErrorClass::internal, "what the run executes cannot be read");
  if (auto edited = edit_step(source->get_object(), run, request); !edited) return edited.error();
  out.bundle.body = canonical(JsonText{json::serialize(*source)});
  out.bundle.hash = sha256_hex(out.bundle.body);
  auto unpacked = config::unpack_bundle(out.bundle.body);
  if (!unpacked)
    return make_error(ErrorClass::invalid_input,
                      "with that edit the plan has faults: " + unpacked.error().message);
  out.unpacked = std::make_shared<const config::UnpackedBundle>(std::move(*unpacked));
  return out;
}

} // namespace troupe::supervision
