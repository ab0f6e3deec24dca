#include "runtime/plan/template_text.hpp"

#include "runtime/plan/expression.hpp"
#include "runtime/plan/expression_lexer.hpp"

namespace troupe::plan {
namespace {

constexpr std::string_view opening = "${{", closing = "}}", escaped = "$${{";

/// Bytes of the expression that `rest` begins with, up to its closing braces; npos if they are
/// missing. A quoted text that is not closed runs to the end.
std::size_t expression_size(std::string_view rest) {
  for (std::size_t i = 0; i < rest.size();) {
    if (rest.substr(i).starts_with(closing)) return i;
    if (rest[i] == '\'' || rest[i] == '"') {
      const auto size = string_literal_size(rest.substr(i));
      if (size == 0) return std::string_view::npos;
      i += size;
    } else {
      ++i;
    }
  }
  return std::string_view::npos;
}

} // namespace

SplitText split_template(std::string_view text) {
  SplitText split;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) split.parts.push_back({std::move(literal), false});
    literal.clear();
  };
  while (!text.empty()) {
    if (text.starts_with(escaped)) {
      literal += opening;
      text.remove_prefix(escaped.size());
    } else if (text.starts_with(opening)) {
      text.remove_prefix(opening.size());
      const auto size = expression_size(text);
      if (size == std::string_view::npos) {
        split.fault = name_expression(text) +
                      " is not closed with }} (check its quotes; a literal "
                      "${{ is written $${{)";
        return split;
      }
      end_literal();
      split.parts.push_back({std::string{text.substr(0, size)}, true});
      text.remove_prefix(size + closing.size());
    } else {
      const auto size = std::min(text.find('$', 1), text.size());
      literal += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  end_literal();
  return split;
}

} // namespace troupe::plan
