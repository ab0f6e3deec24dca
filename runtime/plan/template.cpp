#include "runtime/plan/template.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <optional>

#include "runtime/limits.hpp"
#include "runtime/plan/expression.hpp"
#include "runtime/plan/json_value.hpp"
#include "runtime/plan/template_text.hpp"

namespace troupe::plan {

namespace json = boost::json;

struct Scope::Impl {
  json::object roots;
};

namespace {

using Kind = ExpressionNode::Kind;

// ---- evaluation

/// What an expression yields: a value of the scope (not copied) or a new one.
class Value {
 public:
  Value(const json::value* borrowed) : borrowed_{borrowed} {}
  Value(json::value made) : made_(std::move(made)) {} // braces would make a list of it
  const json::value& get() const { return borrowed_ != nullptr ? *borrowed_ : made_; }

 private:
  const json::value* borrowed_ = nullptr;
  json::value made_;
};

/// Each function returns nothing once a failure is recorded.
class Evaluator {
 public:
  explicit Evaluator(const json::object& roots) : roots_{roots} {}

  std::optional<Value> evaluate(const ExpressionNode& node) {
    switch (node.kind) {
      case Kind::literal: return Value{parse_json(node.literal)};
      case Kind::path: return follow(node.path);
      case Kind::negation: return negation(node.operands[0]);
      case Kind::conjunction: return junction(node, "&&", false);
      case Kind::disjunction: return junction(node, "||", true);
      case Kind::default_call: return default_call(node);
      case Kind::slice_call: return slice_call(node);
      default: return comparison(node);
    }
  }

  const std::string& failure() const { return failure_; }

 private:
  std::nullopt_t fail(std::string what) {
    failure_ = std::move(what);
    return std::nullopt;
  }

  std::nullopt_t missing(const std::vector<PathPart>& path, std::size_t count, std::string why) {
    path_is_missing_ = true;
    return fail("`" + path_text(path, count) + "` does not exist: " + std::move(why));
  }

  std::optional<Value> follow(const std::vector<PathPart>& path) {
    const auto* at = roots_.if_contains(path[0].key);
    if (at == nullptr) return missing(path, 1, "no such root can be read here");
    if (path[0].key == "signals" && path.size() > 1 && at->is_object() &&
        !at->get_object().contains(path[1].key)) {
      if (path.size() == 2) return Value{json::value(nullptr)};
      return missing(path, 3, "`" + path_text(path, 2) + "` has not been received");
    }
    for (std::size_t i = 1; i < path.size(); ++i) {
      const auto* next = child(*at, path[i]);
      if (next == nullptr)
        return missing(path, i + 1, "`" + path_text(path, i) + "` is " + outline(*at));
      at = next;
    }
    return Value{at};
  }

  static const json::value* child(const json::value& parent, const PathPart& part) {
    if (!part.is_index)
      return parent.is_object() ? parent.get_object().if_contains(part.key) : nullptr;
    if (!parent.is_array()) return nullptr;
    return parent.get_array().if_contains(std::stoul(part.key)); // nine digits at most
  }

  /// What a value offers to a path, without its content.
  static std::string outline(const json::value& value) {
    if (const auto* list = value.if_array())
      return "a list of " + std::to_string(list->size()) + " items";
    if (const auto* map = value.if_object())
      return map->contains("artifact") && map->contains("bytes") && map->size() == 3
                 ? "an artifact, too large to be looked into; give it to a tool as it is, such as "
                   "workspace.fetch"
                 : "a map without that key";
    return std::string{describe(value)};
  }

  std::optional<bool> boolean(const ExpressionNode& node, std::string_view sign) {
    const auto value = evaluate(node);
    if (!value) return std::nullopt;
    if (const auto* flag = value->get().if_bool()) return *flag;
    return fail(std::string{sign} + " needs true or false, not " +
                std::string{describe(value->get())});
  }

