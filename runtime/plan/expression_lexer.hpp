// The words of an expression: names, literals and signs.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/json_text.hpp"

namespace troupe::plan {

struct Token {
  enum class Kind : std::uint8_t { name, number, string, sign, end };
  Kind kind = Kind::end;
  std::string text;   // as written
  JsonText literal;   // of a number or a string
  std::string value;  // of a string: what stands between its quotes
  std::size_t at = 0; // byte offset in the expression

  bool is(std::string_view sign) const { return kind == Kind::sign && text == sign; }
};

struct Lexed {
  std::vector<Token> tokens; // the last one is `end`
  std::string fault;         // what is wrong; empty when fine
  std::size_t fault_at = 0;
};

Lexed lex_expression(std::string_view text);

/// Bytes of the string literal that `text` begins with, quotes included; 0 if it is not closed.
/// Requires text to begin with ' or ".
std::size_t string_literal_size(std::string_view text);

} // namespace troupe::plan
