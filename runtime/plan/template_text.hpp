// A text with ${{ }} in it, cut into what is literal and what is an expression.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace troupe::plan {

struct TextPart {
  std::string text; // literal text with escapes undone, or the inside of one ${{ }}
  bool is_expression = false;
};

struct SplitText {
  std::vector<TextPart> parts; // no two literal ones in a row, none empty
  std::string fault;           // empty when fine
};

/// `$${{` stands for a literal `${{`. A `}}` inside a quoted text does not end an expression.
SplitText split_template(std::string_view text);

} // namespace troupe::plan