  std::optional<Value> negation(const ExpressionNode& operand) {
    const auto flag = boolean(operand, "!");
    if (!flag) return std::nullopt;
    return Value{json::value(!*flag)};
  }

  /// && stops at the first false, || at the first true.
  std::optional<Value> junction(const ExpressionNode& node, std::string_view sign, bool stop_at) {
    for (const auto& operand : node.operands) {
      const auto flag = boolean(operand, sign);
      if (!flag) return std::nullopt;
      if (*flag == stop_at) return Value{json::value(stop_at)};
    }
    return Value{json::value(!stop_at)};
  }

  std::optional<Value> comparison(const ExpressionNode& node) {
    const auto left = evaluate(node.operands[0]);
    if (!left) return std::nullopt;
    const auto right = evaluate(node.operands[1]);
    if (!right) return std::nullopt;
    if (node.kind == Kind::equal) return Value{json::value(equal(left->get(), right->get()))};
    if (node.kind == Kind::unequal) return Value{json::value(!equal(left->get(), right->get()))};
    const auto ordering = order(left->get(), right->get());
    if (!ordering)
      return fail(std::string{describe(left->get())} + " and " +
                  std::string{describe(right->get())} +
                  " have no order; compare two numbers or two texts");
    return Value{json::value(holds(node.kind, *ordering))};
  }

  static bool holds(Kind kind, std::partial_ordering ordering) {
    switch (kind) {
      case Kind::less: return ordering < 0;
      case Kind::less_equal: return ordering <= 0;
      case Kind::greater: return ordering > 0;
      default: return ordering >= 0;
    }
  }

  std::optional<Value> default_call(const ExpressionNode& node) {
    auto value = evaluate(node.operands[0]);
    if (value && !value->get().is_null()) return value;
    if (!value && !path_is_missing_) return std::nullopt;
    path_is_missing_ = false;
    failure_.clear();
    return evaluate(node.operands[1]);
  }

  std::optional<std::size_t> position(const ExpressionNode& node, std::string_view which) {
    const auto value = evaluate(node);
    if (!value) return std::nullopt;
    const auto number = number_of(value->get());
    if (number && *number >= 0 && *number == std::floor(*number))
      return *number >= 1e15L ? std::size_t{1'000'000'000'000'000}
                              : static_cast<std::size_t>(*number);
    return fail("`" + std::string{which} + "` of slice() must be a whole number from 0");
  }

  /// Beyond the end of the list there is nothing to take, which is no error.
  std::optional<Value> slice_call(const ExpressionNode& node) {
    const auto list = evaluate(node.operands[0]);
    if (!list) return std::nullopt;
    const auto* items = list->get().if_array();
    if (items == nullptr)
      return fail("slice() takes a list, not " + std::string{describe(list->get())});
    const auto from = position(node.operands[1], "from");
    if (!from) return std::nullopt;
    std::optional<std::size_t> to = items->size();
    if (node.operands.size() > 2) to = position(node.operands[2], "to");
    if (!to) return std::nullopt;
    json::array taken;
    for (auto i = *from; i < std::min(*to, items->size()); ++i) taken.push_back((*items)[i]);
    return Value{json::value(std::move(taken))};
  }

  const json::object& roots_;
  std::string failure_;
  bool path_is_missing_ = false; // the failure is one that default() takes care of
};

Result<Value> evaluate_text(std::string_view text, const json::object& roots) {
  const auto parsed = parse_expression(text);
  if (!parsed.fault.empty()) return make_error(ErrorClass::invalid_input, parsed.fault);
  Evaluator evaluator{roots};
  auto value = evaluator.evaluate(parsed.root);
  if (value) return std::move(*value);
  return make_error(ErrorClass::invalid_input, name_expression(text) + ": " + evaluator.failure());
}

// ---- templates

/// Writes the filled-in value as JSON while it walks, so that what many insertions add up to is
/// bounded at every step.
class Filler {
 public:
  Filler(const json::object& roots, std::size_t bytes_max) : roots_{roots}, bytes_max_{bytes_max} {}

