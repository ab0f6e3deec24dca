#include "runtime/supervision/item_list.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/artifact_limits.hpp"
#include "runtime/json_value.hpp"

namespace troupe::supervision {
namespace {

bool was_reached(const Error& error) {
  return error.error_class != ErrorClass::internal && error.error_class != ErrorClass::no_capacity;
}

Error about(const artifact::Reference& what, ErrorClass error_class, const std::string& text) {
  return make_error(error_class, "artifact " + artifact::name_of(what.hash) + ": " + text);
}

} // namespace

std::optional<std::vector<JsonText>> read_items(std::string_view list) {
  const auto value = read_json(list);
  if (!value || !value->is_array()) return std::nullopt;
  std::vector<JsonText> items;
  items.reserve(value->get_array().size());
  for (const auto& item : value->get_array())
    items.push_back(JsonText{boost::json::serialize(item)});
  return items;
}

Result<std::vector<JsonText>> items_of(const ArtifactRead& read) {
  if (read.fault) return *read.fault;
  auto items = read_items(*read.content);
  if (!items)
    return about(read.what, ErrorClass::invalid_input,
                 "a foreach goes over a JSON list, and this is none; make the step that `in` names "
                 "return one");
  if (const auto few = check_count(items->size()); !few) return few.error();
  return *std::move(items);
}

Result<> check_count(std::size_t items) {
  if (items <= limits::foreach_items_max) return {};
  return make_error(ErrorClass::budget_exceeded,
                    "a list of " + std::to_string(items) + " items; a foreach goes over at most " +
                        std::to_string(limits::foreach_items_max) +
                        ": make them lists of several, or slice them over child plans");
}

bool holds_undo(const plan::Node& node) {
  return node.undo != nullptr || std::ranges::any_of(node.children, holds_undo);
}

std::optional<Stimulus> told(const StoreArtifact& asked, const Result<>& answer) {
  if (answer) return ArtifactStored{asked.step, asked.what, {}};
  if (!was_reached(answer.error())) return std::nullopt;
  return ArtifactStored{asked.step, asked.what,
                        about(asked.what, answer.error().error_class,
                              "it cannot be stored: " + answer.error().message)};
}

std::optional<Stimulus> told(const ReadArtifact& asked, const Result<artifact::Content>& answer) {
  ArtifactRead read{asked.step, asked.what, nullptr, {}};
  if (answer && *answer)
    read.content = *answer;
  else if (answer)
    read.fault = about(asked.what, ErrorClass::invalid_input,
                       "it is gone, or this run was never given it; let a step of this run make "
                       "it anew");
  else if (was_reached(answer.error()))
    read.fault = about(asked.what, ErrorClass::budget_exceeded,
                       answer.error().message + ": let a step make several smaller ones of it");
  else
    return std::nullopt;
  return read;
}

} // namespace troupe::supervision
