// ${{ }}: paths, literals, == != < <= > >= && || !, default(x, y), slice(list, from, to). No loops,
// no input or output (PLANS.md, "Templates"; expression.hpp has the grammar). Inserted text is
// never evaluated again.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/result.hpp"

namespace troupe::plan {

/// What paths start from: one JSON object {"inputs":{..},"run":{..},"steps":{..},"signals":{..},
/// ...}. It is parsed once. A name that `signals` does not hold is null: the signal has not come.
class Scope {
 public:
  explicit Scope(const JsonText& roots);
  Scope(Scope&&) noexcept;
  Scope& operator=(Scope&&) noexcept;
  ~Scope();

  /// Adds or replaces one root.
  void set(std::string_view root, const JsonText& value);

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// Fills in a template. A value that is one ${{ }} keeps its type; embedded in text it becomes text
/// (its JSON, strings as they are); $${{ escapes. invalid_input: a missing path outside default(),
/// a type error, a result over limits::payload_bytes_max. The text names the expression.
Result<JsonText> evaluate(const Template& value, const Scope& scope);

/// The same, where the result may have so many bytes.
Result<JsonText> evaluate(const Template& value, const Scope& scope, std::size_t bytes_max);

/// Evaluates one expression to any JSON value. invalid_input as above.
Result<JsonText> evaluate(const Expression& expression, const Scope& scope);

/// Evaluates a condition. invalid_input also when it does not yield a boolean.
Result<bool> evaluate_condition(const Expression& expression, const Scope& scope);

/// Syntax only. Empty when fine, otherwise what is wrong.
std::string syntax_fault(const Expression& expression);
std::string syntax_fault(const Template& value);

/// Every path that stands in an expression or a template, as written: {"inputs","domain"},
/// {"steps","a","output","x"}; an index as its digits. What does not parse has none.
std::vector<std::vector<std::string>> paths_of(const Expression& expression);
std::vector<std::vector<std::string>> paths_of(const Template& value);

/// True, and the inside is put in `out`, if the text is exactly one ${{ }} (how `when` and `until`
/// are written).
bool single_expression(std::string_view text, Expression& out);

} // namespace troupe::plan