  Result<> fill(const json::value& value) {
    if (const auto* text = value.if_string()) return fill_text({text->data(), text->size()});
    if (const auto* list = value.if_array()) return fill_list(*list);
    if (const auto* map = value.if_object()) return fill_map(*map);
    return append(value);
  }

  std::string take() { return std::move(out_); }

 private:
  Result<> append(const json::value& value) {
    append_json(out_, value);
    return bounded(out_);
  }

  Result<> bounded(const std::string& text) const {
    if (text.size() <= bytes_max_) return {};
    return make_error(ErrorClass::invalid_input,
                      "filled in, the template has more than " + std::to_string(bytes_max_) +
                          " bytes; insert less, or pass it as an artifact");
  }

  Result<> fill_list(const json::array& list) {
    out_ += '[';
    for (const auto& item : list) {
      if (&item != list.begin()) out_ += ',';
      if (auto done = fill(item); !done) return done;
    }
    out_ += ']';
    return {};
  }

  Result<> fill_map(const json::object& map) {
    out_ += '{';
    for (const auto& member : map) {
      if (&member != map.begin()) out_ += ',';
      out_ += json::serialize(member.key());
      out_ += ':';
      if (auto done = fill(member.value()); !done) return done;
    }
    out_ += '}';
    return {};
  }

  Result<> fill_text(std::string_view text) {
    const auto split = split_template(text);
    if (!split.fault.empty()) return make_error(ErrorClass::invalid_input, split.fault);
    if (split.parts.size() == 1 && split.parts[0].is_expression) {
      const auto value = evaluate_text(split.parts[0].text, roots_);
      if (!value) return value.error();
      return append(value->get());
    }
    std::string filled;
    for (const auto& part : split.parts) {
      if (auto done = append_part(filled, part); !done) return done;
    }
    return append(json::value(json::string_view{filled.data(), filled.size()}));
  }

  Result<> append_part(std::string& filled, const TextPart& part) {
    if (!part.is_expression) {
      filled += part.text;
      return bounded(filled);
    }
    const auto value = evaluate_text(part.text, roots_);
    if (!value) return value.error();
    if (const auto* text = value->get().if_string())
      filled.append(text->data(), text->size());
    else
      append_json(filled, value->get());
    return bounded(filled);
  }

  const json::object& roots_;
  std::size_t bytes_max_;
  std::string out_;
};

} // namespace

Scope::Scope(const JsonText& roots) : impl_{std::make_unique<Impl>()} {
  impl_->roots = parse_json(roots).as_object();
}
Scope::Scope(Scope&&) noexcept = default;
Scope& Scope::operator=(Scope&&) noexcept = default;
Scope::~Scope() = default;

void Scope::set(std::string_view root, const JsonText& value) {
  impl_->roots[json::string_view{root.data(), root.size()}] = parse_json(value);
}

Result<JsonText> evaluate(const Template& value, const Scope& scope) {
  return evaluate(value, scope, limits::payload_bytes_max);
}

Result<JsonText> evaluate(const Template& value, const Scope& scope, std::size_t bytes_max) {
  Filler filler{scope.impl().roots, bytes_max};
  if (auto done = filler.fill(parse_json(value.value)); !done) return done.error();
  return JsonText{filler.take()};
}

Result<JsonText> evaluate(const Expression& expression, const Scope& scope) {
  const auto value = evaluate_text(expression.text, scope.impl().roots);
  if (!value) return value.error();
  std::string text;
  append_json(text, value->get());
  return JsonText{std::move(text)};
}

Result<bool> evaluate_condition(const Expression& expression, const Scope& scope) {
  const auto value = evaluate_text(expression.text, scope.impl().roots);
  if (!value) return value.error();
  if (const auto* flag = value->get().if_bool()) return *flag;
  return make_error(ErrorClass::invalid_input, name_expression(expression.text) +
                                                   ": a condition yields true or false, not " +
                                                   std::string{describe(value->get())});
}

} // namespace troupe::plan
